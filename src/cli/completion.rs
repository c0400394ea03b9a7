//! `netloft completion`: what a shell has to read to complete netloft's words.

use clap_complete::env::Shells;

use super::{Failure, complete::VARIABLE, output::give};

/// Prints what a shell has to read to complete verbs, flags, kinds, documents and proxies.
///
/// bash: `source <(netloft completion bash)` in ~/.bashrc; zsh the same in ~/.zshrc;
/// fish: `netloft completion fish | source` in ~/.config/fish/config.fish.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let shell = shells
        .completer(&args.shell)
        .ok_or_else(|| Failure::usage(format!("{:?} is no shell that is known", args.shell)))?;
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "netloft", "netloft", "netloft", &mut script)
        .map_err(Failure::other)?;
    give(&String::from_utf8_lossy(&script))
}
