//! `netloft get`: documents as they are stored.

use clap_complete::engine::ArgValueCandidates;
use serde_json::Value;

use super::{
    Failure,
    client::{InNamespace, Server, escaped},
    complete,
    output::{Output, ago, table},
};
use crate::model::Kind;

/// Shows one document, or all of a kind.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kind, in singular, plural or short
    #[arg(add = ArgValueCandidates::new(complete::kinds), value_parser = kind)]
    kind: Kind,

    /// Name; absent: all of the kind
    #[arg(add = ArgValueCandidates::new(complete::documents))]
    name: Option<String>,

    #[command(flatten)]
    namespace: InNamespace,

    /// Of all namespaces
    #[arg(short = 'A', long, conflicts_with = "name")]
    all_namespaces: bool,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// The kind called `text`.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let wanted = text.to_lowercase();
    let fits = |kind: &&Kind| {
        let facts = kind.facts();
        facts.kind.to_lowercase() == wanted
            || facts.plural == wanted
            || facts.short.contains(&&*wanted)
    };
    Kind::ALL.iter().find(fits).copied().ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.facts().plural).collect();
        format!("there are {}", known.join(", "))
    })
}

/// Where documents of `kind` are found.
pub(super) fn path(kind: Kind, namespace: Option<&str>, name: Option<&str>) -> String {
    let facts = kind.facts();
    let mut path = match facts.group {
        "" => format!("/api/{}", facts.version),
        group => format!("/apis/{group}/{}", facts.version),
    };
    if let Some(namespace) = namespace.filter(|_| facts.namespaced) {
        path.push_str(&format!("/namespaces/{}", escaped(namespace)));
    }
    path.push_str(&format!("/{}", facts.plural));
    if let Some(name) = name {
        path.push_str(&format!("/{}", escaped(name)));
    }
    path
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let namespace = match args.all_namespaces {
        true => None,
        false => Some(args.namespace.of(&args.server)?),
    };
    let path = path(args.kind, namespace.as_deref(), args.name.as_deref());
    let value: Value = args.server.get(&path).await?;
    let items = match &value["items"] {
        Value::Array(items) => items.clone(),
        _ => vec![value.clone()],
    };
    let show_table = || {
        if items.is_empty() {
            return format!("no {}\n", args.kind.facts().plural);
        }
        let mut head = vec!["NAME", "GENERATION", "REVISION", "AGE"];
        if args.all_namespaces {
            head.insert(0, "NAMESPACE");
        }
        let rows: Vec<Vec<String>> = items
            .iter()
            .map(|item| row(item, args.all_namespaces))
            .collect();
        table(&head, &rows)
    };
    let names = || {
        let plural = args.kind.facts().plural;
        items
            .iter()
            .map(|item| format!("{plural}/{}", text(&item["metadata"]["name"])))
            .collect()
    };
    args.output.show(&value, show_table, names)
}

fn row(item: &Value, with_namespace: bool) -> Vec<String> {
    let metadata = &item["metadata"];
    let mut row = vec![
        text(&metadata["name"]),
        metadata["generation"].to_string(),
        text(&metadata["resourceVersion"]),
        ago(&text(&metadata["creationTimestamp"])),
    ];
    if with_namespace {
        row.insert(0, text(&metadata["namespace"]));
    }
    row
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_any_of_its_names() {
        for name in ["Service", "service", "services", "svc"] {
            assert_eq!(kind(name), Ok(Kind::Service), "{name}");
        }
        assert!(kind("servce").unwrap_err().contains("services"));
    }
}
