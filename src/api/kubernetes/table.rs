//! Tables: what `kubectl get` prints. The columns of a kind are those its schema names in
//! `x-columns`, between its name and its age.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::metadata;
use crate::model::Kind;

/// What of the object each row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

/// One of a kind's own columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: String,
    /// JSON pointer; `*` stands for every item of a list, or for every key of a mapping at its end.
    pointer: String,
    /// Shown only by `kubectl get -o wide`.
    #[serde(default)]
    wide: bool,
}

fn columns(kind: Kind) -> &'static [Column] {
    static COLUMNS: LazyLock<HashMap<Kind, Vec<Column>>> =
        LazyLock::new(|| Kind::ALL.iter().map(|kind| (*kind, read(*kind))).collect());
    COLUMNS.get(&kind).map_or(&[], Vec::as_slice)
}

fn read(kind: Kind) -> Vec<Column> {
    let schema = kind.spec_schema();
    let columns = schema.get("x-columns").cloned().unwrap_or(json!([]));
    // A test reads every kind's.
    serde_json::from_value(columns).unwrap_or_default()
}

/// A table of `objects`, a row each; `meta` is the metadata of the list.
pub(super) fn table(kind: Kind, objects: &[Value], meta: &Value, include: Include) -> Value {
    let columns = columns(kind);
    let own = columns.iter().map(|column| {
        let priority = u8::from(column.wide);
        definition(
            &column.name,
            "",
            &format!("{} of the document", column.pointer),
            priority,
        )
    });
    let name = definition("Name", "name", "Name of the document", 0);
    let age = definition("Age", "", "Time since it was created", 0);
    let definitions: Vec<Value> = [name].into_iter().chain(own).chain([age]).collect();
    let now = jiff::Timestamp::now().as_second();
    let rows = objects.iter().map(|object| {
        let name = object["metadata"]["name"].clone();
        let own = columns
            .iter()
            .map(|column| cell(object, &column.pointer).into());
        let age = age_of(&object["metadata"]["creationTimestamp"], now).into();
        let cells: Vec<Value> = [name].into_iter().chain(own).chain([age]).collect();
        let mut row = json!({ "cells": cells });
        match include {
            Include::None => {}
            Include::Metadata => row["object"] = metadata(object),
            Include::Object => row["object"] = object.clone(),
        }
        row
    });
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": definitions,
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn definition(name: &str, format: &str, about: &str, priority: u8) -> Value {
    json!({
        "name": name,
        "type": "string",
        "format": format,
        "description": about,
        "priority": priority,
    })
}

/// All that `pointer` finds, joined.
fn cell(object: &Value, pointer: &str) -> String {
    let mut found = vec![object.clone()];
    for part in pointer.split('/').skip(1) {
        let next = found.iter().flat_map(|value| -> Vec<Value> {
            match (part, value) {
                ("*", Value::Array(items)) => items.clone(),
                ("*", Value::Object(fields)) => fields.keys().cloned().map(Into::into).collect(),
                _ => value.get(part).cloned().into_iter().collect(),
            }
        });
        found = next.collect();
    }
    let texts = found.iter().map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    texts.collect::<Vec<_>>().join(",")
}

/// How old something is, to two digits or so, as `kubectl` prints it.
fn age_of(created: &Value, now: i64) -> String {
    let created = created
        .as_str()
        .and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let Some(created) = created else {
        return "<unknown>".to_owned();
    };
    let seconds = (now - created.as_second()).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let with = |big: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{big}{unit}"),
        small => format!("{big}{unit}{small}{small_unit}"),
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => with(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => with(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => with(days, 'd', hours % 24, 'h'),
        () => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kinds_columns_can_be_read() {
        for kind in Kind::ALL {
            let schema = kind.spec_schema();
            let written = schema.get("x-columns").and_then(Value::as_array);
            assert_eq!(written.map_or(0, Vec::len), columns(*kind).len(), "{kind}");
        }
        assert!(!columns(Kind::Service).is_empty());
    }

    #[test]
    fn a_cell_shows_what_its_pointer_finds() {
        let object = json!({ "spec": { "ports": [{ "port": 80 }, { "port": 81 }], "versions": { "v1": {}, "v2": {} } } });
        for (pointer, shown) in [
            ("/spec/ports/*/port", "80,81"),
            ("/spec/versions/*", "v1,v2"),
            ("/spec/dns/*", ""),
        ] {
            assert_eq!(cell(&object, pointer), shown, "{pointer}");
        }
    }

    #[test]
    fn an_age_is_short() {
        let created = json!("1970-01-01T00:00:00Z");
        for (now, shown) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (3_600, "60m"),
            (11_000, "3h3m"),
            (40_000, "11h"),
            (200_000, "2d7h"),
            (900_000, "10d"),
        ] {
            assert_eq!(age_of(&created, now), shown, "{now}");
        }
        assert_eq!(age_of(&Value::Null, 0), "<unknown>");
    }
}
