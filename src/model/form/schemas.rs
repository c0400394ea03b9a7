//! JSON Schemas of fields whose texts have a form.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::Form;

macro_rules! schemas {
    ($($name:ident: $form:ident)*) => { $(
        #[doc = concat!("Schema of a text of [`Form::", stringify!($form), "`].")]
        pub(in crate::model) fn $name(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "format": Form::$form.name() })
        }
    )* };
}

schemas! {
    dns_label: DnsLabel
    port_name: PortName
    hostname: Hostname
    wildcard_hostname: WildcardHostname
    ip: Ip
    header_name: HeaderName
    header_value: HeaderValue
    duration: Duration
    base64: Base64
    json_pointer: JsonPointer
    path: Path
}

/// Schema of a resource of Envoy's API: read by Envoy's own descriptors.
pub(in crate::model) fn envoy_resource(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "format": "envoy-resource",
        "x-kubernetes-preserve-unknown-fields": true,
    })
}

/// Schema of a value of whatever type.
pub(in crate::model) fn free(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}

/// Schema of a list of texts of one form.
fn list(form: Form) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": form.name() } })
}

pub(in crate::model) fn hostnames(_: &mut SchemaGenerator) -> Schema {
    list(Form::Hostname)
}

pub(in crate::model) fn wildcard_hostnames(_: &mut SchemaGenerator) -> Schema {
    list(Form::WildcardHostname)
}

pub(in crate::model) fn namespaces(_: &mut SchemaGenerator) -> Schema {
    list(Form::Namespace)
}

pub(in crate::model) fn service_names(_: &mut SchemaGenerator) -> Schema {
    list(Form::ServiceName)
}

pub(in crate::model) fn header_names(_: &mut SchemaGenerator) -> Schema {
    list(Form::HeaderName)
}

/// Schema of a map whose keys, and values if they are given, have a form.
fn map(keys: Form, values: &serde_json::Value) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "format": keys.name() },
        "additionalProperties": values,
    })
}

fn label_value() -> serde_json::Value {
    json!({ "type": "string", "format": Form::LabelValue.name() })
}

pub(in crate::model) fn labels(_: &mut SchemaGenerator) -> Schema {
    map(Form::LabelKey, &label_value())
}

pub(in crate::model) fn annotations(_: &mut SchemaGenerator) -> Schema {
    map(Form::LabelKey, &json!({ "type": "string" }))
}

pub(in crate::model) fn texts(_: &mut SchemaGenerator) -> Schema {
    map(Form::DataKey, &json!({ "type": "string" }))
}

pub(in crate::model) fn base64s(_: &mut SchemaGenerator) -> Schema {
    map(
        Form::DataKey,
        &json!({ "type": "string", "format": Form::Base64.name() }),
    )
}

/// What the server never gives back, and no error shows.
pub(in crate::model) fn secret_bytes(_: &mut SchemaGenerator) -> Schema {
    map(
        Form::DataKey,
        &json!({ "type": "string", "format": Form::Base64.name(), "writeOnly": true }),
    )
}

pub(in crate::model) fn secret_texts(_: &mut SchemaGenerator) -> Schema {
    map(
        Form::DataKey,
        &json!({ "type": "string", "writeOnly": true }),
    )
}

pub(in crate::model) fn versions(generator: &mut SchemaGenerator) -> Schema {
    map(Form::DnsLabel, labels(generator).as_value())
}

pub(in crate::model) fn port_map(_: &mut SchemaGenerator) -> Schema {
    map(
        Form::PortKey,
        &json!({ "type": "integer", "minimum": 1, "maximum": 65535 }),
    )
}
