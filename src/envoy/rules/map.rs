//! Rules of a mapping: how many entries, and what keys and values must be.

use prost_reflect::{DynamicMessage, Kind, MapKey, Value};

use super::{FieldRules, Told, between, flag, outside, rule, size};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    least: Option<u64>,
    most: Option<u64>,
    keys: Option<Box<FieldRules>>,
    values: Option<Box<FieldRules>>,
    or_empty: bool,
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage, kind: &Kind) -> Self {
        let entry = match kind {
            Kind::Message(entry) => Some((
                entry.map_entry_key_field().kind(),
                entry.map_entry_value_field().kind(),
            )),
            _ => None,
        };
        let inner = |name, kind: Option<&Kind>| {
            let inner = rule(rules, name)?;
            Some(Box::new(FieldRules::of(inner.as_message()?, kind?)))
        };
        Self {
            least: size(rules, "min_pairs"),
            most: size(rules, "max_pairs"),
            keys: inner("keys", entry.as_ref().map(|it| &it.0)),
            values: inner("values", entry.as_ref().map(|it| &it.1)),
            or_empty: flag(rules, "ignore_empty"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(map) = value.as_map() else {
            return;
        };
        if self.or_empty && map.is_empty() {
            return;
        }
        if outside(map.len(), self.least, self.most) {
            let expected = between(self.least, self.most, "entries");
            told.tell(Fault::Count, expected, format!("{} entries", map.len()));
        }
        // In the order of the keys: a map has none of its own.
        let mut entries: Vec<(&MapKey, &Value)> = map.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        for (key, value) in entries {
            let (text, key) = plain(key);
            let mut told = told.below(&text);
            if let Some(rules) = &self.keys {
                rules.check(&key, &mut told);
            }
            if let Some(rules) = &self.values {
                rules.check(value, &mut told);
            }
        }
    }
}

/// A key as it is written, and as a value.
fn plain(key: &MapKey) -> (String, Value) {
    match key {
        MapKey::Bool(key) => (key.to_string(), Value::Bool(*key)),
        MapKey::I32(key) => (key.to_string(), Value::I32(*key)),
        MapKey::I64(key) => (key.to_string(), Value::I64(*key)),
        MapKey::U32(key) => (key.to_string(), Value::U32(*key)),
        MapKey::U64(key) => (key.to_string(), Value::U64(*key)),
        MapKey::String(key) => (key.clone(), Value::String(key.clone())),
    }
}
