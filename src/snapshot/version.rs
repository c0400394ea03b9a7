//! Content hashes of resources, and their order-free sum for a whole type.

use std::fmt;

/// Content hash of one resource: BLAKE3 over type URL and canonical bytes, first 128 bits.
///
/// Equal bytes have equal hashes on every replica and after every restart; whether something
/// changed is decided by this alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(u128);

/// Version of a set of resources: the order-free sum of their hashes. Zero for none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct TypeVersion(u128);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Hash {
    /// The hash of a resource of type `type_url` whose canonical encoding is `bytes`.
    #[must_use]
    pub fn of(type_url: &str, bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(type_url.as_bytes());
        // Type URLs hold no NUL, so no two pairs of inputs run together.
        hasher.update(&[0]);
        hasher.update(bytes);
        let mut first = [0; 16];
        hasher.finalize_xof().fill(&mut first);
        Self(u128::from_be_bytes(first))
    }

    /// The wire form: 22 characters of URL-safe base64, as short as 128 bits get in text.
    #[must_use]
    pub fn to_wire(self) -> String {
        base64url(self.0)
    }

    /// The hash whose [wire form](Self::to_wire) is `text`; none when it is none.
    #[must_use]
    pub fn from_wire(text: &str) -> Option<Self> {
        let value = text.bytes().try_fold(0_u128, |value, byte| {
            let digit = ALPHABET.iter().position(|&one| one == byte)?;
            Some(value.wrapping_shl(6) | digit as u128)
        })?;
        // Another text of that value, as one that is too long, is not what was written.
        Some(Self(value)).filter(|hash| hash.to_wire() == text)
    }

    /// The bytes, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl TypeVersion {
    /// This set with `added` in it.
    #[must_use]
    pub fn with(self, added: Hash) -> Self {
        Self(self.0.wrapping_add(added.0))
    }

    /// This set without `removed`, which was in it.
    #[must_use]
    pub fn without(self, removed: Hash) -> Self {
        Self(self.0.wrapping_sub(removed.0))
    }

    /// Both sets together; no resource may be in both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// The wire form: 22 characters of URL-safe base64.
    #[must_use]
    pub fn to_wire(self) -> String {
        base64url(self.0)
    }
}

fn base64url(mut value: u128) -> String {
    let mut text = [0_u8; 22];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[(value & 63) as usize];
        value >>= 6;
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_wire())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl fmt::Display for TypeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_wire())
    }
}

impl fmt::Debug for TypeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeVersion({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_set_does_not_depend_on_the_order_of_its_members() {
        let (a, b) = (Hash::of("t", b"a"), Hash::of("t", b"b"));
        let none = TypeVersion::default();
        assert_eq!(none.with(a).with(b), none.with(b).with(a));
        assert_eq!(none.with(a).with(b).without(a), none.with(b));
        assert_eq!(none.with(a).union(none.with(b)), none.with(a).with(b));
    }

    #[test]
    fn a_hash_covers_the_type_as_well_as_the_bytes() {
        assert_ne!(Hash::of("t", b"x"), Hash::of("tx", b""));
        assert_ne!(Hash::of("t", b"x"), Hash::of("u", b"x"));
    }

    #[test]
    fn the_wire_form_has_22_characters_and_tells_values_apart() {
        assert_eq!(base64url(0), "A".repeat(22));
        assert_eq!(base64url(u128::MAX).len(), 22);
        assert_ne!(base64url(1), base64url(2));
    }

    #[test]
    fn the_wire_form_is_read_back_and_nothing_else_is() {
        for value in [0, 1, 63, 64, u128::MAX, 0x0123_4567_89ab_cdef] {
            assert_eq!(Hash::from_wire(&Hash(value).to_wire()), Some(Hash(value)));
        }
        let long = format!("A{}", Hash(1).to_wire());
        for text in ["", "A", "!AAAAAAAAAAAAAAAAAAAAA", &long, &"_".repeat(22)] {
            assert_eq!(Hash::from_wire(text), None, "{text:?}");
        }
    }
}
