//! A set of fields, in the form in which Kubernetes writes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::Grain;

/// A set of fields. Serialised as `fieldsV1`: `f:NAME` is a field of a mapping, `k:{..}` an item of a
/// list that has keys, `v:..` a value of a list that is a set, and `.` the thing itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSet {
    /// Whether the thing itself is in the set.
    pub(super) itself: bool,
    /// What of it is in the set, by its step as it is written.
    pub(super) parts: BTreeMap<String, FieldSet>,
}

/// The step to the field `name` of a mapping.
pub(super) fn field(name: &str) -> String {
    format!("f:{name}")
}

/// The step to `item` of a list whose items are told apart by `keys`.
pub(super) fn key(keys: &[String], item: &Value) -> String {
    // By name, so that equal keys are equal texts.
    let mut sorted: Vec<&String> = keys.iter().collect();
    sorted.sort_unstable();
    let values = sorted.into_iter().filter_map(|key| {
        let value = item.get(key).filter(|value| !value.is_null())?;
        Some((key.clone(), value.clone()))
    });
    format!("k:{}", Value::Object(values.collect()))
}

/// The step to `item` of a list that is a set.
pub(super) fn value(item: &Value) -> String {
    format!("v:{item}")
}

impl FieldSet {
    /// All fields of `object`.
    #[must_use]
    pub fn of(grain: &Grain, object: &Value) -> Self {
        let mut set = Self::default();
        match (grain, object) {
            (Grain::Map { .. }, Value::Object(fields)) => {
                set.itself = true;
                let fields = fields.iter().filter(|(_, value)| !value.is_null());
                for (name, value) in fields {
                    set.itself = false;
                    let part = grain.field(name).map(|grain| Self::of(grain, value));
                    if let Some(part) = part.filter(|part| !part.is_empty()) {
                        set.parts.insert(field(name), part);
                    }
                }
            }
            (Grain::Keyed { keys, items }, Value::Array(list)) => {
                for item in list {
                    let part = Self {
                        itself: true,
                        ..Self::of(items, item)
                    };
                    set.parts.insert(key(keys, item), part);
                }
                set.itself = list.is_empty();
            }
            (Grain::Set, Value::Array(list)) => {
                let steps = list.iter().map(value);
                set.parts = steps.map(|step| (step, Self::whole())).collect();
                set.itself = list.is_empty();
            }
            _ => set.itself = true,
        }
        set
    }

    /// The thing itself and nothing of it.
    pub(super) fn whole() -> Self {
        Self {
            itself: true,
            parts: BTreeMap::new(),
        }
    }

    /// Whether no field is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.itself && self.parts.is_empty()
    }

    /// What is in this or the other.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.itself |= other.itself;
        for (step, theirs) in &other.parts {
            let mine = self.parts.remove(step).unwrap_or_default();
            self.parts.insert(step.clone(), mine.union(theirs));
        }
        self
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let parts = self.parts.iter().map(|(step, mine)| {
            let left = match other.parts.get(step) {
                Some(theirs) => mine.without(theirs),
                None => mine.clone(),
            };
            (step.clone(), left)
        });
        Self {
            itself: self.itself && !other.itself,
            parts: parts.filter(|(_, part)| !part.is_empty()).collect(),
        }
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let parts = self.parts.iter().filter_map(|(step, mine)| {
            let both = mine.intersection(other.parts.get(step)?);
            (!both.is_empty()).then(|| (step.clone(), both))
        });
        Self {
            itself: self.itself && other.itself,
            parts: parts.collect(),
        }
    }

    /// Each field, as people write it: `.spec.ports[port=80].name`.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect(&mut String::new(), &mut paths);
        paths
    }

    fn collect(&self, here: &mut String, paths: &mut Vec<String>) {
        if self.itself && !here.is_empty() {
            paths.push(here.clone());
        }
        for (step, part) in &self.parts {
            let length = here.len();
            match step.split_once(':') {
                Some(("f", name)) if name.contains(['.', '/']) => {
                    here.push_str(&format!("[{name:?}]"));
                }
                Some(("f", name)) => here.push_str(&format!(".{name}")),
                Some(("k", keys)) => {
                    let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                    let keys = keys.iter().map(|(key, value)| format!("{key}={value}"));
                    here.push_str(&format!("[{}]", keys.collect::<Vec<_>>().join(",")));
                }
                Some((_, value)) => here.push_str(&format!("[={value}]")),
                None => {}
            }
            part.collect(here, paths);
            here.truncate(length);
        }
    }

    fn write(&self) -> Value {
        let itself = (self.itself && !self.parts.is_empty()).then(|| (".", Self::default()));
        let itself = itself
            .into_iter()
            .map(|(step, part)| (step.to_owned(), part.write()));
        let parts = self
            .parts
            .iter()
            .map(|(step, part)| (step.clone(), part.write()));
        Value::Object(itself.chain(parts).collect())
    }

    fn read(written: &Value, root: bool) -> Result<Self, String> {
        let parts = written.as_object().ok_or("a set of fields is an object")?;
        let mut set = Self {
            itself: parts.is_empty() && !root,
            ..Self::default()
        };
        for (step, part) in parts {
            let canonical = match step.split_once(':') {
                None if step == "." => {
                    set.itself = true;
                    continue;
                }
                Some(("f", _)) => step.clone(),
                Some((kind @ ("k" | "v"), json)) => {
                    let json = serde_json::from_str(json).map_err(|error| error.to_string())?;
                    format!("{kind}:{}", sorted(json))
                }
                _ => return Err(format!("{step:?} is no step to a field")),
            };
            set.parts.insert(canonical, Self::read(part, false)?);
        }
        Ok(set)
    }
}

/// The same with its fields in order, one level deep: keys are plain values.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().collect();
            Value::Object(fields.into_iter().collect())
        }
        other => other,
    }
}

impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Value::deserialize(deserializer)?, true).map_err(de::Error::custom)
    }
}
