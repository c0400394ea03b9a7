//! `netloft validate`: all that is wrong with files, without a server.

use std::path::PathBuf;

use super::{Failure, failure::warn, files, output::say};
use crate::{
    check::{self, Diagnostic, Overlay, Source},
    model::DEFAULT_NAMESPACE,
};

/// Checks files: syntax, shape, bounds, and what they refer to among each other.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, directories, or - for standard input
    #[arg(
        short,
        long = "filename",
        value_name = "FILE",
        required_unless_present = "files"
    )]
    filename: Vec<PathBuf>,

    /// The same
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Namespace of documents that name none
    #[arg(short, long, default_value = DEFAULT_NAMESPACE)]
    namespace: String,

    /// What is referred to and does not exist is a warning: it may be on the server
    #[arg(long)]
    allow_dangling: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let paths: Vec<PathBuf> = args.filename.iter().chain(&args.files).cloned().collect();
    let files = files::read(&paths)?;
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|file| Source {
            file: Some(&file.name),
            text: &file.text,
        })
        .collect();
    let checked = check::documents(&sources, &args.namespace);
    let world =
        Overlay::new(&checked.documents).with_unreadable(checked.unreadable.iter().cloned());
    let mut found = checked.diagnostics;
    found.extend(check::references(&checked.documents, &world));
    if args.allow_dangling {
        found = found.into_iter().map(Diagnostic::allow_dangling).collect();
    }
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::invalid(found, files));
    }
    warn(&found, &files);
    let (documents, files) = (checked.documents.len(), files.len());
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    say(&format!(
        "{documents} document{} in {files} file{}: ok\n",
        plural(documents),
        plural(files)
    ))
}
