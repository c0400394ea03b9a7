//! `netloft import verify`: is what would be served the same as the file?

use std::{path::PathBuf, sync::Arc};

use serde_json::json;

use super::{BOOTSTRAP, DOCUMENTS, configuration};
use crate::{
    check::{self, Diagnostic, Source},
    cli::{Failure, files, output::Output},
    import::{self, NotVerified},
    model::DEFAULT_NAMESPACE,
    snapshot::Problem,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What was imported
    file: PathBuf,

    /// What the import wrote, changed or not
    folder: PathBuf,

    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let original = configuration(&args.file)?;
    let bootstrap = configuration(&args.folder.join(BOOTSTRAP))?;
    let files = files::read(&[args.folder.join(DOCUMENTS)])?;
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|file| Source {
            file: Some(&file.name),
            text: &file.text,
        })
        .collect();
    let checked = check::documents(&sources, DEFAULT_NAMESPACE);
    let world = check::Overlay::new(&checked.documents);
    let mut found = checked.diagnostics;
    found.extend(check::references(&checked.documents, &world));
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::invalid(found, files));
    }
    let documents: Vec<Arc<_>> = checked.documents.into_iter().map(Arc::new).collect();
    let differences = import::verify(&original, &documents, &bootstrap).map_err(not_verified)?;
    let shown = json!({"same": differences.is_empty(), "differences": differences});
    let lines = || match differences.len() {
        0 => format!(
            "{} resources: what would be served is what the file says\n",
            original.resources.len()
        ),
        _ => differences.iter().map(|one| format!("{one}\n")).collect(),
    };
    let names = || differences.iter().map(|one| one.resource.clone()).collect();
    args.output.show(&shown, lines, names)?;
    match differences.len() {
        0 => Ok(()),
        1 => Err(Failure::differs("there is one difference")),
        count => Err(Failure::differs(format!("there are {count} differences"))),
    }
}

fn not_verified(error: NotVerified) -> Failure {
    match error {
        NotVerified::Classes(classes) if classes.is_empty() => {
            Failure::unfit("the documents declare no ProxyClass: whose proxies are meant?")
        }
        NotVerified::Classes(classes) => {
            let names: Vec<String> = classes.iter().map(ToString::to_string).collect();
            Failure::unfit(format!(
                "the documents declare several classes, so nobody knows which is meant: {}",
                names.join(", ")
            ))
        }
        NotVerified::Problems(problems) => {
            let told = |it: &Problem| format!("  {}: {} ({})", it.at, it.message, it.code);
            let lines: Vec<String> = problems.iter().map(told).collect();
            Failure::unfit(format!(
                "the documents do not compile:\n{}",
                lines.join("\n")
            ))
        }
    }
}
