//! One encoding for each message: prost's own, but map entries in the order of their keys.
//!
//! prost keeps maps in hash order, so that one message has a different encoding in every process.
//! The pass below puts map entries, and the fields of messages that hold any, in order. It knows
//! from the descriptors where maps can be, so a message without any costs nothing more.
//!
//! The value of an `Any` is left as it is: it was packed by [`super::pack`], so it is canonical.

use std::{collections::HashMap, sync::LazyLock};

use netloft_proto::descriptors;
use prost::{
    Message, Name,
    bytes::Buf,
    encoding::{decode_varint, encode_varint},
};
use prost_reflect::{Kind, MessageDescriptor};

/// A message has no canonical encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEncodable {
    /// Envoy's descriptors do not hold this message.
    #[error("{0} is not a message of Envoy's API")]
    UnknownMessage(String),
    /// The resource's type is another than the message's.
    #[error("a {message} is not a resource of type {expected}")]
    OtherType {
        /// What was to be sealed.
        message: String,
        /// Type URL it was to be sealed as.
        expected: &'static str,
    },
    /// Not the encoding of any message. It cannot come from prost.
    #[error("malformed protobuf at byte {0} from the end")]
    Malformed(usize),
}

/// The canonical encoding of `message`.
pub(super) fn encode<M: Message + Name>(message: &M) -> Result<Vec<u8>, NotEncodable> {
    let name = M::full_name();
    let shape = SHAPES
        .by_name
        .get(&name)
        .copied()
        .ok_or(NotEncodable::UnknownMessage(name))?;
    let encoded = message.encode_to_vec();
    if SHAPES.of[shape].is_empty() {
        return Ok(encoded);
    }
    let mut ordered = Vec::with_capacity(encoded.len());
    put_in_order(&encoded, shape, &mut ordered)?;
    Ok(ordered)
}

/// Fields of one message through which a map can be reached, by number.
type Shape = HashMap<u32, Field>;

#[derive(Debug, Clone, Copy)]
enum Field {
    /// Entries of a map; the shape of its values where they are messages that reach a map.
    Map(Option<usize>),
    /// A message that reaches a map.
    Message(usize),
}

struct Shapes {
    by_name: HashMap<String, usize>,
    of: Vec<Shape>,
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(Shapes::read);

impl Shapes {
    fn read() -> Self {
        let messages: Vec<MessageDescriptor> = descriptors::pool()
            .all_messages()
            .filter(|message| !message.is_map_entry())
            .collect();
        let by_name: HashMap<String, usize> = messages
            .iter()
            .enumerate()
            .map(|(place, message)| (message.full_name().to_owned(), place))
            .collect();
        let mut of = vec![Shape::new(); messages.len()];
        // What reaches a map is found from the maps upwards: messages may contain themselves.
        let mut grew = true;
        while grew {
            grew = false;
            for (place, message) in messages.iter().enumerate() {
                for field in message.fields() {
                    let number = field.number();
                    let Kind::Message(inner) = field.kind() else {
                        continue;
                    };
                    let reaching = |inner: &MessageDescriptor| {
                        by_name
                            .get(inner.full_name())
                            .copied()
                            .filter(|&at| !of[at].is_empty())
                    };
                    let found = if field.is_map() {
                        let value = match inner.map_entry_value_field().kind() {
                            Kind::Message(value) => reaching(&value),
                            _ => None,
                        };
                        Some(Field::Map(value))
                    } else {
                        reaching(&inner).map(Field::Message)
                    };
                    let known = of[place].get(&number);
                    let news = matches!(
                        (known, found),
                        (None, Some(_)) | (Some(Field::Map(None)), Some(Field::Map(Some(_))))
                    );
                    if let (true, Some(found)) = (news, found) {
                        of[place].insert(number, found);
                        grew = true;
                    }
                }
            }
        }
        Self { by_name, of }
    }
}

/// One field as it stands on the wire.
struct Raw<'a> {
    number: u32,
    /// Tag and value.
    whole: &'a [u8],
    /// The bytes of a length-delimited value.
    inner: Option<&'a [u8]>,
}

/// Writes the encoding `message`, whose fields of interest are those of `shape`, in order.
fn put_in_order(message: &[u8], shape: usize, out: &mut Vec<u8>) -> Result<(), NotEncodable> {
    let mut fields = Vec::new();
    let mut rest = message;
    while let Some(field) = next_field(&mut rest)? {
        fields.push(field);
    }
    // Stable: elements of a list keep their order.
    fields.sort_by_key(|field| field.number);

    let shape = &SHAPES.of[shape];
    let mut fields = &fields[..];
    while let Some(first) = fields.first() {
        let same = fields
            .iter()
            .take_while(|field| field.number == first.number)
            .count();
        let (run, after) = fields.split_at(same);
        fields = after;
        match shape.get(&first.number) {
            None => run
                .iter()
                .for_each(|field| out.extend_from_slice(field.whole)),
            Some(Field::Message(inner)) => {
                for field in run {
                    let mut ordered = Vec::with_capacity(field.whole.len());
                    put_in_order(delimited(field)?, *inner, &mut ordered)?;
                    write_delimited(out, field.number, &ordered);
                }
            }
            Some(Field::Map(value)) => put_map_in_order(run, *value, out)?,
        }
    }
    Ok(())
}

fn put_map_in_order(
    entries: &[Raw<'_>],
    value: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), NotEncodable> {
    let mut ordered = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut rest = delimited(entry)?;
        let mut key: &[u8] = &[];
        let mut written = Vec::with_capacity(entry.whole.len());
        while let Some(field) = next_field(&mut rest)? {
            match (field.number, value) {
                (2, Some(shape)) => {
                    let mut inner = Vec::new();
                    put_in_order(delimited(&field)?, shape, &mut inner)?;
                    write_delimited(&mut written, 2, &inner);
                }
                (1, _) => {
                    key = field.inner.unwrap_or(field.whole);
                    written.extend_from_slice(field.whole);
                }
                _ => written.extend_from_slice(field.whole),
            }
        }
        ordered.push((key, entry.number, written));
    }
    // By the bytes of the key: any total order will do, as long as it is always the same.
    ordered.sort_by(|a, b| a.0.cmp(b.0));
    for (_, number, entry) in ordered {
        write_delimited(out, number, &entry);
    }
    Ok(())
}

fn delimited<'a>(field: &Raw<'a>) -> Result<&'a [u8], NotEncodable> {
    field
        .inner
        .ok_or(NotEncodable::Malformed(field.whole.len()))
}

fn next_field<'a>(rest: &mut &'a [u8]) -> Result<Option<Raw<'a>>, NotEncodable> {
    if rest.is_empty() {
        return Ok(None);
    }
    let start = *rest;
    let malformed = || NotEncodable::Malformed(start.len());
    let tag = decode_varint(rest).map_err(|_| malformed())?;
    let number = u32::try_from(tag >> 3).map_err(|_| malformed())?;
    let mut inner = None;
    let length = match tag & 7 {
        0 => {
            decode_varint(rest).map_err(|_| malformed())?;
            0
        }
        1 => 8,
        5 => 4,
        2 => {
            let length = decode_varint(rest).map_err(|_| malformed())?;
            let length = usize::try_from(length).map_err(|_| malformed())?;
            inner = Some(rest.get(..length).ok_or_else(malformed)?);
            length
        }
        // Groups are not of proto3.
        _ => return Err(malformed()),
    };
    if rest.len() < length {
        return Err(malformed());
    }
    rest.advance(length);
    let whole = &start[..start.len() - rest.len()];
    Ok(Some(Raw {
        number,
        whole,
        inner,
    }))
}

/// Writes field `number` with the bytes `value`.
pub(super) fn write_delimited(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    encode_varint(u64::from(number) << 3 | 2, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}
