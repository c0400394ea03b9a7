//! `netloft import`: documents of an Envoy's own configuration, and proof that they are the same.
//!
//! Nothing is asked of a server and nothing is sent to one: what is written is for `netloft apply` and
//! `netloft bootstrap --onto`.

mod envoy;
mod verify;

use std::path::Path;

use super::{Failure, files};
use crate::{
    api::types::File,
    check::Source,
    import::{Configuration, NotRead},
};

/// The folder of documents, and the bootstrap, under what is written.
const DOCUMENTS: &str = "documents";
const BOOTSTRAP: &str = "bootstrap.yaml";

/// Makes documents of an Envoy's own configuration.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Makes documents of a bootstrap, or of what a running Envoy answers at /config_dump?include_eds
    Envoy(envoy::Args),
    /// Tells whether what would be served is what the file says, without a server
    Verify(verify::Args),
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Envoy(args) => envoy::run(&args),
        What::Verify(args) => verify::run(&args),
    }
}

/// The configuration in the file at `path`.
pub(super) fn configuration(path: &Path) -> Result<Configuration, Failure> {
    let mut files = files::read(&[path.to_owned()])?;
    let Some(file) = files.pop() else {
        return Err(Failure::not_found(format!(
            "{} is not there",
            path.display()
        )));
    };
    let source = Source {
        file: Some(&file.name),
        text: &file.text,
    };
    Configuration::read(&source).map_err(|error| not_read(error, file))
}

fn not_read(error: NotRead, file: File) -> Failure {
    match error {
        NotRead::Malformed(found) => Failure::invalid(found, vec![file]),
        NotRead::Unfit(unfit) => {
            let lines: Vec<String> = unfit.iter().map(|one| format!("  {one}")).collect();
            Failure::unfit(format!(
                "{} cannot be taken over as it is:\n{}",
                file.name,
                lines.join("\n")
            ))
        }
    }
}
