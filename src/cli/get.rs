//! `netloft get`: documents as they are stored.

mod columns;
mod watch;

use clap_complete::engine::ArgValueCandidates;
use http::Method;
use serde_json::Value;

use super::{
    Failure,
    client::{Ask, InNamespace, Server, escaped},
    complete,
    failure::Code,
    output::{Output, note, say},
};
use crate::model::Kind;
use columns::{Columns, TABLE, Table};

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

    /// Only those with these labels, as app=web,tier!=test
    #[arg(short = 'l', long, value_name = "LABELS", conflicts_with = "name")]
    selector: Option<String>,

    /// Go on: show what changes until it is interrupted
    #[arg(short, long)]
    watch: bool,

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
    let mut query = Vec::new();
    if let Some(selector) = &args.selector {
        query.push(format!("labelSelector={}", escaped(selector)));
    }
    if !args.watch {
        let path = path(args.kind, namespace.as_deref(), args.name.as_deref());
        return once(&args, &with(&path, &query)).await;
    }
    // One document is watched as a list that holds no other.
    if let Some(name) = &args.name {
        query.push(format!("fieldSelector=metadata.name%3D{}", escaped(name)));
    }
    let path = path(args.kind, namespace.as_deref(), None);
    watch::follow(&args, &path, &query).await
}

fn with(path: &str, query: &[String]) -> String {
    match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", query.join("&")),
    }
}

async fn once(args: &Args, path: &str) -> Result<(), Failure> {
    if args.output.is_for_people() {
        let ask = Ask::new(Method::GET, path).accept(TABLE);
        let table: Table = args
            .server
            .ask(ask)
            .await
            .map_err(|it| missing(it, args.kind))?;
        if table.rows.is_empty() {
            note(&format!("no {}", args.kind.facts().plural));
            return Ok(());
        }
        return say(&Columns::of(args, &table).text(&table, true, None));
    }
    let value: Value = args
        .server
        .get(path)
        .await
        .map_err(|it| missing(it, args.kind))?;
    let items = match &value["items"] {
        Value::Array(items) => items.clone(),
        _ => vec![value.clone()],
    };
    let names = || items.iter().map(|item| args.named(item)).collect();
    args.output.show(&value, String::new, names)
}

impl Args {
    /// `services/web`.
    fn named(&self, item: &Value) -> String {
        let name = item["metadata"]["name"].as_str().unwrap_or_default();
        format!("{}/{name}", self.kind.facts().plural)
    }
}

/// What is not there is best looked for among what is.
pub(super) fn missing(failure: Failure, kind: Kind) -> Failure {
    match failure.code() {
        Code::NotFound => failure.next(format!("netloft get {} -A", kind.facts().plural)),
        _ => failure,
    }
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
