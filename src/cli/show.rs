//! `netloft show`: what one revision changed, or what lies between two.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Failure,
    client::Server,
    diff::{head, painted, same},
    failure::Code,
    output::{Output, yaml},
    paint::{Ink, printable},
};
use crate::api::types::{Diff, DocumentChange, RevisionDetail};

/// Shows what a revision changed, or how two differ.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A revision, as `netloft log` shows them, or two: 117..119
    #[arg(value_name = "REVISION[..REVISION]", value_parser = range)]
    revision: Range,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    One(u64),
    Between(u64, u64),
}

fn range(text: &str) -> Result<Range, String> {
    let number = |text: &str| {
        let number = text.parse::<u64>();
        number.map_err(|_| format!("{text:?} is no revision's number"))
    };
    match text.split_once("..") {
        Some((from, to)) => Ok(Range::Between(number(from)?, number(to)?)),
        None => number(text).map(Range::One),
    }
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    match args.revision {
        Range::One(revision) => one(&args, revision).await,
        Range::Between(from, to) => between(&args, from, to).await,
    }
}

async fn one(args: &Args, revision: u64) -> Result<(), Failure> {
    let path = format!("/v1/revisions/{revision}");
    let detail: RevisionDetail = args.server.get(&path).await.map_err(missing)?;
    let mut shown = String::new();
    for change in &detail.documents {
        shown.push_str(&changed(change)?);
    }
    let names = || detail.documents.iter().map(name).collect();
    args.output.show(&detail, || told(&detail) + &shown, names)
}

async fn between(args: &Args, from: u64, to: u64) -> Result<(), Failure> {
    let path = format!("/v1/revisions/{from}/diff/{to}");
    let diff: Diff = args.server.get(&path).await.map_err(missing)?;
    if diff.documents.is_empty() && args.output.is_for_people() {
        return same();
    }
    let text = || {
        let one = |one: &crate::api::types::DocumentDiff| {
            head(&one.kind, &one.namespace, &one.name, &one.outcome) + &painted(&one.diff)
        };
        diff.documents.iter().map(one).collect()
    };
    let names = || {
        let name = |one: &crate::api::types::DocumentDiff| {
            format!("{}/{}/{}", one.kind.to_lowercase(), one.namespace, one.name)
        };
        diff.documents.iter().map(name).collect()
    };
    args.output.show(&diff, text, names)
}

/// Which revisions there are is what the history tells.
pub(super) fn missing(failure: Failure) -> Failure {
    match failure.code() {
        Code::NotFound => failure.next("netloft log"),
        _ => failure,
    }
}

fn told(detail: &RevisionDetail) -> String {
    let mut text = format!(
        "{}\n",
        Ink::Strong.on(format!("revision {}", detail.revision))
    );
    for (title, value) in [
        ("author", &detail.author),
        ("date", &detail.at),
        ("message", &detail.message),
    ] {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{title:<8} {}", printable(value));
        }
    }
    text.push('\n');
    text
}

fn name(change: &DocumentChange) -> String {
    format!(
        "{}/{}/{}",
        change.kind.to_lowercase(),
        change.namespace,
        change.name
    )
}

fn changed(change: &DocumentChange) -> Result<String, Failure> {
    let written = |document: &Option<Value>| match document {
        Some(document) => yaml(document),
        None => Ok(String::new()),
    };
    let (before, after) = (written(&change.before)?, written(&change.after)?);
    let head = head(
        &change.kind,
        &change.namespace,
        &change.name,
        &change.outcome,
    );
    let from = match (&change.file, change.line) {
        (Some(file), Some(line)) => {
            let place = format!("{}:{line}", printable(file));
            format!("{} from {}\n", head.trim_end(), Ink::Place.on(place))
        }
        _ => head,
    };
    Ok(from + &painted(&unified(&before, &after)))
}

/// The lines that differ, with three around each.
pub(super) fn unified(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_revision_or_two_can_be_named() {
        assert_eq!(range("7"), Ok(Range::One(7)));
        assert_eq!(range("7..9"), Ok(Range::Between(7, 9)));
        for text in ["", "x", "7..", "..", "7...9", "-1"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
