//! `netloft`: arguments in, exit code out.

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
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

    #[command(flatten)]
    terminal: cli::Terminal,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Runs the control plane
    Up(run::up::Args),
    /// Measures a server
    Bench(run::bench::Args),
    #[command(flatten)]
    Client(cli::Verb),
    /// Prints the manual, or writes its pages
    Man(cli::man::Args),
}

fn main() -> ExitCode {
    if let Some(code) = cli::complete(Args::command) {
        return code;
    }
    let matches = match Args::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return cli::not_understood(&error),
    };
    let json = wants_json(&matches);
    let args = match Args::from_arg_matches(&matches) {
        Ok(args) => args,
        Err(error) => return cli::not_understood(&error),
    };
    args.terminal.use_it();
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
        Err(error) => return cli::failed(&cli::Failure::other(error), json),
    };
    let done = runtime.block_on(async {
        match args.verb {
            Verb::Up(args) => run::up::run(args).await,
            Verb::Bench(args) => run::bench::run(args).await,
            Verb::Client(verb) => cli::run(verb).await,
            Verb::Man(args) => cli::man::run(args, Args::command()).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => cli::failed(&failure, json),
    }
}

/// Whether the innermost verb was asked for JSON: errors are told in it too then.
fn wants_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, matches)) => wants_json(matches),
        None => matches
            .try_get_raw("output")
            .ok()
            .flatten()
            .is_some_and(|mut values| values.any(|value| value == "json")),
    }
}
