//! One value of a Secret: in the clear on its way in, a seal ever after.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::model::form;

/// What stands in the place of a sealed value, before its [`Seal`].
const SEALED: &str = "netloft:sealed:";
/// What stands in the place of a value that is in the clear still.
const REDACTED: &str = "netloft:redacted";

/// One value of a Secret.
///
/// It is written as base64 of a text that says so, never as what it is.
#[derive(Clone, PartialEq)]
pub enum SecretValue {
    /// As it was declared, on its way to be sealed.
    Clear {
        /// The value.
        bytes: Arc<Zeroizing<Vec<u8>>>,
        /// Whether it was declared as a text (`stringData`).
        text: bool,
    },
    /// Sealed; or, in a document that is to be stored, what is sealed under this name already.
    Sealed(Seal),
    /// Redacted before it was ever sealed: it stands for nothing.
    Redacted,
}

/// Tells one sealed value from another without giving it away: a keyed hash of it, of the Secret it
/// is in, and of its name there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seal(pub [u8; 16]);

impl SecretValue {
    /// The value, where it is in the clear.
    #[must_use]
    pub fn clear(&self) -> Option<&[u8]> {
        match self {
            Self::Clear { bytes, .. } => Some(bytes),
            Self::Sealed(_) | Self::Redacted => None,
        }
    }

    /// The value, or what it stands for where it was read before.
    fn read(bytes: Vec<u8>, text: bool) -> Self {
        let shown = std::str::from_utf8(&bytes).ok().map(str::trim_end);
        match shown {
            Some(REDACTED) => Self::Redacted,
            Some(shown) if let Some(Ok(seal)) = shown.strip_prefix(SEALED).map(str::parse) => {
                Self::Sealed(seal)
            }
            _ => Self::Clear {
                bytes: Arc::new(Zeroizing::new(bytes)),
                text,
            },
        }
    }

    /// What is shown in its place.
    fn shown(&self) -> String {
        match self {
            Self::Sealed(seal) => format!("{SEALED}{seal}"),
            Self::Clear { .. } | Self::Redacted => REDACTED.to_owned(),
        }
    }
}

/// What stands for any value, as base64 and as text.
pub(super) fn redacted() -> (String, &'static str) {
    (form::encode(REDACTED.as_bytes()), REDACTED)
}

impl Serialize for SecretValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&form::encode(self.shown().as_bytes()))
    }
}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // The text itself must not stand in the error.
        let bytes = form::decode(&text).ok_or_else(|| de::Error::custom("not base64"))?;
        Ok(Self::read(bytes, false))
    }
}

/// A value declared as a text.
#[derive(Clone)]
pub(super) struct PlainText(pub(super) SecretValue);

impl Serialize for PlainText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.shown())
    }
}

impl<'de> Deserialize<'de> for PlainText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(SecretValue::read(text.into_bytes(), true)))
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({self})")
    }
}

/// A text that is no seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a seal is 32 hexadecimal digits")]
pub struct NotASeal;

impl FromStr for Seal {
    type Err = NotASeal;

    fn from_str(text: &str) -> Result<Self, NotASeal> {
        let hexadecimal = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = hexadecimal.then(|| u128::from_str_radix(text, 16).ok());
        let number = number.flatten().ok_or(NotASeal)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Secret;

    fn read(value: Value) -> Secret {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_value_in_the_clear_is_written_nowhere() {
        let secret = read(json!({
            "data": { "a": "aHVudGVyMg==" }, "stringData": { "b": "hunter2" }
        }));
        for name in ["a", "b"] {
            assert_eq!(secret.data[name].clear(), Some(&b"hunter2"[..]));
        }
        let shown = format!("{secret:?} {}", serde_json::to_string(&secret).unwrap());
        for given in ["hunter2", "aHVudGVyMg", "104, 117"] {
            assert!(!shown.contains(given), "{shown}");
        }
    }

    #[test]
    fn a_text_counts_before_the_bytes_of_its_name() {
        let secret = read(json!({ "data": { "a": "YQ==" }, "stringData": { "a": "b" } }));
        assert_eq!(secret.data["a"].clear(), Some(&b"b"[..]));
    }

    #[test]
    fn what_is_shown_of_a_sealed_value_reads_as_that_seal() {
        let seal = Seal([7; 16]);
        let value = SecretValue::Sealed(seal);
        let shown = serde_json::to_value(&value).unwrap();
        let again: SecretValue = serde_json::from_value(shown).unwrap();
        assert_eq!(again, value);
        // Some clients decode what they read, and write it back as a text with a line end.
        let text = format!("netloft:sealed:{seal}\n");
        let again = read(json!({ "stringData": { "a": text } }));
        assert_eq!(again.data["a"], value);
        for other in ["netloft:sealed:", "netloft:sealed:+7", "netloft:sealed:xyz"] {
            let other = read(json!({ "stringData": { "a": other } }));
            assert!(other.data["a"].clear().is_some());
        }
    }

    #[test]
    fn an_error_does_not_hold_what_it_is_about() {
        let error = serde_json::from_value::<Secret>(json!({ "data": { "a": "hunter2!" } }));
        assert!(!error.unwrap_err().to_string().contains("hunter2"));
    }
}
