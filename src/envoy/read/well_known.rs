//! Messages of google.protobuf that have a JSON form of their own.

use prost_reflect::{DynamicMessage, MessageDescriptor, Value as Proto};
use serde_json::{Map, Number, Value};

use super::{Both, Fault, Finding, Form, Reader, Source};

/// Longest duration and furthest timestamp of protobuf, in seconds.
const MOST_SECONDS: i64 = 315_576_000_000;

impl Reader {
    pub(super) fn well_known<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
    ) -> Option<Both<DynamicMessage>> {
        match of.full_name() {
            "google.protobuf.Any" => self.any(of, source),
            "google.protobuf.Duration" => self.duration(of, source),
            "google.protobuf.Struct" | "google.protobuf.ListValue" | "google.protobuf.Value" => {
                self.structured(of, source)
            }
            "google.protobuf.Timestamp" | "google.protobuf.FieldMask" => self.text(of, source),
            _ => self.wrapper(of, source),
        }
    }

    /// `google.protobuf.UInt32Value` and its like stand as what they wrap.
    fn wrapper<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
    ) -> Option<Both<DynamicMessage>> {
        let field = of.get_field(1)?;
        if let Form::Map(entries) = source.form()
            && let [("value", inner)] = entries[..]
        {
            self.wrong_type(&super::scalar::describe(&field.kind()), &source.form());
            if let (Some(finding), Form::Scalar { text, .. }) =
                (self.findings.last_mut(), inner.form())
            {
                finding.suggestion = Some(format!("write {text} itself, without value:"));
            }
            return None;
        }
        let (value, json) = self.scalar(&field.kind(), source)?;
        let mut message = DynamicMessage::new(of.clone());
        message.set_field(&field, value);
        Some((message, json))
    }

    fn duration<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
    ) -> Option<Both<DynamicMessage>> {
        let form = source.form();
        let Form::Scalar { text, .. } = &form else {
            self.wrong_type("a duration in seconds, as 1.5s", &form);
            return None;
        };
        let Some((seconds, nanos)) = parse_duration(text) else {
            let message = format!(
                "{:?} is not a duration",
                crate::envoy::source::shorten(text)
            );
            let finding = Finding::new(Fault::WrongType, &self.pointer, message);
            let finding = finding
                .expected("seconds with up to nine decimals and an s, as 1.5s")
                .found(form.describe())
                .suggest(mend_duration(text).map(|mended| format!("write {mended}")));
            self.findings.push(finding);
            return None;
        };
        let mut message = DynamicMessage::new(of.clone());
        message.set_field_by_name("seconds", Proto::I64(seconds));
        message.set_field_by_name("nanos", Proto::I32(nanos));
        Some((message, Value::from(&**text)))
    }

    /// A timestamp or a field mask, which the library reads.
    fn text<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
    ) -> Option<Both<DynamicMessage>> {
        let what = match of.name() {
            "Timestamp" => "a time, as 2024-01-31T12:00:00Z",
            _ => "fields' names with commas between, as a,bC.d",
        };
        let form = source.form();
        let read = match &form {
            Form::Scalar { text, .. } => {
                let json = Value::from(&**text);
                let message = DynamicMessage::deserialize(of.clone(), &json).ok();
                message.map(|message| (message, json))
            }
            _ => None,
        };
        if read.is_none() {
            self.wrong_type(what, &form);
        }
        read
    }

    /// A Struct, or a part of one: any JSON.
    fn structured<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
    ) -> Option<Both<DynamicMessage>> {
        let form = source.form();
        let fits = match of.name() {
            "Struct" => matches!(form, Form::Map(_)),
            "ListValue" => matches!(form, Form::List(_)),
            _ => true,
        };
        if !fits {
            let what = if of.name() == "Struct" {
                "a mapping"
            } else {
                "a list"
            };
            self.wrong_type(what, &form);
            return None;
        }
        let json = free(source);
        let message = DynamicMessage::deserialize(of.clone(), &json).ok()?;
        Some((message, json))
    }
}

/// Any value, by the core schema of YAML 1.2 with JSON's numbers: in a Struct `1.10` is a number.
pub(super) fn free<S: Source>(source: &S) -> Value {
    match source.form() {
        Form::Null => Value::Null,
        Form::Scalar { text, plain } => match (&*text, plain) {
            ("true", true) => Value::Bool(true),
            ("false", true) => Value::Bool(false),
            (text, true) => match text.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::from(text),
            },
            (text, false) => Value::from(text),
        },
        Form::List(items) => items.into_iter().map(free).collect(),
        Form::Map(entries) => {
            let entries = entries.into_iter();
            Value::Object(
                entries
                    .map(|(name, value)| (name.to_owned(), free(value)))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}

/// `-1.5s` as seconds and nanoseconds.
fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let number = text.strip_suffix('s')?;
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, number),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let decimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !decimal(whole) || !decimal(decimals) || decimals.len() > 9 {
        return None;
    }
    let seconds: i64 = whole.parse().ok().filter(|s| *s <= MOST_SECONDS)?;
    let nanos: i32 = format!("{decimals:0<9}").parse().ok()?;
    Some((sign * seconds, i32::try_from(sign).ok()? * nanos))
}

/// What other tools write for a duration, as seconds.
fn mend_duration(text: &str) -> Option<String> {
    let text = text.trim();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = text.strip_suffix(unit)?;
    let milliseconds = match unit {
        "" | "s" => 1_000_u64,
        "ms" => 1,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let mended = if milliseconds == 1_000 {
        format!("{number}s")
    } else {
        let all = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
        match all % 1_000 {
            0 => format!("{}s", all / 1_000),
            rest => format!("{}.{rest:03}s", all / 1_000),
        }
    };
    parse_duration(&mended).map(|_| mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_seconds_with_an_s() {
        for (text, expected) in [
            ("5s", Some((5, 0))),
            ("0.25s", Some((0, 250_000_000))),
            ("-1.5s", Some((-1, -500_000_000))),
            ("0.000000001s", Some((0, 1))),
            ("5", None),
            ("1m", None),
            (".5s", None),
            ("1.s", None),
            ("1.0000000001s", None),
            ("315576000001s", None),
            ("+1s", None),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn other_durations_are_mended() {
        for (text, expected) in [
            ("5", Some("5s")),
            ("250ms", Some("0.250s")),
            ("1500ms", Some("1.500s")),
            ("2m", Some("120s")),
            ("1h", Some("3600s")),
            ("1d", None),
            ("soon", None),
        ] {
            assert_eq!(mend_duration(text).as_deref(), expected, "{text}");
        }
    }
}
