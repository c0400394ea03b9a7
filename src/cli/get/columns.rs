//! The columns of a kind, as the server tells them: what `kubectl get` shows, too.

use serde::Deserialize;
use serde_json::Value;

use super::Args;
use crate::cli::{
    output::{Format, lines},
    paint::{Ink, printable},
};

/// Asks for a table instead of documents.
pub(super) const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// A table as the server tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    #[serde(default)]
    column_definitions: Vec<Column>,
    #[serde(default)]
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
    priority: u8,
}

#[derive(Debug, Deserialize)]
pub(super) struct Row {
    cells: Vec<Value>,
    pub(super) object: Value,
}

/// Which columns are shown, and how wide each is by now.
#[derive(Debug)]
pub(super) struct Columns {
    heads: Vec<String>,
    /// Of the server's columns.
    shown: Vec<usize>,
    with_namespace: bool,
    wide: bool,
    widths: Vec<usize>,
}

impl Columns {
    pub(super) fn of(args: &Args, table: &Table) -> Self {
        let wide = args.output.output == Format::Wide;
        let columns = table.column_definitions.iter().enumerate();
        let shown: Vec<usize> = columns
            .filter(|(_, column)| wide || column.priority == 0)
            .map(|(index, _)| index)
            .collect();
        let named = shown
            .iter()
            .filter_map(|index| table.column_definitions.get(*index))
            .map(|column| column.name.to_uppercase());
        let mut heads: Vec<String> = named.collect();
        let with_namespace = args.all_namespaces && args.kind.facts().namespaced;
        if with_namespace {
            heads.insert(0, "NAMESPACE".to_owned());
        }
        if wide {
            heads.extend(["GENERATION", "REVISION", "LABELS"].map(str::to_owned));
        }
        Self {
            heads,
            shown,
            with_namespace,
            wide,
            widths: Vec::new(),
        }
    }

    /// The rows of `table`, below their heads where they are wanted; `note` is told of each.
    pub(super) fn text(&mut self, table: &Table, heads: bool, note: Option<&str>) -> String {
        let heads = heads.then(|| self.heads.clone());
        let rows = table.rows.iter().map(|row| {
            let mut cells = self.row(row);
            cells.extend(note.map(|note| Ink::Bad.on(note)));
            cells
        });
        let rows: Vec<Vec<String>> = heads.into_iter().chain(rows).collect();
        lines(&rows, &mut self.widths)
    }

    fn row(&self, row: &Row) -> Vec<String> {
        let metadata = &row.object["metadata"];
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => printable(text),
            other => other.to_string(),
        };
        let mut cells: Vec<String> = self
            .shown
            .iter()
            .map(|index| row.cells.get(*index).map(text).unwrap_or_default())
            .collect();
        if self.with_namespace {
            cells.insert(0, text(&metadata["namespace"]));
        }
        if self.wide {
            let labels = metadata["labels"].as_object().into_iter().flatten();
            let labels: Vec<String> = labels
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect();
            cells.push(text(&metadata["generation"]));
            cells.push(text(&metadata["resourceVersion"]));
            cells.push(labels.join(","));
        }
        cells
    }
}
