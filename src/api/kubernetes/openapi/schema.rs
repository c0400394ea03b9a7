//! The schemas of kinds in the words of OpenAPI 3.0, which has no null type, no constants and no
//! rules for names.
//!
//! Absent on purpose: that fields exclude each other, and that a mapping has no other fields; the
//! server says so when it is asked, with better words.

use serde_json::{Map, Value, json};

use crate::model::{Body, Kind};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/// The name of the schema of `kind`.
pub(super) fn name(kind: Kind) -> String {
    let facts = kind.facts();
    let group = match facts.group {
        "" => "io.k8s.api.core".to_owned(),
        group => group.rsplit('.').collect::<Vec<_>>().join("."),
    };
    format!("{group}.{}.{}", facts.version, facts.kind)
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schemas that all kinds refer to.
pub(super) fn shared() -> Map<String, Value> {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let texts = |about: &str| {
        json!({
            "type": "object",
            "additionalProperties": { "type": "string", "default": "" },
            "description": about,
        })
    };
    let time = json!({
        "type": "string",
        "format": "date-time",
        "description": "When the document came into being. Written by the server.",
    });
    let meta = json!({
        "type": "object",
        "description": "What every document carries besides what it declares.",
        "properties": {
            "name": text("Unique within kind and namespace."),
            "generateName": text("Beginning of the name that the server makes where there is none."),
            "namespace": text("Where the document is."),
            "labels": texts("For selectors."),
            "annotations": texts("For tools; never selected on."),
            "uid": text("Tells this document from others of its name. Written by the server."),
            "resourceVersion": text("The revision that changed the document last. Written by the server."),
            "generation": {
                "type": "integer",
                "format": "int64",
                "description": "Counts changes of what is declared, from 1. Written by the server.",
            },
            "creationTimestamp": time,
            "managedFields": {
                "type": "array",
                "items": { "type": "object" },
                "description": "Who manages which fields. Written by the server.",
            },
        },
    });
    let list = json!({
        "type": "object",
        "description": "What a list carries besides its items.",
        "properties": {
            "resourceVersion": text("The revision that the list is as of."),
            "continue": text("What to ask for the next part with."),
        },
    });
    [(META.to_owned(), meta), (LIST_META.to_owned(), list)]
        .into_iter()
        .collect()
}

/// The schemas of `kind` and of its lists.
pub(super) fn of_kind(kind: Kind) -> Vec<(String, Value)> {
    let facts = kind.facts();
    let body = translated(kind.spec_schema().as_value());
    let about = body.get("description").cloned().unwrap_or_default();
    let text = |about: &str| json!({ "type": "string", "description": about });
    let mut properties = Map::new();
    let mut put = |field: &str, schema: Value| drop(properties.insert(field.to_owned(), schema));
    put("apiVersion", text(&format!("{}.", facts.api_version())));
    put("kind", text(&format!("{}.", facts.kind)));
    put(
        "metadata",
        described(META, "Name, namespace, labels and annotations."),
    );
    let mut required = Vec::new();
    match facts.body {
        Body::TopLevel => {
            let fields = body.get("properties").and_then(Value::as_object);
            let fields = fields.into_iter().flatten();
            fields.for_each(|(field, schema)| put(field, schema.clone()));
            let words = body.get("required").and_then(Value::as_array);
            required.extend(words.into_iter().flatten().cloned());
        }
        Body::Spec => {
            put("spec", body.clone());
            required.push(json!("spec"));
        }
        Body::OptionalSpec => put("spec", body.clone()),
    }
    put(
        "status",
        json!({
            "type": "object",
            "description": "What became of it. Written by the server; what is sent is passed over.",
            "x-kubernetes-preserve-unknown-fields": true,
        }),
    );
    let mut schema = json!({
        "type": "object",
        "description": about,
        "properties": properties,
        "x-kubernetes-group-version-kind": [gvk(kind, facts.kind)],
    });
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    let list_kind = format!("{}List", facts.kind);
    let list = json!({
        "type": "object",
        "description": format!("{list_kind} is a list of {}.", facts.kind),
        "required": ["items"],
        "properties": {
            "apiVersion": text(&format!("{}.", facts.api_version())),
            "kind": text(&format!("{list_kind}.")),
            "metadata": described(LIST_META, "As of when the list is."),
            "items": { "type": "array", "items": reference(&name(kind)) },
        },
        "x-kubernetes-group-version-kind": [gvk(kind, &list_kind)],
    });
    vec![(name(kind), schema), (format!("{}List", name(kind)), list)]
}

/// Which kind something is about, in the words of clients.
pub(super) fn gvk(kind: Kind, name: &str) -> Value {
    let facts = kind.facts();
    json!({ "group": facts.group, "version": facts.version, "kind": name })
}

fn described(name: &str, about: &str) -> Value {
    json!({ "description": about, "allOf": [reference(name)] })
}

/// Words that mean the same in both.
const SAME: [&str; 15] = [
    "description",
    "format",
    "default",
    "enum",
    "required",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "uniqueItems",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
];

/// A JSON Schema in the words of OpenAPI 3.0.
fn translated(schema: &Value) -> Value {
    let Some(schema) = schema.as_object() else {
        // `true`: anything.
        return json!({ "x-kubernetes-preserve-unknown-fields": true });
    };
    let alternatives = ["anyOf", "oneOf"].into_iter();
    let alternatives = alternatives
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten();
    let alternatives: Vec<Value> = alternatives
        .filter(|alternative| alternative["type"] != "null")
        .map(translated)
        .collect();
    let mut words = Map::new();
    for alternative in alternatives {
        join(&mut words, alternative);
    }
    for word in SAME {
        if let Some(value) = schema.get(word) {
            words.insert(word.to_owned(), value.clone());
        }
    }
    if let Some(constant) = schema.get("const") {
        words.insert("enum".to_owned(), json!([constant]));
    }
    match schema.get("type") {
        Some(Value::Array(types)) => {
            let real = types.iter().find(|one| **one != "null");
            words.extend(real.map(|real| ("type".to_owned(), real.clone())));
        }
        Some(one) => drop(words.insert("type".to_owned(), one.clone())),
        None => {}
    }
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let fields = fields
            .iter()
            .map(|(name, schema)| (name.clone(), translated(schema)));
        let fields: Map<String, Value> = fields.collect();
        words.insert("properties".to_owned(), fields.into());
    }
    for word in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(word).filter(|inner| inner.is_object()) {
            words.insert(word.to_owned(), translated(inner));
        }
    }
    words.into()
}

/// Takes up one of several alternatives: the fields of all, the choices of all.
fn join(words: &mut Map<String, Value>, alternative: Value) {
    let Value::Object(alternative) = alternative else {
        return;
    };
    let first = words.is_empty();
    for (word, value) in alternative {
        match (words.get_mut(&word), value) {
            (Some(Value::Array(known)), Value::Array(more)) if word == "enum" => {
                known.extend(more);
            }
            // What only some of them need is not needed.
            (Some(Value::Array(known)), Value::Array(more)) if word == "required" => {
                known.retain(|name| more.contains(name));
            }
            (Some(Value::Object(known)), Value::Object(more)) if word == "properties" => {
                for (name, schema) in more {
                    match known.get_mut(&name).and_then(Value::as_object_mut) {
                        Some(known) => join(known, schema),
                        None => drop(known.insert(name, schema)),
                    }
                }
            }
            (Some(Value::String(known)), Value::String(more)) if word == "description" => {
                if *known != more {
                    known.push(' ');
                    known.push_str(&more);
                }
            }
            (Some(_), _) => {}
            (None, value) if first || word != "required" => drop(words.insert(word, value)),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openapi_has_no_word_for_is_said_otherwise() {
        for (schema, expected) in [
            (
                json!({ "type": ["integer", "null"], "minimum": 1 }),
                json!({ "minimum": 1, "type": "integer" }),
            ),
            (
                json!({ "oneOf": [
                    { "type": "string", "const": "a", "description": "A." },
                    { "type": "string", "const": "b", "description": "B." },
                ] }),
                json!({ "description": "A. B.", "enum": ["a", "b"], "type": "string" }),
            ),
            (
                json!({ "oneOf": [
                    { "type": "object", "required": ["type", "x"], "properties": { "type": { "const": "a" }, "x": {} } },
                    { "type": "object", "required": ["type", "y"], "properties": { "type": { "const": "b" }, "y": {} } },
                ] }),
                json!({
                    "required": ["type"],
                    "type": "object",
                    "properties": { "type": { "enum": ["a", "b"] }, "x": {}, "y": {} },
                }),
            ),
            (
                json!({ "anyOf": [{ "type": "object", "additionalProperties": false }, { "type": "null" }] }),
                json!({ "type": "object" }),
            ),
        ] {
            assert_eq!(translated(&schema), expected, "{schema}");
        }
    }
}
