//! `netloft describe`: all that there is to know of one document: as it is declared, how it is, what
//! it was compiled into and who has that, and what is wrong with it.

use std::fmt::Write as _;

use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;
use serde_json::Value;

use super::{
    Failure,
    client::{InNamespace, Server, escaped},
    complete,
    get::{kind, missing, path},
    output::{Output, ago, table, yaml},
    paint::{Ink, printable},
};
use crate::{
    api::types::{Compiled, CompiledResource},
    model::Kind,
};

/// Resources that are named; more are counted.
const NAMED: usize = 30;

/// Shows one document, how it is, what it was compiled into, and what is wrong with it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kind, in singular, plural or short
    #[arg(add = ArgValueCandidates::new(complete::kinds), value_parser = kind)]
    kind: Kind,

    /// Name
    #[arg(add = ArgValueCandidates::new(complete::documents))]
    name: String,

    #[command(flatten)]
    namespace: InNamespace,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// What programs are given.
#[derive(Debug, Serialize)]
struct Described {
    document: Value,
    compiled: Vec<CompiledResource>,
    problems: Vec<Value>,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let (server, name) = (&args.server, &args.name);
    let namespace = args.namespace.of(server)?;
    let path = path(args.kind, Some(&namespace), Some(name));
    let found = server.get(&path).await;
    let document: Value = found.map_err(|failure| missing(failure, args.kind))?;
    let kind = args.kind.facts().kind;
    let query = format!(
        "kind={kind}&namespace={}&name={}",
        escaped(&namespace),
        escaped(name)
    );
    let compiled: Compiled = server.get(&format!("/v1/compiled?{query}")).await?;
    let problems: Vec<Value> = server.get("/v1/problems").await?;
    let metadata = &document["metadata"];
    let is_here = |problem: &Value| {
        let at = &problem["at"];
        at["kind"] == kind
            && at["name"] == metadata["name"]
            && at["namespace"].as_str().unwrap_or_default()
                == metadata["namespace"].as_str().unwrap_or_default()
    };
    let described = Described {
        compiled: compiled.resources,
        problems: problems.into_iter().filter(is_here).collect(),
        document,
    };
    let declared = yaml(&declared(&described.document))?;
    let names = || vec![format!("{}/{name}", args.kind.facts().plural)];
    args.output
        .show(&described, || text(&described, &declared), names)
}

/// What the user declared: no status, and of the metadata only what is the user's.
pub(super) fn declared(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = document["metadata"].as_object_mut() {
        metadata
            .retain(|name, _| ["name", "namespace", "labels", "annotations"].contains(&&**name));
    }
    document
}

fn text(described: &Described, declared: &str) -> String {
    let document = &described.document;
    let metadata = &document["metadata"];
    let word = |value: &Value| match value {
        Value::String(text) => printable(text),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut text = String::new();
    let at = match word(&metadata["namespace"]) {
        namespace if namespace.is_empty() => word(&metadata["name"]),
        namespace => format!("{namespace}/{}", word(&metadata["name"])),
    };
    let head = format!("{} {at}", word(&document["kind"]));
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}  generation {}, revision {}, {} old",
        Ink::Strong.on(head),
        word(&metadata["generation"]),
        word(&metadata["resourceVersion"]),
        ago(&word(&metadata["creationTimestamp"])),
    );
    section(&mut text, "Declared", declared);
    section(&mut text, "Conditions", &conditions(document, word));
    section(&mut text, "Compiled into", &compiled(&described.compiled));
    section(&mut text, "Problems", &problems(&described.problems, word));
    text
}

fn section(text: &mut String, title: &str, body: &str) {
    let _ = writeln!(text, "\n{}", Ink::Strong.on(title));
    for line in body.lines() {
        let _ = writeln!(text, "  {line}");
    }
}

/// A row each: of the document, and of each parent.
fn conditions(document: &Value, word: impl Fn(&Value) -> String) -> String {
    let status = &document["status"];
    let own = status["conditions"].as_array().into_iter().flatten();
    let mut all: Vec<(String, &Value)> = own.map(|one| (String::new(), one)).collect();
    for parent in status["parents"].as_array().into_iter().flatten() {
        let reference = &parent["parentRef"];
        let kind = match word(&reference["kind"]) {
            kind if kind.is_empty() => "Gateway".to_owned(),
            kind => kind,
        };
        let of = format!("{kind} {}", word(&reference["name"]));
        let conditions = parent["conditions"].as_array().into_iter().flatten();
        all.extend(conditions.map(|one| (of.clone(), one)));
    }
    if all.is_empty() {
        return "none\n".to_owned();
    }
    let row = |(of, one): &(String, &Value)| {
        let status = word(&one["status"]);
        let ink = match &*status {
            "True" => Ink::Good,
            "False" => Ink::Bad,
            _ => Ink::Warning,
        };
        let (ty, reason) = (word(&one["type"]), word(&one["reason"]));
        let message = word(&one["message"]).trim().to_owned();
        vec![of.clone(), ty, ink.on(status), reason, message]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let with_parents = all.iter().any(|(of, _)| !of.is_empty());
    match with_parents {
        true => table(&["PARENT", "TYPE", "STATUS", "REASON", "MESSAGE"], &rows),
        false => {
            let rows: Vec<Vec<String>> = rows.iter().map(|row| row[1..].to_vec()).collect();
            table(&["TYPE", "STATUS", "REASON", "MESSAGE"], &rows)
        }
    }
}

fn compiled(resources: &[CompiledResource]) -> String {
    if resources.is_empty() {
        return "nothing that a connected proxy is given\n".to_owned();
    }
    let row = |one: &CompiledResource| {
        let lines = one.from.iter().filter_map(|place| {
            let (file, line) = (place.file.as_ref()?, place.line?);
            Some(format!("{}:{line}", printable(file)))
        });
        vec![
            one.api.clone(),
            printable(&one.name),
            format!("{} bytes", one.bytes),
            holders(one),
            lines.take(1).collect(),
        ]
    };
    let rows: Vec<Vec<String>> = resources.iter().take(NAMED).map(row).collect();
    let mut text = table(&["TYPE", "NAME", "SIZE", "PROXIES", "FROM"], &rows);
    if let Some(more) = resources.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more");
    }
    text
}

/// `✔ 2 ✖ 1 cart-7f`: how many have it, and the first who has not.
fn holders(resource: &CompiledResource) -> String {
    let of = |state: &str| {
        let proxies = resource.proxies.iter();
        proxies
            .filter(|proxy| proxy.state == state)
            .map(|proxy| printable(&proxy.name))
            .collect::<Vec<String>>()
    };
    let mut parts = Vec::new();
    for (state, sign) in [
        ("accepted", Ink::Good.on("✔")),
        ("pending", Ink::Warning.on("…")),
        ("rejected", Ink::Bad.on("✖")),
    ] {
        let proxies = of(state);
        match (proxies.len(), proxies.first()) {
            (0, _) | (_, None) => {}
            (1, Some(proxy)) => parts.push(format!("{sign} {proxy}")),
            (count, Some(_)) if state == "accepted" => parts.push(format!("{sign} {count}")),
            (count, Some(proxy)) => {
                parts.push(format!("{sign} {proxy} and {} more", count - 1));
            }
        }
    }
    parts.join("  ")
}

fn problems(problems: &[Value], word: impl Fn(&Value) -> String) -> String {
    if problems.is_empty() {
        return "none\n".to_owned();
    }
    let mut text = String::new();
    for problem in problems {
        let severity = word(&problem["severity"]);
        let ink = match &*severity {
            "error" => Ink::Bad,
            _ => Ink::Warning,
        };
        let head = format!("{severity}[{}]", word(&problem["code"]));
        let message = word(&problem["message"]);
        let _ = writeln!(text, "{}: {message}", ink.on(head));
        let pointer = word(&problem["at"]["pointer"]);
        let effect = word(&problem["effect"]);
        let _ = writeln!(text, "  at {pointer}; {effect}");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_declared_is_told_without_what_the_server_adds() {
        let document = json!({
            "kind": "Service",
            "metadata": {"name": "web", "uid": "x", "generation": 3, "labels": {"a": "b"}},
            "spec": {"ports": []},
            "status": {"conditions": []},
        });
        let expected = json!({
            "kind": "Service",
            "metadata": {"name": "web", "labels": {"a": "b"}},
            "spec": {"ports": []},
        });
        assert_eq!(declared(&document), expected);
    }
}
