//! `netloft log`: revisions, newest first.

use super::{
    Failure,
    client::Server,
    output::{Output, ago, table},
    paint::{Ink, printable},
};
use crate::api::types::{RevisionEntry, Revisions};

/// Documents of a revision that are named in its row.
const NAMED: usize = 3;

/// Shows revisions, newest first: who changed what, when and why.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// At most this many
    #[arg(short = 'c', long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let path = format!("/v1/revisions?limit={}", args.limit);
    let revisions: Revisions = args.server.get(&path).await?;
    let rows = || {
        let found = &revisions.revisions;
        if found.is_empty() {
            return "no revision yet. `netloft apply -f FILE` makes one.\n".to_owned();
        }
        let rows: Vec<_> = found.iter().map(row).collect();
        let next = Ink::Place.on("netloft show REVISION");
        let table = table(
            &["REVISION", "AUTHOR", "MESSAGE", "DOCUMENTS", "AGE"],
            &rows,
        );
        format!("{table}{next} tells what one changed\n")
    };
    let names = || {
        let numbers = revisions
            .revisions
            .iter()
            .map(|one| one.revision.to_string());
        numbers.collect()
    };
    args.output.show(&revisions, rows, names)
}

fn row(revision: &RevisionEntry) -> Vec<String> {
    let names: Vec<&str> = revision
        .documents
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    let more = match revision.documents.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    vec![
        revision.revision.to_string(),
        printable(&revision.author),
        printable(&revision.message),
        format!("{}{more}", names.join(", ")),
        ago(&revision.at),
    ]
}
