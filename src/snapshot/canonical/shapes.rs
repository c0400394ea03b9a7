//! Where in Envoy's messages prost's own order is not the canonical one, read from the descriptors.

use std::{collections::HashMap, sync::LazyLock};

use netloft_proto::{
    descriptors,
    wire::{Value, fields},
};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::Fault;

/// The shapes of all messages that Envoy's descriptors hold.
#[derive(Debug)]
pub(super) struct Shapes {
    by_name: HashMap<String, usize>,
    all: Vec<Shape>,
}

/// What of one message type is to be put in order.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The fields that hold something to order, by number.
    inside: Vec<(u32, Inside)>,
    /// prost may write its own fields in another order than that of their numbers.
    shuffled: bool,
}

/// A field that holds something to order. Shapes are told by their places in [`Shapes`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Inside {
    Message(usize),
    Map {
        key: Key,
        entry: usize,
    },
    /// The value of an `Any`.
    Packed,
}

/// How keys of a map are encoded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Text,
    Unsigned,
    Signed,
    ZigZag,
}

/// A key of a map. Those of one map are all of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyValue<'a> {
    Text(&'a [u8]),
    Unsigned(u64),
    Signed(i64),
}

/// `value` of an `Any`.
const ANY_VALUE: u32 = 2;

impl Shapes {
    /// Read on the first call, which decodes the descriptors as well.
    pub(super) fn of_envoy() -> &'static Self {
        static SHAPES: LazyLock<Shapes> =
            LazyLock::new(|| Shapes::read(descriptors::pool().all_messages(), false));
        &SHAPES
    }

    /// The same, in which the value of an `Any` is something to order.
    pub(super) fn of_envoy_through_any() -> &'static Self {
        static SHAPES: LazyLock<Shapes> =
            LazyLock::new(|| Shapes::read(descriptors::pool().all_messages(), true));
        &SHAPES
    }

    pub(super) fn named(&self, message: &str) -> Option<&Shape> {
        self.by_name.get(message).map(|&place| &self.all[place])
    }

    pub(super) fn at(&self, place: usize) -> &Shape {
        &self.all[place]
    }

    fn read(messages: impl Iterator<Item = MessageDescriptor>, through_any: bool) -> Self {
        let messages: Vec<_> = messages.collect();
        let by_name: HashMap<String, usize> = messages
            .iter()
            .enumerate()
            .map(|(place, message)| (message.full_name().to_owned(), place))
            .collect();
        let mut all: Vec<Shape> = Vec::with_capacity(messages.len());
        // For each message, the fields that hold it: messages may contain themselves, so what
        // holds something to order is found from there outwards.
        let mut holders: Vec<Vec<(usize, u32)>> = vec![Vec::new(); messages.len()];
        for (place, message) in messages.iter().enumerate() {
            let mut shape = Shape {
                inside: Vec::new(),
                shuffled: may_be_shuffled(message),
            };
            if through_any && message.full_name() == "google.protobuf.Any" {
                shape.inside.push((ANY_VALUE, Inside::Packed));
            }
            for field in message.fields() {
                let Kind::Message(inner) = field.kind() else {
                    continue;
                };
                let Some(&inner_place) = by_name.get(inner.full_name()) else {
                    continue;
                };
                if field.is_map() {
                    let key = Key::of(&inner.map_entry_key_field());
                    let entry = inner_place;
                    shape
                        .inside
                        .push((field.number(), Inside::Map { key, entry }));
                } else {
                    holders[inner_place].push((place, field.number()));
                }
            }
            all.push(shape);
        }
        let mut found: Vec<usize> = (0..all.len()).filter(|&at| !all[at].is_plain()).collect();
        while let Some(inner) = found.pop() {
            for (place, number) in std::mem::take(&mut holders[inner]) {
                let shape = &mut all[place];
                if shape.is_plain() {
                    found.push(place);
                }
                shape.inside.push((number, Inside::Message(inner)));
            }
        }
        for shape in &mut all {
            shape.inside.sort_unstable_by_key(|(number, _)| *number);
        }
        Self { by_name, all }
    }
}

impl Shape {
    /// Whether prost's encoding is the canonical one already, at every depth.
    pub(super) fn is_plain(&self) -> bool {
        self.inside.is_empty() && !self.shuffled
    }

    /// What field `number` holds that is to be put in order.
    pub(super) fn inside(&self, number: u32) -> Option<Inside> {
        let place = self
            .inside
            .binary_search_by_key(&number, |(field, _)| *field);
        place.ok().map(|place| self.inside[place].1)
    }
}

/// Whether a field stands, by number, between two members of a oneof: prost writes any member in
/// the place of the lowest.
fn may_be_shuffled(message: &MessageDescriptor) -> bool {
    message.oneofs().any(|oneof| {
        let members: Vec<u32> = oneof.fields().map(|field| field.number()).collect();
        let lowest = members.iter().copied().min();
        let highest = members.iter().copied().max();
        message
            .fields()
            .map(|field| field.number())
            .filter(|number| !members.contains(number))
            .any(|number| Some(number) > lowest && Some(number) < highest)
    })
}

impl Key {
    fn of(field: &FieldDescriptor) -> Self {
        match field.kind() {
            Kind::Int32 | Kind::Int64 | Kind::Sfixed32 | Kind::Sfixed64 => Self::Signed,
            Kind::Sint32 | Kind::Sint64 => Self::ZigZag,
            Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 | Kind::Bool => {
                Self::Unsigned
            }
            // The rest cannot be keys.
            _ => Self::Text,
        }
    }

    /// The key of the encoded map entry `entry`: its field 1, or the default where that is left
    /// out.
    pub(super) fn of_entry(self, entry: &[u8]) -> Result<KeyValue<'_>, Fault> {
        let mut key = match self {
            Self::Text => KeyValue::Text(&[]),
            Self::Unsigned => KeyValue::Unsigned(0),
            Self::Signed | Self::ZigZag => KeyValue::Signed(0),
        };
        for field in fields(entry) {
            let field = field?;
            if field.number == 1 {
                key = self.of_value(field.value)?;
            }
        }
        Ok(key)
    }

    fn of_value(self, value: Value<'_>) -> Result<KeyValue<'_>, Fault> {
        Ok(match (self, value) {
            (Self::Text, Value::Delimited(text)) => KeyValue::Text(text),
            (Self::Unsigned, Value::Varint(bits) | Value::Fixed64(bits)) => {
                KeyValue::Unsigned(bits)
            }
            (Self::Unsigned, Value::Fixed32(bits)) => KeyValue::Unsigned(bits.into()),
            (Self::Signed, Value::Varint(bits) | Value::Fixed64(bits)) => {
                KeyValue::Signed(bits.cast_signed())
            }
            (Self::Signed, Value::Fixed32(bits)) => KeyValue::Signed(bits.cast_signed().into()),
            (Self::ZigZag, Value::Varint(bits)) => {
                KeyValue::Signed((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
            }
            _ => return Err(Fault::Malformed),
        })
    }
}
