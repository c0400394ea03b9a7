//! JSON form to message, and all that is wrong with it in one walk.
//!
//! Rules: proto3's JSON mapping, as Envoy reads it: fields by either of their names, `null` for an
//! absent one. A scalar without quotes is read as its field wants it, so that `no`, `0755` and `80`
//! are texts where a text is wanted.

mod any;
mod scalar;
mod well_known;

use std::collections::BTreeMap;

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value as Proto,
};
use serde_json::{Map, Value};

use super::{
    Fault, Finding, Form, Source,
    names::{TYPE, has_own_form, type_url},
    rules,
};

/// What was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// The message; with findings it is what could be read of it. None where not even its type is
    /// known.
    pub message: Option<DynamicMessage>,
    /// What was read, with each scalar as JSON has it; fields as they were written.
    pub value: Value,
    /// All that is wrong, in the order it stands.
    pub findings: Vec<Finding>,
}

/// Reads a message of type `of`.
#[must_use]
pub fn message<S: Source>(of: &MessageDescriptor, source: &S) -> Read {
    let mut reader = Reader::default();
    let read = reader.of_type(of, source, false);
    reader.done(read)
}

/// Reads a message whose type its own field `@type` tells.
#[must_use]
pub fn any<S: Source>(source: &S) -> Read {
    let mut reader = Reader::default();
    let read = reader.typed(source);
    reader.done(read)
}

#[derive(Debug, Default)]
struct Reader {
    pointer: String,
    findings: Vec<Finding>,
}

/// A value, and the same in JSON.
type Both<T> = (T, Value);

impl Reader {
    fn done(self, read: Option<Both<DynamicMessage>>) -> Read {
        let (message, value) = match read {
            Some((message, value)) => (Some(message), value),
            None => (None, Value::Null),
        };
        Read {
            message,
            value,
            findings: self.findings,
        }
    }

    /// A message of type `of`, in the form that this type has.
    fn of_type<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
        with_type: bool,
    ) -> Option<Both<DynamicMessage>> {
        if has_own_form(of.full_name()) {
            return self.well_known(of, source);
        }
        match source.form() {
            Form::Map(entries) => Some(self.fields(of, &entries, with_type)),
            other => {
                self.wrong_type("a mapping of fields", &other);
                None
            }
        }
    }

    /// The fields of a message; `with_type`: `@type` may stand among them.
    fn fields<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        entries: &[(&str, &S)],
        with_type: bool,
    ) -> Both<DynamicMessage> {
        let mut made = (DynamicMessage::new(of.clone()), Map::new());
        let mut written = Written::default();
        for (name, source) in entries {
            if with_type && *name == TYPE {
                if let Form::Scalar { text, .. } = source.form() {
                    made.1
                        .insert(TYPE.to_owned(), Value::String(text.into_owned()));
                }
                continue;
            }
            let Some(field) = field_named(of, name) else {
                let length = self.enter(name);
                self.unknown(of, name);
                self.leave(length);
                continue;
            };
            let length = self.enter(name);
            if self.may_stand(&field, name, &written) {
                written.names.insert(field.number(), (*name).to_owned());
                self.field(&field, *source, name, &mut made, &mut written);
            }
            self.leave(length);
        }
        let (mut message, mut value) = made;
        if super::names::is_typed_struct(of.full_name()) {
            self.typed_struct(entries, &mut message, &mut value);
        }
        rules::check(&message, &written, &self.pointer, &mut self.findings);
        (message, Value::Object(value))
    }

    fn field<S: Source>(
        &mut self,
        field: &FieldDescriptor,
        source: &S,
        name: &str,
        (message, value): &mut (DynamicMessage, Map<String, Value>),
        written: &mut Written,
    ) {
        let before = self.findings.len();
        let null = matches!(source.form(), Form::Null);
        if null && !takes_null(&field.kind()) {
            // Proto3: as if the field were not there.
            written.names.remove(&field.number());
            value.insert(name.to_owned(), Value::Null);
            return;
        }
        let read = if field.is_map() {
            self.map(field, source)
        } else if field.is_list() {
            self.list(field, source)
        } else {
            self.single(&field.kind(), source)
        };
        if let Some((read, json)) = read {
            value.insert(name.to_owned(), json);
            message.set_field(field, read);
        }
        if self.findings.len() > before {
            written.broken.push(field.number());
        }
    }

    /// Whether `field` was not given before, by its other name or by another of its oneof.
    fn may_stand(&mut self, field: &FieldDescriptor, name: &str, written: &Written) -> bool {
        if let Some(other) = written.names.get(&field.number()) {
            let message = format!("{other:?} and {name:?} are two names of one field");
            let finding = Finding::new(Fault::Twice, &self.pointer, message);
            self.findings
                .push(finding.about_name().suggest(Some("keep one of the two")));
            return false;
        }
        let oneof = field
            .containing_oneof()
            .filter(|oneof| !oneof.is_synthetic());
        let mut others = oneof.iter().flat_map(|oneof| oneof.fields());
        let other = others.find_map(|other| written.names.get(&other.number()));
        if let Some(other) = other {
            let message = format!("{name:?} and {other:?} exclude each other");
            let finding = Finding::new(Fault::Exclusive, &self.pointer, message);
            let all = oneof.iter().flat_map(|oneof| oneof.fields());
            let all: Vec<String> = all.map(|field| field.name().to_owned()).collect();
            self.findings.push(
                finding
                    .about_name()
                    .expected(format!("one of {}", all.join(", ")))
                    .found("several of them"),
            );
            return false;
        }
        true
    }

    fn list<S: Source>(&mut self, field: &FieldDescriptor, source: &S) -> Option<Both<Proto>> {
        let form = source.form();
        let Form::List(items) = form else {
            self.wrong_type("a list", &form);
            if let Some(finding) = self.findings.last_mut() {
                finding.suggestion = Some("begin it with \"- \"".to_owned());
            }
            return None;
        };
        let mut list = Vec::with_capacity(items.len());
        let mut json = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            let length = self.enter(&place.to_string());
            if let Some((item, value)) = self.single(&field.kind(), item) {
                list.push(item);
                json.push(value);
            }
            self.leave(length);
        }
        Some((Proto::List(list), Value::Array(json)))
    }

    fn map<S: Source>(&mut self, field: &FieldDescriptor, source: &S) -> Option<Both<Proto>> {
        let Kind::Message(entry) = field.kind() else {
            return None;
        };
        let (keys, values) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let form = source.form();
        let Form::Map(entries) = form else {
            self.wrong_type("a mapping", &form);
            return None;
        };
        let mut map = std::collections::HashMap::with_capacity(entries.len());
        let mut json = Map::new();
        for (name, source) in entries {
            let length = self.enter(name);
            let key = key(&keys.kind(), name);
            if key.is_none() {
                let message = format!("{name:?} is not {}", scalar::describe(&keys.kind()));
                let finding = Finding::new(Fault::WrongType, &self.pointer, message);
                self.findings.push(finding.about_name());
            }
            if let Some((value, read)) = self.single(&values.kind(), source)
                && let Some(key) = key
            {
                map.insert(key, value);
                json.insert(name.to_owned(), read);
            }
            self.leave(length);
        }
        Some((Proto::Map(map), Value::Object(json)))
    }

    fn single<S: Source>(&mut self, kind: &Kind, source: &S) -> Option<Both<Proto>> {
        let Kind::Message(of) = kind else {
            return self.scalar(kind, source);
        };
        let (message, value) = self.of_type(of, source, false)?;
        Some((Proto::Message(message), value))
    }

    fn unknown(&mut self, of: &MessageDescriptor, name: &str) {
        let names: Vec<String> = of.fields().map(|field| field.name().to_owned()).collect();
        let message = format!("{} has no field {name:?}", of.full_name());
        let finding = Finding::new(Fault::UnknownField, &self.pointer, message);
        let finding = if names.is_empty() {
            finding.expected("no fields")
        } else if name == TYPE {
            let message = "only an Any has a type of its own";
            finding
                .expected(format!("the fields of {}", type_url(of)))
                .suggest(Some(message))
        } else {
            finding.meant(name, names)
        };
        self.findings.push(finding.about_name());
    }

    fn wrong_type<S>(&mut self, expected: &str, found: &Form<'_, S>) {
        let message = "the value has the wrong type";
        let finding = Finding::new(Fault::WrongType, &self.pointer, message);
        self.findings
            .push(finding.expected(expected).found(found.describe()));
    }

    fn enter(&mut self, part: &str) -> usize {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&part.replace('~', "~0").replace('/', "~1"));
        length
    }

    fn leave(&mut self, length: usize) {
        self.pointer.truncate(length);
    }
}

/// Which fields of a message are given, and by which name.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// By number.
    pub(super) names: BTreeMap<u32, String>,
    /// Those of whose values something was told already.
    pub(super) broken: Vec<u32>,
}

fn field_named(of: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    of.get_field_by_name(name)
        .or_else(|| of.get_field_by_json_name(name))
}

fn takes_null(kind: &Kind) -> bool {
    match kind {
        Kind::Message(of) => of.full_name() == "google.protobuf.Value",
        Kind::Enum(of) => of.full_name() == "google.protobuf.NullValue",
        _ => false,
    }
}

fn key(kind: &Kind, name: &str) -> Option<MapKey> {
    Some(match kind {
        Kind::String => MapKey::String(name.to_owned()),
        Kind::Bool => MapKey::Bool(name.parse().ok()?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => MapKey::I32(name.parse().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => MapKey::I64(name.parse().ok()?),
        Kind::Uint32 | Kind::Fixed32 => MapKey::U32(name.parse().ok()?),
        Kind::Uint64 | Kind::Fixed64 => MapKey::U64(name.parse().ok()?),
        _ => return None,
    })
}
