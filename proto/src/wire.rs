//! The fields of an encoded message, as they stand on the wire.
//!
//! Rules: Protocol Buffers, "Encoding". Absent on purpose: groups, which proto3 does not have, and
//! whole messages, which are encoded canonically elsewhere.

use prost::encoding::{WireType, decode_key, decode_varint, encode_varint};

/// These bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not an encoded message")]
pub struct Malformed;

/// One field with its value.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Its number.
    pub number: u32,
    /// Tag and value, and the length of the value where it has one.
    pub whole: &'a [u8],
    /// The value.
    pub value: Value<'a>,
}

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number, truth or enum value.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Four bytes.
    Fixed32(u32),
    /// A text, bytes, a message, or packed numbers.
    Delimited(&'a [u8]),
}

impl<'a> Field<'a> {
    /// Its bytes.
    ///
    /// # Errors
    /// [`Malformed`] when it holds a number.
    pub fn delimited(&self) -> Result<&'a [u8], Malformed> {
        match self.value {
            Value::Delimited(bytes) => Ok(bytes),
            _ => Err(Malformed),
        }
    }
}

/// The fields of `message`, as they stand; ends with the first that is malformed.
pub fn fields(mut message: &[u8]) -> impl Iterator<Item = Result<Field<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if message.is_empty() {
            return None;
        }
        let field = next(&mut message);
        if field.is_err() {
            message = &[];
        }
        Some(field)
    })
}

/// The bytes of the last field `number` of `message`; none when it is not there.
///
/// # Errors
/// [`Malformed`] when `message` is, or the field is a number.
pub fn last(message: &[u8], number: u32) -> Result<&[u8], Malformed> {
    let mut found: &[u8] = &[];
    for field in fields(message) {
        let field = field?;
        if field.number == number {
            found = field.delimited()?;
        }
    }
    Ok(found)
}

fn next<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, Malformed> {
    let start = *rest;
    let (number, wire_type) = decode_key(rest).map_err(|_| Malformed)?;
    let value = match wire_type {
        WireType::Varint => Value::Varint(varint(rest)?),
        WireType::SixtyFourBit => {
            let (bytes, after) = rest.split_first_chunk().ok_or(Malformed)?;
            *rest = after;
            Value::Fixed64(u64::from_le_bytes(*bytes))
        }
        WireType::ThirtyTwoBit => {
            let (bytes, after) = rest.split_first_chunk().ok_or(Malformed)?;
            *rest = after;
            Value::Fixed32(u32::from_le_bytes(*bytes))
        }
        WireType::LengthDelimited => {
            let length = usize::try_from(varint(rest)?).map_err(|_| Malformed)?;
            let (bytes, after) = rest.split_at_checked(length).ok_or(Malformed)?;
            *rest = after;
            Value::Delimited(bytes)
        }
        WireType::StartGroup | WireType::EndGroup => return Err(Malformed),
    };
    Ok(Field {
        number,
        whole: &start[..start.len() - rest.len()],
        value,
    })
}

fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    decode_varint(rest).map_err(|_| Malformed)
}

/// Writes field `number` with the bytes `value`.
pub fn write_delimited(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    encode_varint(u64::from(number) << 3 | 2, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}
