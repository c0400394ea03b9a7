//! `netloft delete`: one document by name, or those that files name.

use std::path::PathBuf;

use clap_complete::engine::ArgValueCandidates;
use http::Method;
use serde_json::Value;

use super::{
    Failure,
    apply::{self, Change},
    client::{Ask, Server},
    complete, files,
    get::{kind, missing, path},
    output::Output,
};
use crate::{
    api::types::{ApplyAnswer, ApplyBody, DocumentOutcome},
    model::Kind,
};

/// Deletes one document by name, or in one transaction those that files name.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kind, in singular, plural or short
    #[arg(add = ArgValueCandidates::new(complete::kinds), value_parser = kind, required_unless_present = "filename")]
    kind: Option<Kind>,

    /// Name
    #[arg(required_unless_present = "filename", add = ArgValueCandidates::new(complete::documents))]
    name: Option<String>,

    /// Files, directories, or - for standard input, whose documents are to go
    #[arg(short, long, value_name = "FILE", conflicts_with = "kind")]
    filename: Vec<PathBuf>,

    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let query = args.change.query(&args.server)?;
    let (Some(kind), Some(name)) = (args.kind, &args.name) else {
        let files = files::read(&args.filename)?;
        let body = ApplyBody {
            files,
            delete: true,
        };
        return apply::change(&args.server, &args.output, &body, &query).await;
    };
    let namespace = args.change.namespace.of(&args.server)?;
    let path = path(kind, Some(&namespace), Some(name));
    let path = format!("{path}?{query}");
    let status: Value = args
        .server
        .ask(Ask::new(Method::DELETE, &path))
        .await
        .map_err(|it| missing(it, kind))?;
    let revision = &status["metadata"]["resourceVersion"];
    let facts = kind.facts();
    let answer = ApplyAnswer {
        revision: revision.as_str().unwrap_or_default().parse().unwrap_or(0),
        dry_run: false,
        documents: vec![DocumentOutcome {
            kind: facts.kind.to_owned(),
            namespace: match facts.namespaced {
                true => namespace,
                false => String::new(),
            },
            name: name.clone(),
            outcome: "deleted".to_owned(),
        }],
        warnings: Vec::new(),
    };
    apply::show(&args.output, &answer)
}
