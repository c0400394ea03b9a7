//! The operations of RFC 6902 on a message in its JSON form.
//!
//! As the RFC has it but for two things. A field may be written by either of its names, where the
//! message's type tells them (`connectTimeout` for `connect_timeout`). And what proto3 leaves out of
//! the JSON form since it is empty can be added to: an absent list, mapping or message on the way is
//! made.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::{
    envoy::{self, TYPE},
    model::PatchOp,
};

/// Why an operation does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misfit {
    /// There is nothing at that place.
    #[error("there is nothing at {0:?}")]
    Nothing(String),
    /// A list has no such place.
    #[error("{part:?} of {pointer:?} is no place in a list of {length}")]
    NoPlace {
        pointer: String,
        part: String,
        length: usize,
    },
    /// What should be gone into is a scalar.
    #[error("{0:?} leads into a value that has no parts")]
    NoParts(String),
    /// The whole resource cannot be taken away.
    #[error("the whole resource cannot be taken away")]
    Whole,
    /// A value cannot be moved into itself.
    #[error("{0:?} cannot be moved into itself")]
    IntoItself(String),
    /// A test found another value.
    #[error("at {pointer:?} there is not {expected}, but {found}")]
    Differs {
        pointer: String,
        expected: String,
        found: String,
    },
}

/// Does `op` to `value`, a message of type `of`.
pub(super) fn apply(value: &mut Value, of: &MessageDescriptor, op: &PatchOp) -> Result<(), Misfit> {
    match op {
        PatchOp::Add { path, value: new } => add(value, of, path, new.clone()),
        PatchOp::Remove { path } => take(value, of, path).map(drop),
        PatchOp::Replace { path, value: new } => {
            *find(value, of, path)? = new.clone();
            Ok(())
        }
        PatchOp::Move { from, path } => {
            if path
                .strip_prefix(&**from)
                .is_some_and(|rest| rest.starts_with('/'))
            {
                return Err(Misfit::IntoItself(from.to_string()));
            }
            let moved = take(value, of, from)?;
            add(value, of, path, moved)
        }
        PatchOp::Copy { from, path } => {
            let copied = find(value, of, from)?.clone();
            add(value, of, path, copied)
        }
        PatchOp::Test {
            path,
            value: wanted,
        } => {
            let found = find(value, of, path)?;
            if same(found, wanted) {
                return Ok(());
            }
            Err(Misfit::Differs {
                pointer: path.to_string(),
                expected: wanted.to_string(),
                found: found.to_string(),
            })
        }
    }
}

/// Equal as JSON, numbers by their value; a number and the text of it are equal, since proto3 writes
/// some numbers as texts.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let fits = |(name, a): (&String, &Value)| b.get(name).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(fits)
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(text), Value::Number(number))
        | (Value::Number(number), Value::String(text)) => *text == number.to_string(),
        _ => a == b,
    }
}

/// What is known of the value that a pointer has come to.
#[derive(Debug, Clone)]
enum At {
    Message(MessageDescriptor),
    /// The value of this field: a list or mapping of it, where it is repeated.
    Field(FieldDescriptor),
    Unknown,
}

impl At {
    /// The name by which `part` stands in the JSON form, and what is there.
    fn enter(&self, here: &Value, part: &str) -> (String, Self) {
        let of = match self {
            Self::Field(field) if field.is_map() => {
                let of = match field.kind() {
                    Kind::Message(entry) => Self::of_kind(&entry.map_entry_value_field().kind()),
                    _ => Self::Unknown,
                };
                return (part.to_owned(), of);
            }
            Self::Field(field) if field.is_list() => {
                return (part.to_owned(), Self::of_kind(&field.kind()));
            }
            Self::Field(field) => match field.kind() {
                Kind::Message(of) => of,
                _ => return (part.to_owned(), Self::Unknown),
            },
            Self::Message(of) => of.clone(),
            Self::Unknown => return (part.to_owned(), Self::Unknown),
        };
        let packed = here.get(TYPE).and_then(Value::as_str);
        let of = match packed.and_then(envoy::descriptor) {
            Some(inner) if of.full_name() == "google.protobuf.Any" => inner,
            _ => of,
        };
        let field = of
            .get_field_by_name(part)
            .or_else(|| of.get_field_by_json_name(part));
        match field {
            Some(field) => (field.name().to_owned(), Self::Field(field)),
            None => (part.to_owned(), Self::Unknown),
        }
    }

    fn of_kind(kind: &Kind) -> Self {
        match kind {
            Kind::Message(of) => Self::Message(of.clone()),
            _ => Self::Unknown,
        }
    }

    /// What an absent value here would be, if it had parts.
    fn empty(&self) -> Option<Value> {
        match self {
            Self::Field(field) if field.is_list() => Some(json!([])),
            Self::Field(field) => matches!(field.kind(), Kind::Message(_)).then(|| json!({})),
            Self::Message(_) => Some(json!({})),
            Self::Unknown => None,
        }
    }
}

fn parts(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// One part further; what is absent is made where `make` says so.
fn step<'v>(
    here: &'v mut Value,
    at: &At,
    part: &str,
    pointer: &str,
    make: bool,
) -> Result<(&'v mut Value, At), Misfit> {
    let (name, inner) = at.enter(here, part);
    match here {
        Value::Object(object) => {
            if make
                && !object.contains_key(&name)
                && let Some(empty) = inner.empty()
            {
                object.insert(name.clone(), empty);
            }
            let value = object.get_mut(&name);
            let value = value.ok_or_else(|| Misfit::Nothing(pointer.to_owned()))?;
            Ok((value, inner))
        }
        Value::Array(list) => {
            let place = place(part, list.len(), pointer)?;
            let value = list.get_mut(place);
            let value = value.ok_or_else(|| Misfit::Nothing(pointer.to_owned()))?;
            Ok((value, inner))
        }
        _ => Err(Misfit::NoParts(pointer.to_owned())),
    }
}

fn place(part: &str, length: usize, pointer: &str) -> Result<usize, Misfit> {
    let decimal = part == "0" || !part.starts_with(['0', '+']);
    part.parse()
        .ok()
        .filter(|place: &usize| decimal && *place < length)
        .ok_or_else(|| Misfit::NoPlace {
            pointer: pointer.to_owned(),
            part: part.to_owned(),
            length,
        })
}

fn walk<'v>(
    value: &'v mut Value,
    of: &MessageDescriptor,
    parts: &[String],
    pointer: &str,
    make: bool,
) -> Result<(&'v mut Value, At), Misfit> {
    let mut here = value;
    let mut at = At::Message(of.clone());
    for part in parts {
        (here, at) = step(here, &at, part, pointer, make)?;
    }
    Ok((here, at))
}

fn find<'v>(
    value: &'v mut Value,
    of: &MessageDescriptor,
    pointer: &str,
) -> Result<&'v mut Value, Misfit> {
    walk(value, of, &parts(pointer), pointer, false).map(|(found, _)| found)
}

fn add(value: &mut Value, of: &MessageDescriptor, pointer: &str, new: Value) -> Result<(), Misfit> {
    let mut parts = parts(pointer);
    let Some(last) = parts.pop() else {
        *value = new;
        return Ok(());
    };
    let (here, at) = walk(value, of, &parts, pointer, true)?;
    let (name, _) = at.enter(here, &last);
    match here {
        Value::Object(object) => {
            object.insert(name, new);
            Ok(())
        }
        Value::Array(list) if last == "-" => {
            list.push(new);
            Ok(())
        }
        Value::Array(list) => {
            let place = place(&last, list.len() + 1, pointer)?;
            list.insert(place, new);
            Ok(())
        }
        _ => Err(Misfit::NoParts(pointer.to_owned())),
    }
}

fn take(value: &mut Value, of: &MessageDescriptor, pointer: &str) -> Result<Value, Misfit> {
    let mut parts = parts(pointer);
    let last = parts.pop().ok_or(Misfit::Whole)?;
    let (here, at) = walk(value, of, &parts, pointer, false)?;
    let (name, _) = at.enter(here, &last);
    match here {
        Value::Object(object) => {
            let taken = object.shift_remove(&name);
            taken.ok_or_else(|| Misfit::Nothing(pointer.to_owned()))
        }
        Value::Array(list) => {
            let place = place(&last, list.len(), pointer)?;
            Ok(list.remove(place))
        }
        _ => Err(Misfit::NoParts(pointer.to_owned())),
    }
}
