//! `netloft apply`: documents in one transaction.

use std::{fmt::Write, path::PathBuf, time::Duration};

use http::Method;
use serde::Serialize;

use super::{
    Failure,
    client::{Ask, InNamespace, Server, escaped},
    failure::warn,
    files, live,
    output::{Output, say},
    plan,
    wait::time,
};
use crate::api::types::{ApplyAnswer, ApplyBody, Wait};

/// Applies documents: all of them or, when anything is wrong, none.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, directories, or - for standard input
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    filename: Vec<PathBuf>,

    /// Only tell what would happen
    #[arg(
        long,
        value_name = "WHERE",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "server"
    )]
    dry_run: Option<DryRun>,

    /// Tell what would change: documents, resources, proxies and bytes
    #[arg(long, conflicts_with_all = ["dry_run", "wait"])]
    plan: bool,

    /// Return when every proxy that it changes something for has acknowledged it; at most 30s, or
    /// as long as given
    #[arg(
        long,
        value_name = "TIME",
        value_parser = time,
        num_args = 0..=1,
        default_missing_value = "30s",
        conflicts_with = "dry_run"
    )]
    wait: Option<Duration>,

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

/// Who tells what would happen. kubectl's `client` is `netloft validate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DryRun {
    /// The server, which knows what is there
    Server,
    /// Nobody: as usual
    None,
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

/// Sends `body`; tells warnings.
async fn send(server: &Server, body: &ApplyBody, query: &str) -> Result<ApplyAnswer, Failure> {
    let json = serde_json::to_vec(body).map_err(Failure::other)?;
    let path = format!("/v1/apply?{query}");
    let ask = Ask::new(Method::POST, &path).json(json).about(&body.files);
    let answer: ApplyAnswer = server.ask(ask).await?;
    warn(&answer.warnings, &body.files);
    Ok(answer)
}

/// Sends `body`; shows what became of each document.
pub(super) async fn change(
    server: &Server,
    output: &Output,
    body: &ApplyBody,
    query: &str,
) -> Result<(), Failure> {
    let answer = send(server, body, query).await?;
    show(output, &answer)
}

/// Shows what became of each document.
pub(super) fn show(output: &Output, answer: &ApplyAnswer) -> Result<(), Failure> {
    output.show(answer, || text(answer), || names(answer))
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let files = files::read(&args.filename)?;
    let dangling = args.allow_dangling;
    let query = format!(
        "{}&allowDangling={dangling}",
        args.change.query(&args.server)?
    );
    let body = ApplyBody {
        files,
        delete: false,
    };
    if args.plan {
        return plan::show(&args.server, &args.output, &body, &query).await;
    }
    let dry_run = args.dry_run == Some(DryRun::Server);
    let query = format!("{query}&dryRun={dry_run}");
    let answer = send(&args.server, &body, &query).await?;
    let Some(bound) = args.wait else {
        return show(&args.output, &answer);
    };
    // A person sees what was written while it travels; a program gets one answer.
    let people = args.output.is_for_people();
    if people {
        show(&args.output, &answer)?;
    }
    let wait = live::reached(&args.server, answer.revision, bound).await?;
    if people {
        say(&live::text(&wait))?;
    } else {
        let waited = Waited {
            answer: &answer,
            wait: &wait,
        };
        args.output.show(&waited, String::new, || names(&answer))?;
    }
    live::verdict(&wait, &body.files)
}

/// What programs are given by `apply --wait`.
#[derive(Debug, Serialize)]
struct Waited<'a> {
    #[serde(flatten)]
    answer: &'a ApplyAnswer,
    wait: &'a Wait,
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
