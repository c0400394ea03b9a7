//! `netloft up`: the control plane.

use std::{io::Write, net::SocketAddr, path::PathBuf};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::history::{History, retention};
use crate::{
    api,
    app::{self, App},
    catalog, cli,
    config::{Backend, Config, StoreConfig},
    xds,
};

/// The file, in the data directory, with the key that seals secrets.
const SECRETS_KEY: &str = "secrets.key";

/// Runs the control plane until it is told to stop (SIGINT, SIGTERM).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data_dir: cli::data_dir::DataDir,

    /// Address of the REST API; port 0 takes any free one
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:7700",
        env = "NETLOFT_HTTP"
    )]
    http: SocketAddr,

    /// Address of the xDS server; port 0 takes any free one
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:7701",
        env = "NETLOFT_GRPC"
    )]
    grpc: SocketAddr,

    /// Connections to the REST API at once, of which one address may have three quarters
    #[arg(long, value_name = "COUNT", default_value_t = api::Config::default().connections)]
    http_connections: usize,

    /// Apply this file or directory before serving; may be given again
    #[arg(long, value_name = "FILE")]
    apply: Vec<PathBuf>,

    /// Keep at most this many revisions (10000) or this much time (30d, 12h); may be given again
    #[arg(long, value_name = "BOUND")]
    history: Vec<History>,

    /// Where documents live: on disk, or gone with the process
    #[arg(long, value_enum, default_value_t = StoreKind::Sled)]
    store: StoreKind,

    /// Switches a promise of the xDS server off, to prove that a test would notice
    #[arg(long, hide = true, value_enum)]
    without: Vec<Promise>,
}

/// A mechanism that keeps traffic whole while configuration moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Promise {
    Order,
    DeferredRemoval,
    EndpointsBehindClusters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum StoreKind {
    Sled,
    Memory,
}

/// Runs until stopped.
///
/// # Errors
/// [`cli::Failure`] says why it does not start, or ended by itself.
pub async fn run(args: Args) -> Result<(), cli::Failure> {
    let files = cli::files::read(&args.apply)?;
    let config = args.into_config()?;
    config.check().map_err(cli::Failure::usage)?;

    raise_files();
    // Asked for before anything starts, so that no signal finds nobody listening.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cli::Failure::other)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cli::Failure::other)?;

    let mut app = App::start(config, files).await.map_err(failure)?;
    say(&format!(
        "netloft ready http={} grpc={}",
        app.http(),
        app.grpc()
    ));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        reason = app.failed() => return Err(failure(reason)),
    }
    app.stop().await.map_err(failure)
}

/// Takes as many files as the system allows: each connection is one, and the usual bound is for
/// programs that serve nobody. Where it does not work, the usual bound stays.
fn raise_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the number of open files stays at {:?}", limit.current);
    }
}

fn failure(error: app::Error) -> cli::Failure {
    match error {
        app::Error::Invalid { diagnostics, files } => cli::Failure::invalid(diagnostics, files),
        other => cli::Failure::other(other),
    }
}

impl Args {
    fn into_config(self) -> Result<Config, cli::Failure> {
        let backend = match self.store {
            StoreKind::Memory => Backend::Memory,
            StoreKind::Sled => Backend::Sled(self.data_dir.path()?),
        };
        let mut xds = xds::Config::default();
        for promise in &self.without {
            let manners = &mut xds.manners;
            *match promise {
                Promise::Order => &mut manners.order,
                Promise::DeferredRemoval => &mut manners.deferred_removal,
                Promise::EndpointsBehindClusters => &mut manners.endpoints_behind_clusters,
            } = false;
        }
        // Beside what it seals: whoever keeps a copy of the one without the other has no secrets.
        let key_file = match &backend {
            Backend::Memory => None,
            Backend::Sled(dir) => Some(dir.join(SECRETS_KEY)),
        };
        Ok(Config {
            catalog: catalog::Config { key_file },
            store: StoreConfig {
                backend,
                retention: retention(&self.history),
            },
            http: self.http,
            api: api::Config::with_connections(self.http_connections)
                .map_err(cli::Failure::usage)?,
            grpc: self.grpc,
            xds,
        })
    }
}

/// The one line others wait for. A closed standard output does not stop the server.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
