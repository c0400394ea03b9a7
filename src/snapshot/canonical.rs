//! One encoding for each message: fields by number, map entries by key, at every depth.
//!
//! prost keeps maps in hash order, so that one message has another encoding in every process; and
//! it writes a oneof in the place of its lowest number. The pass below puts both in order, on
//! prost's own bytes. It is a permutation: no value is read but keys of maps, and no length
//! changes. It knows from the descriptors where there is something to order ([`shapes`]), so that
//! other messages cost nothing more than prost.
//!
//! The value of an `Any` is left as it is: it was packed by [`super::pack`], so it is canonical. In
//! what comes from elsewhere ([`whole`]) it is put in order too, where its type is known.

mod shapes;

use prost::{Message, Name};
use smallvec::SmallVec;

use netloft_proto::wire::{Field, Malformed};
pub(super) use netloft_proto::wire::{fields, write_delimited};
use shapes::{Inside, Shape, Shapes};

/// Messages within messages that are followed, as deep as protobuf's own decoders follow them.
const MAX_DEPTH: usize = 100;

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
    /// Messages within messages, deeper than any proxy decodes.
    #[error("a {message} has more than {MAX_DEPTH} levels of messages within messages")]
    TooDeep {
        /// What was to be encoded.
        message: String,
    },
    /// Not the encoding of such a message. It cannot come from prost.
    #[error("malformed encoding of a {message}")]
    Malformed {
        /// What it should have encoded.
        message: String,
    },
}

/// The canonical encoding of `message`.
pub(super) fn encode<M: Message + Name>(message: &M) -> Result<Vec<u8>, NotEncodable> {
    let name = M::full_name();
    let shapes = Shapes::of_envoy();
    let Some(shape) = shapes.named(&name) else {
        return Err(NotEncodable::UnknownMessage(name));
    };
    let encoded = message.encode_to_vec();
    if shape.is_plain() {
        return Ok(encoded);
    }
    in_order(&encoded, shape, shapes).map_err(|fault| fault.of(name))
}

/// The bytes of a message that was encoded elsewhere, in order, with what is in each `Any`.
pub(super) fn whole(type_url: &str, message: &[u8]) -> Result<Vec<u8>, NotEncodable> {
    let name = type_url.rsplit('/').next().unwrap_or(type_url);
    let shapes = Shapes::of_envoy_through_any();
    let Some(shape) = shapes.named(name) else {
        return Err(NotEncodable::UnknownMessage(name.to_owned()));
    };
    in_order(message, shape, shapes).map_err(|fault| fault.of(name.to_owned()))
}

/// Why bytes cannot be put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed,
    TooDeep,
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Fault {
    fn of(self, message: String) -> NotEncodable {
        match self {
            Self::Malformed => NotEncodable::Malformed { message },
            Self::TooDeep => NotEncodable::TooDeep { message },
        }
    }
}

/// The bytes of a message, in order.
fn in_order(message: &[u8], shape: &Shape, shapes: &Shapes) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(message.len());
    let mut pass = Pass {
        shapes,
        out: &mut out,
    };
    pass.message(message, shape, MAX_DEPTH)?;
    Ok(out)
}

/// `type_url` of an `Any`.
const ANY_URL: u32 = 1;

struct Pass<'a> {
    shapes: &'a Shapes,
    out: &'a mut Vec<u8>,
}

impl Pass<'_> {
    fn message(&mut self, message: &[u8], shape: &Shape, depth: usize) -> Result<(), Fault> {
        let mut all = SmallVec::<[Field<'_>; 16]>::new();
        for field in fields(message) {
            all.push(field?);
        }
        if !all.is_sorted_by_key(|field| field.number) {
            // Stable: elements of a list keep their order.
            all.sort_by_key(|field| field.number);
        }
        for run in all.chunk_by(|a, b| a.number == b.number) {
            match shape.inside(run[0].number) {
                None => run
                    .iter()
                    .for_each(|field| self.out.extend_from_slice(field.whole)),
                Some(Inside::Message(inner)) => {
                    for field in run {
                        self.inner(field, self.shapes.at(inner), depth)?;
                    }
                }
                Some(Inside::Packed) => {
                    let url = all.iter().rfind(|field| field.number == ANY_URL);
                    let url = url.and_then(|field| field.delimited().ok());
                    for field in run {
                        self.packed(url.unwrap_or_default(), field, depth)?;
                    }
                }
                Some(Inside::Map { key, entry }) => {
                    let mut entries = Vec::with_capacity(run.len());
                    for field in run {
                        entries.push((key.of_entry(field.delimited()?)?, field));
                    }
                    entries.sort_by_key(|(key, _)| *key);
                    for (_, field) in entries {
                        self.inner(field, self.shapes.at(entry), depth)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the value of an `Any`, in order where it is what its type says.
    fn packed(&mut self, url: &[u8], field: &Field<'_>, depth: usize) -> Result<(), Fault> {
        let value = field.delimited()?;
        let name = url.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let shape = std::str::from_utf8(name)
            .ok()
            .and_then(|name| self.shapes.named(name));
        let mut ordered = Vec::with_capacity(value.len());
        if let Some(shape) = shape {
            let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
            let mut pass = Pass {
                shapes: self.shapes,
                out: &mut ordered,
            };
            match pass.message(value, shape, depth) {
                Err(Fault::Malformed) => ordered.clear(),
                other => other?,
            }
        }
        // What only changes places keeps its length, so tag and length stay true.
        if ordered.len() == value.len() {
            let head = field.whole.len() - value.len();
            self.out.extend_from_slice(&field.whole[..head]);
            self.out.extend_from_slice(&ordered);
        } else {
            self.out.extend_from_slice(field.whole);
        }
        Ok(())
    }

    /// Writes a field that holds a message of shape `shape`.
    fn inner(&mut self, field: &Field<'_>, shape: &Shape, depth: usize) -> Result<(), Fault> {
        let message = field.delimited()?;
        if shape.is_plain() {
            self.out.extend_from_slice(field.whole);
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
        // What is inside only changes places, so tag and length stay true.
        let head = field.whole.len() - message.len();
        self.out.extend_from_slice(&field.whole[..head]);
        self.message(message, shape, depth)
    }
}

#[cfg(test)]
mod tests;
