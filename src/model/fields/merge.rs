//! Putting one object's fields into another, and taking fields out of it.

use serde_json::{Map, Value};

use super::{FieldSet, Grain, set};

/// `live` with all that `config` says.
pub(super) fn merged(grain: &Grain, live: &Value, config: &Value) -> Value {
    match (grain, live, config) {
        (Grain::Map { .. }, Value::Object(live), Value::Object(config)) => {
            let mut fields = live.clone();
            for (name, value) in config.iter().filter(|(_, value)| !value.is_null()) {
                let value = match (grain.field(name), live.get(name)) {
                    (Some(grain), Some(live)) => merged(grain, live, value),
                    _ => value.clone(),
                };
                fields.insert(name.clone(), value);
            }
            Value::Object(fields)
        }
        (Grain::Keyed { keys, items }, Value::Array(live), Value::Array(config)) => {
            let step = |item: &Value| set::key(keys, item);
            in_order(live, config, step, |live, item| merged(items, live, item))
        }
        (Grain::Set, Value::Array(live), Value::Array(config)) => {
            in_order(live, config, set::value, |_, item| item.clone())
        }
        _ => config.clone(),
    }
}

/// The items of both lists: those of `config` in its order, the others of `live` where they stood
/// among them, new ones behind what they follow.
fn in_order(
    live: &[Value],
    config: &[Value],
    step: impl Fn(&Value) -> String,
    merged: impl Fn(&Value, &Value) -> Value,
) -> Value {
    let live: Vec<(String, &Value)> = live.iter().map(|item| (step(item), item)).collect();
    let wanted: Vec<String> = config.iter().map(&step).collect();
    let mut others = live
        .iter()
        .enumerate()
        .filter(|(_, (step, _))| !wanted.contains(step));
    let mut others = others.by_ref().peekable();
    let mut items = Vec::with_capacity(live.len() + config.len());
    for (at, (item, step)) in config.iter().zip(&wanted).enumerate() {
        let place = live.iter().position(|(other, _)| other == step);
        let Some(place) = place else {
            // Where nothing that follows is there already it is the end.
            if !wanted[at..]
                .iter()
                .any(|step| live.iter().any(|(other, _)| other == step))
            {
                items.extend(others.by_ref().map(|(_, (_, other))| (*other).clone()));
            }
            items.push(item.clone());
            continue;
        };
        while let Some((_, (_, other))) = others.next_if(|(at, _)| *at < place) {
            items.push((*other).clone());
        }
        items.push(merged(live[place].1, item));
    }
    items.extend(others.map(|(_, (_, other))| (*other).clone()));
    Value::Array(items)
}

/// Which fields of `new` are not the same in `old`.
pub(super) fn changed(grain: &Grain, old: &Value, new: &Value) -> FieldSet {
    if old == new {
        return FieldSet::default();
    }
    let mut found = FieldSet::default();
    let nothing = Value::Null;
    match (grain, new) {
        (Grain::Map { .. }, Value::Object(fields)) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            found.itself = !old.is_object();
            for (name, value) in fields {
                found.itself = false;
                let Some(grain) = grain.field(name) else {
                    continue;
                };
                let part = changed(grain, old.get(name).unwrap_or(&nothing), value);
                if !part.is_empty() {
                    found.parts.insert(set::field(name), part);
                }
            }
        }
        (Grain::Keyed { keys, items }, Value::Array(list)) => {
            for item in list {
                let step = set::key(keys, item);
                let known = old.as_array().into_iter().flatten();
                let known = known.into_iter().find(|old| set::key(keys, old) == step);
                let mut part = changed(items, known.unwrap_or(&nothing), item);
                part.itself = known.is_none();
                if !part.is_empty() {
                    found.parts.insert(step, part);
                }
            }
            found.itself = list.is_empty() && !old.is_array();
        }
        (Grain::Set, Value::Array(list)) => {
            let known = |item: &&Value| old.as_array().is_some_and(|old| old.contains(item));
            for item in list.iter().filter(|item| !known(item)) {
                found.parts.insert(set::value(item), FieldSet::whole());
            }
            found.itself = list.is_empty() && !old.is_array();
        }
        _ => found.itself = true,
    }
    found
}

/// Takes the fields of `gone` out of `object`, but for what `kept` has something in. What is left
/// empty by it goes too.
pub(super) fn remove(grain: &Grain, object: &mut Value, gone: &FieldSet, kept: &FieldSet) {
    let nothing = FieldSet::default();
    for (step, part) in &gone.parts {
        let kept = kept.parts.get(step).unwrap_or(&nothing);
        match (grain, &mut *object) {
            (Grain::Map { .. }, Value::Object(fields)) => {
                let name = step.trim_start_matches("f:");
                remove_field(grain, fields, name, part, kept);
            }
            (Grain::Keyed { keys, items }, Value::Array(list)) => {
                let at = list.iter().position(|item| set::key(keys, item) == *step);
                let Some(at) = at else { continue };
                if part.itself && kept.is_empty() {
                    list.remove(at);
                } else if let Some(item) = list.get_mut(at) {
                    let mut part = part.clone();
                    for key in keys {
                        // What tells it from the others stays with it.
                        part.parts.remove(&set::field(key));
                    }
                    remove(items, item, &part, kept);
                }
            }
            (Grain::Set, Value::Array(list)) if kept.is_empty() => {
                list.retain(|item| set::value(item) != *step);
            }
            _ => {}
        }
    }
}

fn remove_field(
    grain: &Grain,
    fields: &mut Map<String, Value>,
    name: &str,
    part: &FieldSet,
    kept: &FieldSet,
) {
    let Some(grain) = grain.field(name) else {
        return;
    };
    let Some(value) = fields.get_mut(name) else {
        return;
    };
    let left_empty = match value {
        _ if part.parts.is_empty() => part.itself && kept.is_empty(),
        value => {
            remove(grain, value, part, kept);
            let list = value.as_array().is_some_and(Vec::is_empty);
            (list || value.as_object().is_some_and(Map::is_empty)) && kept.is_empty()
        }
    };
    if left_empty {
        fields.shift_remove(name);
    }
}
