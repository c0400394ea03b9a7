//! The name a proxy gives itself: `Node.id` on the wire.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Longest proxy id accepted, in bytes.
pub const MAX_LEN: usize = 253;

/// What a proxy calls itself, `Node.id` of its first request. Not an authenticated identity.
///
/// 1 to [`MAX_LEN`] bytes, printable ASCII without spaces. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyId(Arc<str>);

/// Why a text is not a proxy id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxyId {
    /// `node.id` was not set.
    #[error("a proxy id must not be empty: set node.id in the proxy's bootstrap")]
    Empty,
    /// Longer than [`MAX_LEN`].
    #[error("a proxy id has at most {MAX_LEN} bytes, this one has {0}")]
    TooLong(usize),
    /// Holds something else than printable ASCII.
    #[error("a proxy id holds printable ASCII without spaces, not {0:?}")]
    Character(char),
}

impl ProxyId {
    /// Checks and takes `id`.
    ///
    /// # Errors
    /// [`InvalidProxyId`] when it is empty, too long, or not printable ASCII.
    pub fn new(id: &str) -> Result<Self, InvalidProxyId> {
        if id.is_empty() {
            return Err(InvalidProxyId::Empty);
        }
        if id.len() > MAX_LEN {
            return Err(InvalidProxyId::TooLong(id.len()));
        }
        if let Some(c) = id.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(InvalidProxyId::Character(c));
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProxyId {
    type Error = InvalidProxyId;
    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(&id)
    }
}

impl From<ProxyId> for String {
    fn from(id: ProxyId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for ProxyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProxyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_printable_ascii_of_bounded_length() {
        for (text, expected) in [
            ("", Err(InvalidProxyId::Empty)),
            ("edge 1", Err(InvalidProxyId::Character(' '))),
            ("edge\u{e9}", Err(InvalidProxyId::Character('\u{e9}'))),
            ("edge\n", Err(InvalidProxyId::Character('\n'))),
            ("edge-1", Ok(())),
            ("sidecar~10.0.0.1~web.shop", Ok(())),
        ] {
            assert_eq!(ProxyId::new(text).map(drop), expected, "{text:?}");
        }
        assert!(ProxyId::new(&"x".repeat(MAX_LEN)).is_ok());
        assert_eq!(
            ProxyId::new(&"x".repeat(MAX_LEN + 1)),
            Err(InvalidProxyId::TooLong(MAX_LEN + 1))
        );
    }
}
