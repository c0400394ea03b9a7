//! The fields of an encoded message, as they stand on the wire.
//!
//! Rules: Protocol Buffers, "Encoding". Absent on purpose: groups, which proto3 does not have.

use prost::encoding::{WireType, decode_key, decode_varint, encode_varint};

use super::Fault;

/// One field with its value.
#[derive(Debug, Clone, Copy)]
pub(in crate::snapshot) struct Field<'a> {
    /// Its number.
    pub(in crate::snapshot) number: u32,
    /// Tag and value, and the length of the value where it has one.
    pub(in crate::snapshot) whole: &'a [u8],
    pub(super) value: Value<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    /// A text, bytes, a message, or packed numbers.
    Delimited(&'a [u8]),
}

impl<'a> Field<'a> {
    pub(super) fn delimited(&self) -> Result<&'a [u8], Fault> {
        match self.value {
            Value::Delimited(bytes) => Ok(bytes),
            _ => Err(Fault::Malformed),
        }
    }
}

/// The fields of `message`, as they stand; ends with the first that is malformed.
pub(in crate::snapshot) fn fields(
    mut message: &[u8],
) -> impl Iterator<Item = Result<Field<'_>, Fault>> {
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

fn next<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, Fault> {
    let start = *rest;
    let (number, wire_type) = decode_key(rest).map_err(|_| Fault::Malformed)?;
    let value = match wire_type {
        WireType::Varint => Value::Varint(varint(rest)?),
        WireType::SixtyFourBit => {
            let (bytes, after) = rest.split_first_chunk().ok_or(Fault::Malformed)?;
            *rest = after;
            Value::Fixed64(u64::from_le_bytes(*bytes))
        }
        WireType::ThirtyTwoBit => {
            let (bytes, after) = rest.split_first_chunk().ok_or(Fault::Malformed)?;
            *rest = after;
            Value::Fixed32(u32::from_le_bytes(*bytes))
        }
        WireType::LengthDelimited => {
            let length = usize::try_from(varint(rest)?).map_err(|_| Fault::Malformed)?;
            let (bytes, after) = rest.split_at_checked(length).ok_or(Fault::Malformed)?;
            *rest = after;
            Value::Delimited(bytes)
        }
        WireType::StartGroup | WireType::EndGroup => return Err(Fault::Malformed),
    };
    Ok(Field {
        number,
        whole: &start[..start.len() - rest.len()],
        value,
    })
}

fn varint(rest: &mut &[u8]) -> Result<u64, Fault> {
    decode_varint(rest).map_err(|_| Fault::Malformed)
}

/// Writes field `number` with the bytes `value`.
pub(in crate::snapshot) fn write_delimited(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    encode_varint(u64::from(number) << 3 | 2, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}
