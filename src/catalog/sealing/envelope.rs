//! Ciphertext, as it is stored.

use std::{collections::BTreeMap, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::key::KeyId;

/// The sealed values of one Secret, by name.
pub type Sealed = BTreeMap<Arc<str>, Envelope>;

/// One value, sealed: the key it needs, the nonce, the ciphertext and its tag.
///
/// Written as `1.KEY.BASE64`, the first part being the version of this form.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    pub(super) key: KeyId,
    pub(super) nonce: [u8; 12],
    pub(super) ciphertext: Arc<[u8]>,
}

const VERSION: &str = "1";

impl fmt::Display for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.nonce.to_vec();
        bytes.extend_from_slice(&self.ciphertext);
        let bytes = STANDARD_NO_PAD.encode(bytes);
        write!(f, "{VERSION}.{}.{bytes}", self.key)
    }
}

impl Envelope {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        if parts.next()? != VERSION {
            return None;
        }
        let key = KeyId::parse(parts.next()?)?;
        let bytes = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let (nonce, ciphertext) = bytes.split_first_chunk()?;
        Some(Self {
            key,
            nonce: *nonce,
            ciphertext: ciphertext.into(),
        })
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({}, {} bytes)", self.key, self.ciphertext.len())
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not a sealed value"))
    }
}
