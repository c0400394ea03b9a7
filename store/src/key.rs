//! Keys and prefixes of keys.

use std::{fmt, sync::Arc};

use crate::InvalidKey;

/// Longest key, in bytes.
const MAX_KEY: usize = 512;

/// Names one object: 1 to 512 bytes of text without control characters, parts divided by `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// The beginning of keys; the empty prefix is the beginning of all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Prefix(Arc<str>);

impl Key {
    /// Checks and takes `text`.
    ///
    /// # Errors
    /// [`InvalidKey`] when it is empty, too long, or holds a control character.
    pub fn new(text: &str) -> Result<Self, InvalidKey> {
        if text.is_empty() {
            return Err(InvalidKey::Empty);
        }
        check(text)?;
        Ok(Self(text.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins with `prefix`.
    #[must_use]
    pub fn is_under(&self, prefix: &Prefix) -> bool {
        self.0.starts_with(&*prefix.0)
    }
}

impl Prefix {
    /// Checks and takes `text`.
    ///
    /// # Errors
    /// [`InvalidKey`] when it is too long or holds a control character.
    pub fn new(text: &str) -> Result<Self, InvalidKey> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that stands before, or is, the first one under this prefix.
    pub(crate) fn first(&self) -> Key {
        Key(self.0.clone())
    }
}

fn check(text: &str) -> Result<(), InvalidKey> {
    if text.len() > MAX_KEY {
        return Err(InvalidKey::TooLong(text.len()));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(InvalidKey::Character(c)),
        None => Ok(()),
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Prefix};
    use crate::InvalidKey;

    #[test]
    fn a_key_is_bounded_text_and_a_prefix_may_be_empty() {
        let (longest, longer) = ("x".repeat(512), "é".repeat(257));
        let table = [
            ("", Some(InvalidKey::Empty)),
            ("a", None),
            ("default/services/shop/bücher", None),
            (&*longest, None),
            (&*longer, Some(InvalidKey::TooLong(514))),
            ("a\nb", Some(InvalidKey::Character('\n'))),
            ("a\0", Some(InvalidKey::Character('\0'))),
            ("a\u{85}", Some(InvalidKey::Character('\u{85}'))),
        ];
        for (text, refusal) in table {
            assert_eq!(Key::new(text).err(), refusal, "{text:?}");
            let refusal = refusal.filter(|refusal| *refusal != InvalidKey::Empty);
            assert_eq!(Prefix::new(text).err(), refusal, "{text:?}");
        }
    }
}
