//! `netloft diff`: what files would change, line by line; and how differences are shown.

use std::path::PathBuf;

use http::Method;

use super::{
    Failure,
    client::{Ask, InNamespace, Server, escaped},
    failure::{Code, warn},
    files,
    output::{Output, say},
    paint::{Ink, printable},
};
use crate::api::types::{ApplyBody, Plan, PlanDocument};

/// Compares files with what the server has. Nothing is written; exit code 10: something would change.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, directories, or - for standard input
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    filename: Vec<PathBuf>,

    /// What is referred to and does not exist is a warning, not an error
    #[arg(long)]
    allow_dangling: bool,

    #[command(flatten)]
    namespace: InNamespace,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let body = ApplyBody {
        files: files::read(&args.filename)?,
        delete: false,
    };
    let namespace = escaped(&args.namespace.of(&args.server)?);
    let dangling = args.allow_dangling;
    let query = format!("namespace={namespace}&allowDangling={dangling}");
    let plan = planned(&args.server, &body, &query).await?;
    let changed = || plan.documents.iter().filter(|one| is_change(one));
    let names = || changed().map(name).collect();
    args.output
        .show(&plan.documents, || changed().map(shown).collect(), names)?;
    match changed().count() {
        0 => Ok(()),
        _ => Err(Failure::quiet(Code::Differs)),
    }
}

/// What the server says `body` would change.
pub(super) async fn planned(
    server: &Server,
    body: &ApplyBody,
    query: &str,
) -> Result<Plan, Failure> {
    let json = serde_json::to_vec(body).map_err(Failure::other)?;
    let path = format!("/v1/plan?{query}");
    let ask = Ask::new(Method::POST, &path).json(json).about(&body.files);
    let plan: Plan = server.ask(ask).await?;
    warn(&plan.warnings, &body.files);
    Ok(plan)
}

pub(super) fn is_change(document: &PlanDocument) -> bool {
    matches!(&*document.outcome, "created" | "configured" | "deleted")
}

fn name(document: &PlanDocument) -> String {
    let PlanDocument {
        kind,
        namespace,
        name,
        ..
    } = document;
    format!("{}/{namespace}/{name}", kind.to_lowercase())
}

fn shown(document: &PlanDocument) -> String {
    let PlanDocument {
        kind,
        namespace,
        name,
        outcome,
        diff,
    } = document;
    head(kind, namespace, name, outcome) + &painted(diff)
}

/// `HTTPRoute default/orders configured`, in the colour of what happens to it.
pub(super) fn head(kind: &str, namespace: &str, name: &str, outcome: &str) -> String {
    let ink = match outcome {
        "created" => Ink::Good,
        "deleted" => Ink::Bad,
        _ => Ink::Warning,
    };
    let at = match namespace {
        "" => name.to_owned(),
        namespace => format!("{namespace}/{name}"),
    };
    format!(
        "{} {}\n",
        Ink::Strong.on(format!("{kind} {at}")),
        ink.on(outcome)
    )
}

/// A unified diff in colours.
pub(super) fn painted(diff: &str) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        let shown = printable(line);
        let shown = match line.bytes().next() {
            _ if line.starts_with("---") || line.starts_with("+++") => Ink::Faint.on(shown),
            Some(b'+') => Ink::Good.on(shown),
            Some(b'-') => Ink::Bad.on(shown),
            Some(b'@') => Ink::Place.on(shown),
            _ => shown,
        };
        text.push_str(&shown);
        text.push('\n');
    }
    text
}

/// Tells people that nothing differs.
pub(super) fn same() -> Result<(), Failure> {
    say("no difference\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_coloured_line_by_line_and_stays_the_same_text() {
        let diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x: 1\n+x: 2\n y: 3\n";
        let shown = painted(diff);
        assert!(shown.contains("\x1b[32m+x: 2\x1b[0m\n"), "{shown}");
        assert!(shown.contains("\x1b[31m-x: 1\x1b[0m\n"), "{shown}");
        assert!(shown.ends_with(" y: 3\n"), "{shown}");
    }
}
