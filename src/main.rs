//! `netloft`: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use netloft::{cli, run};

/// A service mesh in one program, for everything that speaks Envoy's xDS.
#[derive(Debug, Parser)]
#[command(
    name = "netloft",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
struct Args {
    /// What is logged to standard error, as `info` or `netloft::xds=debug`
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        default_value = "warn",
        env = "NETLOFT_LOG"
    )]
    log: tracing_subscriber::EnvFilter,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Runs the control plane
    Up(run::up::Args),
    #[command(flatten)]
    Client(cli::Verb),
}

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(args.log)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return cli::failed(&cli::Failure::other(error)),
    };
    runtime.block_on(async {
        match args.verb {
            Verb::Up(args) => run::up::run(args).await,
            Verb::Client(verb) => cli::run(verb).await,
        }
    })
}
