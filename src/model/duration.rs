//! Durations as Gateway API writes them (GEP-2257): `1h30m`, `15s`, `100ms`.

use std::{borrow::Cow, fmt, time};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::form;

/// A span of time: one to four of `<1 to 5 digits><h|m|s|ms>`, so at most 99999h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration(time::Duration);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration: write it as 15s, 1m30s or 250ms")]
pub struct InvalidDuration(pub String);

impl Duration {
    /// Reads the Gateway API form.
    ///
    /// # Errors
    /// [`InvalidDuration`] when `text` is not in that form.
    pub fn parse(text: &str) -> Result<Self, InvalidDuration> {
        let invalid = || InvalidDuration(text.to_owned());
        let mut rest = text;
        let mut millis = 0_u64;
        let mut parts = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let unit = after.bytes().take_while(u8::is_ascii_lowercase).count();
            let (unit, after) = after.split_at(unit);
            let scale = match unit {
                "h" => 3_600_000,
                "m" => 60_000,
                "s" => 1_000,
                "ms" => 1,
                _ => return Err(invalid()),
            };
            parts += 1;
            if digits > 5 || parts > 4 {
                return Err(invalid());
            }
            millis += number.parse::<u64>().map_err(|_| invalid())? * scale;
            rest = after;
        }
        if parts == 0 {
            Err(invalid())
        } else {
            Ok(Self(time::Duration::from_millis(millis)))
        }
    }

    /// As the standard library has it.
    #[must_use]
    pub fn get(self) -> time::Duration {
        self.0
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        form::duration(generator)
    }
}

impl TryFrom<String> for Duration {
    type Error = InvalidDuration;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut millis = self.0.as_millis();
        if millis == 0 {
            return f.write_str("0s");
        }
        for (scale, unit) in [(3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")] {
            if millis >= scale {
                write!(f, "{}{unit}", millis / scale)?;
                millis %= scale;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_and_written_in_the_gateway_api_form() {
        for (text, millis, written) in [
            ("15s", 15_000, "15s"),
            ("1h30m", 5_400_000, "1h30m"),
            ("90s", 90_000, "1m30s"),
            ("1500ms", 1_500, "1s500ms"),
            ("0s", 0, "0s"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(
                duration.get(),
                time::Duration::from_millis(millis),
                "{text}"
            );
            assert_eq!(duration.to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_is_not_in_that_form_is_refused() {
        for text in [
            "",
            "15",
            "s",
            "1.5s",
            "-1s",
            "1d",
            "123456s",
            "1s1s1s1s1s",
            "1 s",
            "1S",
        ] {
            assert_eq!(
                Duration::parse(text),
                Err(InvalidDuration(text.to_owned())),
                "{text}"
            );
        }
    }
}
