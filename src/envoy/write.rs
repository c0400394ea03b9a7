//! Message to JSON form, with Envoy's own field names.
//!
//! Rules: proto3's JSON mapping. An `Any` whose type the descriptors do not hold is written as its
//! bytes in base64 under `value`, which is the form it is read in. A field that
//! `udpa.annotations.sensitive` marks is hidden with all there is in it, at whatever depth, in an
//! `Any` and in a Struct that stands for a typed message too: texts and bytes are replaced, anything
//! else is left out. Only the file or variable that a secret is read from is shown.

use std::{collections::HashSet, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use netloft_proto::descriptors;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage as _,
    SerializeOptions, Value as Proto,
};
use serde_json::{Map, Number, Value, json};

use super::names::{self, TYPE, has_own_form, is_typed_struct};

/// Stands in the place of what is hidden, as in Envoy's own dumps.
pub(super) const HIDDEN: &str = "[redacted]";

/// Whether what Envoy's API marks as sensitive is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// It is not: for all that people and tools look at.
    Hidden,
    /// It is: for what is read back as configuration.
    Shown,
}

/// `message` in JSON form, fields in the order of their numbers.
#[must_use]
pub fn json(message: &DynamicMessage, secrets: Secrets) -> Value {
    let writer = Writer { secrets };
    writer.message(message, false)
}

/// The JSON form `json` of `message` with its type in front, as it stands alone.
#[must_use]
pub fn with_type(message: &DynamicMessage, json: Value) -> Value {
    let mut typed = Map::new();
    typed.insert(
        TYPE.to_owned(),
        names::type_url(&message.descriptor()).into(),
    );
    match json {
        Value::Object(fields) => typed.extend(fields),
        other => drop(typed.insert("value".to_owned(), other)),
    }
    Value::Object(typed)
}

struct Writer {
    secrets: Secrets,
}

impl Writer {
    /// `hide`: it stands in a field that is sensitive.
    fn message(&self, message: &DynamicMessage, hide: bool) -> Value {
        let of = message.descriptor();
        if has_own_form(of.full_name()) {
            return self.well_known(message, &of, hide);
        }
        let mut object = Map::new();
        self.fields(message, &of, hide, &mut object);
        Value::Object(object)
    }

    fn fields(
        &self,
        message: &DynamicMessage,
        of: &MessageDescriptor,
        hide: bool,
        object: &mut Map<String, Value>,
    ) {
        let typed = is_typed_struct(of.full_name()).then(|| {
            let url = message.get_field_by_name("type_url");
            names::descriptor(
                url.as_ref()
                    .and_then(|url| url.as_str())
                    .unwrap_or_default(),
            )
        });
        let mut fields: Vec<(FieldDescriptor, &Proto)> = message.fields().collect();
        fields.sort_unstable_by_key(|(field, _)| field.number());
        for (field, value) in fields {
            let hide = (hide && !leads_elsewhere(&field))
                || (self.secrets == Secrets::Hidden && is_sensitive(&field));
            let name = field.name().to_owned();
            if let (Some(Some(typed)), "value", Some(inner)) =
                (&typed, field.name(), value.as_message())
            {
                let mut inner = plain(inner);
                if self.secrets == Secrets::Hidden {
                    hide_fields(&mut inner, typed, hide);
                }
                object.insert(name, inner);
                continue;
            }
            if let Some(value) = self.value(value, &field.kind(), hide) {
                object.insert(name, value);
            }
        }
    }

    /// None for what is hidden and has no text to replace.
    fn value(&self, value: &Proto, kind: &Kind, hide: bool) -> Option<Value> {
        Some(match value {
            Proto::Message(message) => self.message(message, hide),
            Proto::List(list) => {
                let list = list.iter();
                Value::Array(list.filter_map(|it| self.value(it, kind, hide)).collect())
            }
            Proto::Map(map) => {
                let kind = match kind {
                    Kind::Message(entry) => entry.map_entry_value_field().kind(),
                    _ => return None,
                };
                let mut entries: Vec<(&MapKey, &Proto)> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                let entries = entries.into_iter();
                let entries = entries.filter_map(|(key, value)| {
                    Some((key_text(key), self.value(value, &kind, hide)?))
                });
                Value::Object(entries.collect())
            }
            Proto::String(_) | Proto::Bytes(_) if hide => Value::from(HIDDEN),
            _ if hide => return None,
            Proto::Bool(value) => Value::Bool(*value),
            Proto::I32(value) => Value::from(*value),
            Proto::U32(value) => Value::from(*value),
            // As texts: JSON's readers take numbers for floats.
            Proto::I64(value) => Value::from(value.to_string()),
            Proto::U64(value) => Value::from(value.to_string()),
            // The shortest text that is this float, not that of its double.
            Proto::F32(value) => float(value.to_string().parse().unwrap_or((*value).into())),
            Proto::F64(value) => float(*value),
            Proto::String(text) => Value::from(text.as_str()),
            Proto::Bytes(bytes) => Value::from(STANDARD.encode(bytes)),
            Proto::EnumNumber(number) => match kind {
                Kind::Enum(of) => match of.get_value(*number) {
                    Some(_) if of.full_name() == "google.protobuf.NullValue" => Value::Null,
                    Some(value) => Value::from(value.name()),
                    None => Value::from(*number),
                },
                _ => Value::from(*number),
            },
        })
    }

    fn well_known(&self, message: &DynamicMessage, of: &MessageDescriptor, hide: bool) -> Value {
        match of.full_name() {
            "google.protobuf.Any" => self.any(message, hide),
            "google.protobuf.Struct" | "google.protobuf.ListValue" | "google.protobuf.Value" => {
                let mut value = plain(message);
                if hide {
                    hide_all(&mut value);
                }
                value
            }
            _ if hide => Value::from(HIDDEN),
            _ => plain(message),
        }
    }

    fn any(&self, any: &DynamicMessage, hide: bool) -> Value {
        let url = any.get_field_by_name("type_url");
        let url = url
            .as_ref()
            .and_then(|url| url.as_str())
            .unwrap_or_default();
        let bytes = any.get_field_by_name("value");
        let bytes = bytes.as_ref().and_then(|bytes| bytes.as_bytes().cloned());
        let bytes = bytes.unwrap_or_default();
        if url.is_empty() && bytes.is_empty() {
            return json!({});
        }
        let known =
            names::descriptor(url).and_then(|of| DynamicMessage::decode(of, bytes.clone()).ok());
        let Some(message) = known else {
            // Nobody knows what of a private extension is sensitive.
            let value = if hide {
                HIDDEN.to_owned()
            } else {
                STANDARD.encode(&bytes)
            };
            return json!({ TYPE: url, "value": value });
        };
        let of = message.descriptor();
        if has_own_form(of.full_name()) {
            return json!({ TYPE: url, "value": self.well_known(&message, &of, hide) });
        }
        let mut object = Map::new();
        object.insert(TYPE.to_owned(), Value::from(url));
        self.fields(&message, &of, hide, &mut object);
        Value::Object(object)
    }
}

/// What holds no `Any` and nothing sensitive of its own, as the library writes it.
fn plain(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new().use_proto_field_name(true);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .unwrap_or(Value::Null)
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or_else(
        || {
            Value::from(match value {
                f64::INFINITY => "Infinity",
                f64::NEG_INFINITY => "-Infinity",
                _ => "NaN",
            })
        },
        Value::Number,
    )
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

/// Whether the field says where a secret is instead of being one: such a name is no secret, and
/// without it nobody could tell which file a proxy reads.
fn leads_elsewhere(field: &FieldDescriptor) -> bool {
    const FIELDS: [&str; 3] = ["filename", "environment_variable", "watched_directory"];
    FIELDS.contains(&field.name()) && {
        let of = field.parent_message();
        of.full_name() == "envoy.config.core.v3.DataSource"
    }
}

/// Whether Envoy's API marks the field as sensitive.
pub(super) fn is_sensitive(field: &FieldDescriptor) -> bool {
    static MARKED: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let pool = descriptors::pool();
        let Some(mark) = pool.get_extension_by_name("udpa.annotations.sensitive") else {
            return HashSet::new();
        };
        let fields = pool.all_messages().flat_map(|of| {
            let fields: Vec<_> = of.fields().collect();
            fields
        });
        fields
            .filter(|field| field.options().get_extension(&mark).as_bool() == Some(true))
            .map(|field| field.full_name().to_owned())
            .collect()
    });
    MARKED.contains(field.full_name())
}

/// Hides in a JSON form of the message `of` what its fields say is sensitive; with `all`,
/// everything.
fn hide_fields(value: &mut Value, of: &MessageDescriptor, all: bool) {
    if all {
        hide_all(value);
        return;
    }
    let Value::Object(object) = value else {
        return;
    };
    for (name, value) in object {
        let field = of
            .get_field_by_name(name)
            .or_else(|| of.get_field_by_json_name(name));
        let Some(field) = field else { continue };
        if is_sensitive(&field) {
            hide_all(value);
            continue;
        }
        let kind = match field.kind() {
            Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
            other => other,
        };
        let Kind::Message(inner) = kind else { continue };
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| hide_message(item, &inner)),
            Value::Object(entries) if field.is_map() => entries
                .iter_mut()
                .for_each(|(_, item)| hide_message(item, &inner)),
            _ => hide_message(value, &inner),
        }
    }
}

/// The same for a message that may be an `Any` or a typed Struct.
fn hide_message(value: &mut Value, of: &MessageDescriptor) {
    let url = |value: &Value, name: &str| value[name].as_str().and_then(names::descriptor);
    if of.full_name() == "google.protobuf.Any" {
        if let Some(of) = url(value, TYPE) {
            hide_message(value, &of);
        }
    } else if is_typed_struct(of.full_name()) {
        let typed = url(value, "type_url").or_else(|| url(value, "typeUrl"));
        if let (Some(of), Some(inner)) = (typed, value.get_mut("value")) {
            hide_message(inner, &of);
        }
    } else {
        hide_fields(value, of, false);
    }
}

fn hide_all(value: &mut Value) {
    match value {
        Value::Object(object) => object.iter_mut().for_each(|(name, value)| {
            if name != TYPE {
                hide_all(value);
            }
        }),
        Value::Array(items) => items.iter_mut().for_each(hide_all),
        Value::Null => {}
        _ => *value = Value::from(HIDDEN),
    }
}

#[cfg(test)]
mod tests;
