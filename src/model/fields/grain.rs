//! What counts as one field.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use serde_json::{Map, Value};

use crate::model::{Body, Kind};

/// How finely a value divides into fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grain {
    /// One field, whatever is in it.
    Atom,
    /// A mapping: each of these is a field, and each other one if `rest` says how fine it is.
    Map {
        /// The fields with names of their own.
        fields: BTreeMap<String, Grain>,
        /// All others; none: they are nobody's.
        rest: Option<Box<Grain>>,
    },
    /// A list of mappings that are told apart by the values of these fields.
    Keyed {
        /// The fields.
        keys: Vec<String>,
        /// How fine an item is.
        items: Box<Grain>,
    },
    /// A list of values, each of which is a field.
    Set,
}

impl Grain {
    /// How fine documents of `kind` are. What names a document, and what only the server writes, is
    /// nobody's.
    #[must_use]
    pub fn of_kind(kind: Kind) -> &'static Self {
        static GRAINS: LazyLock<HashMap<Kind, Grain>> =
            LazyLock::new(|| Kind::ALL.iter().map(|kind| (*kind, of(*kind))).collect());
        static NOTHING: Grain = Grain::Atom;
        GRAINS.get(&kind).unwrap_or(&NOTHING)
    }

    /// How fine the field `name` of a mapping is.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map { fields, rest } => fields.get(name).or(rest.as_deref()),
            Self::Atom | Self::Keyed { .. } | Self::Set => None,
        }
    }
}

fn of(kind: Kind) -> Grain {
    let texts = || Grain::Map {
        fields: BTreeMap::new(),
        rest: Some(Box::new(Grain::Atom)),
    };
    let metadata = ["labels", "annotations"].map(|field| (field.to_owned(), texts()));
    let mut fields = BTreeMap::from([(
        "metadata".to_owned(),
        Grain::Map {
            fields: metadata.into(),
            rest: None,
        },
    )]);
    let body = read(kind.spec_schema().as_value());
    match (kind.facts().body, body) {
        (Body::TopLevel, Grain::Map { fields: body, .. }) => fields.extend(body),
        (_, body) => drop(fields.insert("spec".to_owned(), body)),
    }
    Grain::Map { fields, rest: None }
}

/// The grain that a JSON Schema tells.
pub(super) fn read(schema: &Value) -> Grain {
    let Some(schema) = schema.as_object() else {
        return Grain::Atom;
    };
    let alternatives = ["oneOf", "anyOf"].into_iter();
    let alternatives = alternatives.filter_map(|word| schema.get(word)?.as_array());
    let alternatives: Vec<&Value> = alternatives.flatten().collect();
    if !alternatives.is_empty() {
        return alternatives.into_iter().map(read).fold(Grain::Atom, both);
    }
    if schema.contains_key("items") {
        return list(schema);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let rest = schema
        .get("additionalProperties")
        .filter(|rest| rest.is_object());
    if properties.is_none() && rest.is_none() {
        return Grain::Atom;
    }
    let fields = properties.into_iter().flatten();
    Grain::Map {
        fields: fields
            .map(|(name, schema)| (name.clone(), read(schema)))
            .collect(),
        rest: rest.map(|rest| Box::new(read(rest))),
    }
}

fn list(schema: &Map<String, Value>) -> Grain {
    let items = schema.get("items").map_or(Grain::Atom, read);
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => Grain::Set,
        Some("map") => {
            let keys = schema
                .get("x-kubernetes-list-map-keys")
                .and_then(Value::as_array);
            let keys = keys.into_iter().flatten().filter_map(Value::as_str);
            Grain::Keyed {
                keys: keys.map(str::to_owned).collect(),
                items: Box::new(items),
            }
        }
        _ => Grain::Atom,
    }
}

/// What is one of two: a mapping of the fields of both, where one is a mapping.
fn both(one: Grain, other: Grain) -> Grain {
    match (one, other) {
        (
            Grain::Map { fields, rest },
            Grain::Map {
                fields: more,
                rest: other,
            },
        ) => {
            let mut all = fields;
            for (name, grain) in more {
                let merged = match all.remove(&name) {
                    Some(known) => both(known, grain),
                    None => grain,
                };
                all.insert(name, merged);
            }
            Grain::Map {
                fields: all,
                rest: rest.or(other),
            }
        }
        (Grain::Atom, other) => other,
        (one, _) => one,
    }
}
