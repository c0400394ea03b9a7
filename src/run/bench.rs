//! `netloft bench`: what a server costs, seen from its clients. One thing to measure a file.

mod xds;

/// Measures a server.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Any xDS server, by simulated proxies
    Xds(Box<xds::Args>),
}

/// Measures, and shows what came of it.
///
/// # Errors
/// [`crate::cli::Failure`] when nothing could be measured, or not all that was asked for.
pub async fn run(args: Args) -> Result<(), crate::cli::Failure> {
    match args.what {
        What::Xds(args) => xds::run(*args).await,
    }
}
