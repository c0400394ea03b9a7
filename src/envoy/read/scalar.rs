//! Single values that are no messages.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost_reflect::{EnumDescriptor, Kind, Value as Proto};
use serde_json::{Number, Value};

use super::{Both, Fault, Finding, Form, Reader, Source};
use crate::envoy::source::shorten;

impl Reader {
    pub(super) fn scalar<S: Source>(&mut self, kind: &Kind, source: &S) -> Option<Both<Proto>> {
        let form = source.form();
        let Form::Scalar { text, plain } = &form else {
            self.wrong_type(&describe(kind), &form);
            return None;
        };
        let read = match kind {
            Kind::Enum(of) => return self.choice(of, text, *plain),
            Kind::String => Some((Proto::String(text.to_string()), Value::from(&**text))),
            Kind::Bytes => {
                bytes(text).map(|bytes| (Proto::Bytes(bytes.into()), Value::from(&**text)))
            }
            Kind::Bool => match (&**text, plain) {
                ("true", true) => Some((Proto::Bool(true), Value::Bool(true))),
                ("false", true) => Some((Proto::Bool(false), Value::Bool(false))),
                _ => None,
            },
            Kind::Float | Kind::Double => float(text).map(|number| {
                let json = Number::from_f64(number).filter(|_| *plain);
                let json = json.map_or_else(|| Value::from(&**text), Value::Number);
                let proto = match kind {
                    #[allow(
                        clippy::cast_possible_truncation,
                        reason = "that is what a float field holds"
                    )]
                    Kind::Float => Proto::F32(number as f32),
                    _ => Proto::F64(number),
                };
                (proto, json)
            }),
            _ => whole(kind, text).map(|number| {
                let json = match (plain, text.parse::<Number>()) {
                    (true, Ok(number)) => Value::Number(number),
                    _ => Value::from(&**text),
                };
                (number, json)
            }),
        };
        if read.is_none() {
            self.wrong_type(&describe(kind), &form);
            if let Some(finding) = self.findings.last_mut() {
                finding.suggestion = mend(kind, text, *plain);
            }
        }
        read
    }

    fn choice(&mut self, of: &EnumDescriptor, text: &str, plain: bool) -> Option<Both<Proto>> {
        if let Some(value) = of.get_value_by_name(text) {
            return Some((Proto::EnumNumber(value.number()), Value::from(text)));
        }
        if plain && let Ok(number) = text.parse::<i32>() {
            // Whether it must be one that is defined is for the rules to say.
            return Some((Proto::EnumNumber(number), Value::from(number)));
        }
        let names = of.values().map(|value| value.name().to_owned());
        let shown = shorten(text);
        let message = format!("{shown:?} is none of the values of {}", of.full_name());
        let finding = Finding::new(Fault::NotAChoice, &self.pointer, message);
        self.findings
            .push(finding.found(format!("{shown:?}")).meant(text, names));
        None
    }
}

/// What a value of this kind is, for `expected`.
pub(super) fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "true or false",
        Kind::String => "a text",
        Kind::Bytes => "bytes in base64",
        Kind::Float | Kind::Double => "a number",
        Kind::Enum(of) => return format!("a value of {}", of.full_name()),
        Kind::Message(of) => return format!("the fields of {}", of.full_name()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "a whole number, -2147483648 to 2147483647",
        Kind::Uint32 | Kind::Fixed32 => "a whole number, 0 to 4294967295",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            "a whole number, -9223372036854775808 to 9223372036854775807"
        }
        Kind::Uint64 | Kind::Fixed64 => "a whole number, 0 to 18446744073709551615",
    }
    .to_owned()
}

fn mend(kind: &Kind, text: &str, plain: bool) -> Option<String> {
    match kind {
        Kind::Bool if !plain && matches!(text, "true" | "false") => {
            Some("remove the quotes".to_owned())
        }
        Kind::Bool => match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "true" | "1" => Some("write true".to_owned()),
            "no" | "off" | "n" | "false" | "0" => Some("write false".to_owned()),
            _ => None,
        },
        Kind::String | Kind::Bytes | Kind::Enum(_) | Kind::Message(_) => None,
        _ => {
            let digits = text.replace('_', "");
            let digits = digits.trim_start_matches('+');
            let bare = digits.trim_start_matches('0');
            let fits = bare != text && !bare.is_empty() && whole(kind, bare).is_some();
            fits.then(|| format!("write {bare}"))
        }
    }
}

/// A number as JSON writes it, or one of proto3's words.
fn float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse::<Number>().ok()?.as_f64(),
    }
}

/// A whole number within the bounds of `kind`; `1e3` and `2.0` are whole too, as proto3 has it.
fn whole(kind: &Kind, text: &str) -> Option<Proto> {
    // JSON's own grammar: no leading zeros, no plus.
    let number = text.parse::<Number>().ok()?;
    let number: i128 = match text.parse::<i128>() {
        Ok(number) => number,
        Err(_) => {
            let float = number.as_f64()?;
            // Whole numbers that a float tells apart from their neighbours.
            let exact = float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
            #[allow(
                clippy::cast_possible_truncation,
                reason = "it is whole and below 2^53"
            )]
            exact.then_some(float as i128)?
        }
    };
    Some(match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Proto::I32(number.try_into().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Proto::I64(number.try_into().ok()?),
        Kind::Uint32 | Kind::Fixed32 => Proto::U32(number.try_into().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Proto::U64(number.try_into().ok()?),
        _ => return None,
    })
}

/// Bytes in either alphabet of base64, with padding or without.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let safe = text.contains(['-', '_']);
    let alphabet = if safe { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}
