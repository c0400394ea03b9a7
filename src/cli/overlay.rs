//! `netloft overlay`: what to add to an Envoy's start line so that netloft sees what it does.
//!
//! The Envoy keeps its own configuration; nothing of its routing, its statistics or its other sinks
//! is touched, and it waits for nobody. An Envoy merges the overlay into its file:
//! `envoy -c theirs.yaml --config-yaml "$(netloft overlay --id edge-1 --cluster edge)"`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    time,
};

use netloft_proto::ProxyId;
use serde_json::{Value, json};

use super::{
    Failure,
    client::Server,
    output::{Written, give, note},
    reporting,
};
use crate::model::Duration;

/// Prints what makes an Envoy report to netloft, for its `--config-yaml`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name it reports under; each Envoy has its own
    #[arg(long, value_parser = ProxyId::new)]
    id: ProxyId,

    /// The group of Envoys it belongs to
    #[arg(long, default_value = "")]
    cluster: String,

    /// Leave the Envoy's own node as it is: for one that another control plane knows by it
    #[arg(long)]
    keep_node: bool,

    /// How often it reports, as 5s or 1m [default: as its file says, else 5s]
    #[arg(long, value_name = "TIME", value_parser = every)]
    every: Option<Duration>,

    /// Address of netloft's gRPC server [default: what the server says]
    #[arg(long, value_name = "ADDR")]
    grpc: Option<SocketAddr>,

    #[command(flatten)]
    written: Written,

    #[command(flatten)]
    server: Server,
}

/// Where netloft's gRPC server is unless it was told otherwise.
const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7701);

/// Between two reports: Envoy takes less than 5 minutes, and less than a second says nothing more.
const EVERY: RangeInclusive<time::Duration> =
    time::Duration::from_secs(1)..=time::Duration::from_secs(299);

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let grpc = match reporting::server(args.grpc, &args.server).await {
        // An Envoy starts whether netloft runs or not, so its start line must work without too.
        Err(failure) if failure.is_unreachable() => {
            note(&format!(
                "warning: netloft does not answer, so its gRPC server is taken to be at {USUAL}: name another by --grpc"
            ));
            USUAL
        }
        found => found?,
    };
    give(&args.written.text(&overlay(&args, grpc))?)
}

fn overlay(args: &Args, grpc: SocketAddr) -> Value {
    let mut overlay = json!({
        "static_resources": {"clusters": [reporting::cluster(grpc)]},
        "stats_sinks": [reporting::sink(&args.id, &args.cluster)],
    });
    if !args.keep_node {
        overlay["node"] = json!({"id": args.id.as_str(), "cluster": args.cluster});
    }
    if let Some(every) = &args.every {
        overlay["stats_flush_interval"] = json!(format!("{}s", every.get().as_secs_f64()));
    }
    overlay
}

fn every(text: &str) -> Result<Duration, String> {
    let every = Duration::parse(text).map_err(|error| error.to_string())?;
    if EVERY.contains(&every.get()) {
        Ok(every)
    } else {
        Err(format!("{text} is not within 1s and 299s"))
    }
}
