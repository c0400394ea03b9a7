//! `netloft apply`: documents in one transaction.

use std::{fmt::Write, path::PathBuf};

use http::Method;

use super::{
    Failure,
    client::{Ask, InNamespace, Server, escaped},
    failure::warn,
    files,
    output::Output,
};
use crate::api::types::{ApplyAnswer, ApplyBody, File};

/// Applies documents: all of them or, when anything is wrong, none.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, directories, or - for standard input
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    filename: Vec<PathBuf>,

    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    change: Change,

    /// What is referred to and does not exist is a warning, not an error
    #[arg(long)]
    allow_dangling: bool,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// How a change is told in history.
#[derive(Debug, clap::Args)]
pub(super) struct Change {
    /// Why; kept with the revision
    #[arg(short, long, default_value = "")]
    message: String,

    /// Who; kept with the revision
    #[arg(long, default_value = "", env = "USER")]
    author: String,

    #[command(flatten)]
    pub(super) namespace: InNamespace,
}

impl Change {
    pub(super) fn query(&self, server: &Server) -> Result<String, Failure> {
        let (author, message) = (escaped(&self.author), escaped(&self.message));
        let namespace = escaped(&self.namespace.of(server)?);
        Ok(format!(
            "author={author}&message={message}&namespace={namespace}"
        ))
    }
}

/// Sends `files`; shows what became of each document.
pub(super) async fn send(
    server: &Server,
    output: &Output,
    files: Vec<File>,
    delete: bool,
    query: &str,
) -> Result<(), Failure> {
    let body = ApplyBody { files, delete };
    let json = serde_json::to_vec(&body).map_err(Failure::other)?;
    let path = format!("/v1/apply?{query}");
    let ask = Ask::new(Method::POST, &path).json(json).about(&body.files);
    let answer: ApplyAnswer = server.ask(ask).await?;
    warn(&answer.warnings, &body.files);
    output.show(&answer, || text(&answer), || names(&answer))
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let files = files::read(&args.filename)?;
    let (dry_run, dangling) = (args.dry_run, args.allow_dangling);
    let query = format!(
        "{}&dryRun={dry_run}&allowDangling={dangling}",
        args.change.query(&args.server)?
    );
    send(&args.server, &args.output, files, false, &query).await
}

fn text(answer: &ApplyAnswer) -> String {
    let mut text = String::new();
    let mut unchanged = 0;
    for document in &answer.documents {
        if document.outcome == "unchanged" {
            unchanged += 1;
            continue;
        }
        let outcome = if document.outcome == "notFound" {
            "not found"
        } else {
            &document.outcome
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} {}/{} {outcome}",
            document.kind, document.namespace, document.name
        );
    }
    let changed = answer.documents.len() - unchanged;
    let summary = match (answer.dry_run, changed) {
        (true, _) => {
            format!("dry run: {changed} would change, {unchanged} unchanged; nothing was written")
        }
        (false, 0) => format!("nothing changed, revision {} stays", answer.revision),
        (false, _) => format!(
            "revision {}: {changed} changed, {unchanged} unchanged",
            answer.revision
        ),
    };
    let _ = writeln!(text, "{summary}");
    text
}

fn names(answer: &ApplyAnswer) -> Vec<String> {
    let name = |one: &crate::api::types::DocumentOutcome| {
        format!("{}/{}/{}", one.kind.to_lowercase(), one.namespace, one.name)
    };
    answer.documents.iter().map(name).collect()
}
