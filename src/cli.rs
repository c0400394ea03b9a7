//! Client verbs of the command line, one a file: a client of the REST API, and what needs no server.

mod apply;
mod bootstrap;
mod client;
mod delete;
mod failure;
pub mod files;
mod get;
mod output;
mod pc;
mod ps;
mod validate;

pub use failure::{Failure, failed};

use std::process::ExitCode;

/// A verb and its arguments.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Applies documents in one transaction
    Apply(apply::Args),
    /// Shows documents
    Get(get::Args),
    /// Deletes documents
    Delete(delete::Args),
    /// Checks files without a server
    Validate(validate::Args),
    /// Shows what every proxy was sent, accepted and rejected
    Ps(ps::Args),
    /// Shows the resources that one proxy is given
    #[command(visible_alias = "proxy-config")]
    Pc(pc::Args),
    /// Prints what an Envoy needs to find its control plane
    Bootstrap(bootstrap::Args),
}

/// Runs `verb` and tells how it ended.
pub async fn run(verb: Verb) -> ExitCode {
    let done = match verb {
        Verb::Apply(args) => apply::run(args).await,
        Verb::Get(args) => get::run(args).await,
        Verb::Delete(args) => delete::run(args).await,
        Verb::Validate(args) => validate::run(&args),
        Verb::Ps(args) => ps::run(args).await,
        Verb::Pc(args) => pc::run(args).await,
        Verb::Bootstrap(args) => bootstrap::run(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}
