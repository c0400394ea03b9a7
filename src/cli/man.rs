//! `netloft man`: the manual, made from the same arguments that are read.

mod reference;

use std::path::PathBuf;

use clap::Command;

use super::{Failure, output::give};

/// Prints the manual page, or writes one page a verb into a directory.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory for the pages, as ~/.local/share/man/man1; absent: the main page is printed
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Print all of it as one page of Markdown
    #[arg(long, conflicts_with = "dir")]
    markdown: bool,
}

/// Prints or writes the manual of `command`.
///
/// # Errors
/// [`Failure`] names the directory that cannot be written.
pub async fn run(args: Args, command: Command) -> Result<(), Failure> {
    if args.markdown {
        return give(&reference::markdown(command));
    }
    let Some(dir) = args.dir else {
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command);
        man.render(&mut page).map_err(Failure::other)?;
        return give(&String::from_utf8_lossy(&page));
    };
    std::fs::create_dir_all(&dir)
        .and_then(|()| clap_mangen::generate_to(command, &dir))
        .map_err(|error| Failure::other(format!("cannot write {}: {error}", dir.display())))?;
    give(&format!("wrote the pages to {}\n", dir.display()))
}
