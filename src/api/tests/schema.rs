//! As much of JSON Schema 2020-12 as our own schemas use, to hold answers to them.
//!
//! Absent on purpose: formats and patterns. A word that is not known here is passed over, so this
//! never says that something is wrong that is right.

use serde_json::Value;

/// All that is wrong with `value` by `schema`, whose references lead into `root`.
pub(super) fn errors(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        match root.pointer(reference.trim_start_matches('#')) {
            Some(schema) => check(root, schema, value, at, found),
            None => found.push(format!("{at}: {reference} leads nowhere")),
        }
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        found.push(format!("{at}: {value} is not {only}"));
    }
    if let Some(some) = schema["enum"].as_array()
        && !some.contains(value)
    {
        found.push(format!("{at}: {value} is none of {some:?}"));
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|ty| is(value, ty)) {
        found.push(format!("{at}: {value} is no {types:?}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        found.push(format!("{at}: {number} is below {least}"));
    }
    for schema in schema["allOf"].as_array().into_iter().flatten() {
        check(root, schema, value, at, found);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(some) = schema[word].as_array()
            && !some
                .iter()
                .any(|schema| errors(root, schema, value).is_empty())
        {
            found.push(format!("{at}: {value} fits none of {word}"));
        }
    }
    if let Some(fields) = value.as_object() {
        let known = &schema["properties"];
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap_or_default()) {
                found.push(format!("{at}: {name} is missing"));
            }
        }
        for (name, field) in fields {
            let at = format!("{at}/{name}");
            match (known.get(name), &schema["additionalProperties"]) {
                (Some(schema), _) => check(root, schema, field, &at, found),
                (None, Value::Bool(false)) => found.push(format!("{at} is not known")),
                (None, schema @ Value::Object(_)) => check(root, schema, field, &at, found),
                (None, _) => {}
            }
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            check(root, schema, item, &format!("{at}/{index}"), found);
        }
    }
}

fn is(value: &Value, ty: &str) -> bool {
    match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let root = serde_json::json!({ "a": { "type": "integer", "minimum": 1 } });
    let schema = serde_json::json!({
        "type": "object", "required": ["n"], "additionalProperties": false,
        "properties": { "n": { "$ref": "#/a" }, "l": { "items": { "enum": ["x"] } } },
    });
    for (value, count) in [
        (serde_json::json!({ "n": 1, "l": ["x"] }), 0),
        (serde_json::json!({ "n": 0 }), 1),
        (serde_json::json!({ "n": "1" }), 1),
        (serde_json::json!({}), 1),
        (serde_json::json!({ "n": 1, "l": ["y"], "z": 1 }), 2),
        (serde_json::json!([]), 1),
    ] {
        let found = errors(&root, &schema, &value);
        assert_eq!(found.len(), count, "{value}: {found:?}");
    }
}
