//! What a kind's JSON Schema asks of a value, in the form that reading documents needs.
//!
//! Only the part of JSON Schema that our kinds use is known; a test reads every kind's schema and
//! fails for a word that would be passed over.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value};

use crate::model::{Form, Kind, Metadata};

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A mapping with these fields and no others.
    Object(Fields),
    /// A mapping whose fields the operator names.
    Map {
        keys: Option<Form>,
        values: Box<Self>,
    },
    /// A list.
    List {
        items: Box<Self>,
        least: usize,
        most: usize,
    },
    /// A text; `least` and `most` count its bytes. A secret one is shown in no error.
    Text {
        form: Option<Form>,
        least: usize,
        most: usize,
        secret: bool,
    },
    /// A whole number.
    Integer { least: i64, most: i64 },
    /// `true` or `false`.
    Bool,
    /// One of these texts.
    Choice(Choices),
    /// Any value, as it stands.
    Free,
    /// A resource of Envoy's API.
    Envoy,
    /// One of these numbers.
    Numbers(Vec<i64>),
    /// A mapping whose field `tag` tells which other fields it has.
    Tagged {
        tag: String,
        /// What the tag can be.
        choices: Choices,
        /// The fields for each choice.
        variants: Vec<Fields>,
    },
}

/// The texts that a value can be.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Choices {
    pub(super) values: Vec<String>,
    /// Those that Gateway API has and we refuse until they have an effect.
    pub(super) later: Vec<String>,
}

/// The fields of a mapping.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Fields {
    /// In the order they are declared.
    pub(super) fields: Vec<(String, Shape)>,
    pub(super) required: Vec<String>,
    /// Those that Gateway API has and we refuse until they have an effect.
    pub(super) later: Vec<String>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Shape> {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map(|(_, shape)| shape)
    }
}

/// A word of JSON Schema that [`Shape`] does not know, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnknownWord(pub(super) String);

/// The shape of what documents of `kind` declare.
pub(super) fn of_kind(kind: Kind) -> Option<&'static Shape> {
    static SHAPES: LazyLock<BTreeMap<Kind, Shape>> = LazyLock::new(|| {
        let shape = |kind: &Kind| Some((*kind, read(kind.spec_schema().as_value()).ok()?));
        Kind::ALL.iter().filter_map(shape).collect()
    });
    SHAPES.get(&kind)
}

/// The shape of `metadata` where names have the form `names`.
pub(super) fn of_metadata(names: Form) -> Option<&'static Shape> {
    static SHAPES: LazyLock<BTreeMap<&str, Shape>> = LazyLock::new(|| {
        let settings = schemars::generate::SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<Metadata>();
        let with_names = |names: Form| {
            let mut shape = read(schema.as_value()).ok()?;
            if let Shape::Object(fields) = &mut shape {
                let mut fields = fields.fields.iter_mut();
                if let Some((_, Shape::Text { form, .. })) = fields.find(|(f, _)| f == "name") {
                    *form = Some(names);
                }
            }
            Some((names.name(), shape))
        };
        let kinds = Kind::ALL.iter().map(|kind| kind.facts().names);
        kinds.filter_map(with_names).collect()
    });
    SHAPES.get(names.name())
}

/// Translates a JSON Schema.
fn read(schema: &Value) -> Result<Shape, UnknownWord> {
    let unknown = || UnknownWord(schema.to_string());
    let object = schema.as_object().ok_or_else(unknown)?;
    for word in object.keys() {
        if !WORDS.contains(&&**word) {
            return Err(UnknownWord(word.clone()));
        }
    }
    if object.get(FREE) == Some(&Value::Bool(true)) {
        return match object.get("format").and_then(Value::as_str) {
            None => Ok(Shape::Free),
            Some("envoy-resource") => Ok(Shape::Envoy),
            Some(other) => Err(UnknownWord(other.to_owned())),
        };
    }
    if let Some(alternatives) = object.get("anyOf").and_then(Value::as_array) {
        let mut real = alternatives.iter().filter(|s| s["type"] != "null");
        return match (real.next(), real.next()) {
            (Some(only), None) => read(only),
            _ => Err(unknown()),
        };
    }
    if let Some(alternatives) = object.get("oneOf").and_then(Value::as_array) {
        return one_of(alternatives, texts(object, LATER)).ok_or_else(unknown)?;
    }
    if let Some(values) = object.get("enum").and_then(Value::as_array) {
        let numbers: Option<Vec<i64>> = values.iter().map(Value::as_i64).collect();
        if let Some(numbers) = numbers {
            return Ok(Shape::Numbers(numbers));
        }
        return Ok(Shape::Choice(Choices {
            values: texts(object, "enum"),
            later: texts(object, LATER),
        }));
    }
    if let Some(only) = object.get("const").and_then(Value::as_str) {
        return Ok(Shape::Choice(Choices {
            values: vec![only.to_owned()],
            later: texts(object, LATER),
        }));
    }
    match type_of(object).ok_or_else(unknown)? {
        "object" => mapping(object),
        "array" => Ok(Shape::List {
            items: Box::new(read(object.get("items").ok_or_else(unknown)?)?),
            least: bound(object, "minItems", 0),
            most: bound(object, "maxItems", usize::MAX),
        }),
        "string" => Ok(Shape::Text {
            form: form(object)?,
            least: bound(object, "minLength", 0),
            most: bound(object, "maxLength", usize::MAX),
            secret: object.get("writeOnly") == Some(&Value::Bool(true)),
        }),
        "integer" => {
            let number = |word: &str, default| {
                let value = object.get(word);
                value.and_then(Value::as_i64).unwrap_or(default)
            };
            Ok(Shape::Integer {
                least: number("minimum", i64::MIN),
                most: number("maximum", i64::MAX),
            })
        }
        "boolean" => Ok(Shape::Bool),
        _ => Err(unknown()),
    }
}

/// Our own word: what Gateway API has beside what is here, refused by name until it has an effect.
const LATER: &str = "x-later";

/// Kubernetes' own word: a value that this schema says nothing of.
const FREE: &str = "x-kubernetes-preserve-unknown-fields";

/// The texts listed under `word`.
fn texts(schema: &Map<String, Value>, word: &str) -> Vec<String> {
    let list = schema.get(word).and_then(Value::as_array);
    let list = list.into_iter().flatten().filter_map(Value::as_str);
    list.map(str::to_owned).collect()
}

/// What our kinds' schemas are written in. `title`, `description` and `$schema` bind nobody, and the
/// numbers' own formats say no more than their bounds do.
const WORDS: [&str; 27] = [
    "$schema",
    "title",
    "description",
    "default",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "format",
    "enum",
    "const",
    "oneOf",
    "anyOf",
    "writeOnly",
    LATER,
    FREE,
    // How lists merge, and what tables show: nothing that a document must be.
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-columns",
];

fn type_of(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.find(|name| *name != "null")
        }
        _ => None,
    }
}

fn bound(schema: &Map<String, Value>, word: &str, default: usize) -> usize {
    let value = schema.get(word).and_then(Value::as_u64);
    value.map_or(default, |n| usize::try_from(n).unwrap_or(usize::MAX))
}

fn form(schema: &Map<String, Value>) -> Result<Option<Form>, UnknownWord> {
    let Some(name) = schema.get("format").and_then(Value::as_str) else {
        return Ok(None);
    };
    let form = Form::by_name(name).ok_or_else(|| UnknownWord(name.to_owned()))?;
    Ok(Some(form))
}

fn mapping(schema: &Map<String, Value>) -> Result<Shape, UnknownWord> {
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        let keys = schema.get("propertyNames").and_then(Value::as_object);
        return Ok(Shape::Map {
            keys: keys.map(form).transpose()?.flatten(),
            values: Box::new(read(values)?),
        });
    }
    fields(schema).map(Shape::Object)
}

fn fields(schema: &Map<String, Value>) -> Result<Fields, UnknownWord> {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(UnknownWord("a mapping that takes any field".to_owned()));
    }
    let mut found = Fields::default();
    for (name, schema) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        found.fields.push((name.clone(), read(schema)?));
    }
    found.required = texts(schema, "required");
    found.later = texts(schema, LATER);
    Ok(found)
}

/// An enum: of texts, or of mappings that one field tells apart.
fn one_of(alternatives: &[Value], later: Vec<String>) -> Option<Result<Shape, UnknownWord>> {
    let constants: Option<Vec<String>> = alternatives
        .iter()
        .map(|s| s["const"].as_str().map(str::to_owned))
        .collect();
    if let Some(constants) = constants {
        return Some(Ok(Shape::Choice(Choices {
            values: constants,
            later,
        })));
    }
    let tag = |schema: &Value| {
        let mut fields = schema["properties"].as_object()?.iter();
        let (name, value) = fields.find(|(_, s)| s["const"].is_string())?;
        Some((name.clone(), value["const"].as_str()?.to_owned()))
    };
    let (name, _) = tag(alternatives.first()?)?;
    let mut variants = Vec::new();
    let mut values = Vec::new();
    for schema in alternatives {
        let (_, value) = tag(schema).filter(|(this, _)| *this == name)?;
        match fields(schema.as_object()?) {
            Ok(fields) => {
                values.push(value);
                variants.push(fields);
            }
            Err(unknown) => return Some(Err(unknown)),
        }
    }
    Some(Ok(Shape::Tagged {
        tag: name,
        choices: Choices { values, later },
        variants,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kinds_schema_is_understood_to_its_last_word() {
        for kind in Kind::ALL {
            let shape = read(kind.spec_schema().as_value());
            assert!(matches!(shape, Ok(Shape::Object(_))), "{kind:?}: {shape:?}");
        }
        for kind in Kind::ALL {
            assert!(of_metadata(kind.facts().names).is_some());
        }
    }

    #[test]
    fn a_word_that_would_be_passed_over_is_told() {
        for schema in [
            json!({ "type": "string", "pattern": "a*" }),
            json!({ "type": "string", "format": "uri" }),
            json!({ "type": "object" }),
            json!({ "type": "number" }),
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
        ] {
            assert!(read(&schema).is_err(), "{schema}");
        }
    }
}
