//! `netloft bootstrap`: what an Envoy needs to find its control plane.
//!
//! Everything that a running Envoy could not be given later is in it from the first day: a local
//! cluster (zone-aware routing and retry budgets refer to it by name), runtime layers, and room in
//! `initial_metadata` for a token. It reports what its traffic does, as `netloft stat` shows it. There is no RTDS layer: nobody serves one yet, and Envoy would
//! wait for it at every start.

use std::{net::SocketAddr, path::PathBuf};

use netloft_proto::{ProxyId, report};
use serde_json::{Value, json};

use super::{
    Failure,
    client::{InNamespace, Server},
    import,
    output::{Written, give},
    reporting,
};
use crate::import::onto;

/// Prints an Envoy bootstrap.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The proxy's name
    #[arg(value_parser = ProxyId::new)]
    name: ProxyId,

    /// Its class: a `ProxyClass`, or the built-in sidecar or gateway
    #[arg(long, default_value = "sidecar")]
    class: String,

    #[command(flatten)]
    namespace: InNamespace,

    /// How it speaks xDS
    #[arg(long, value_enum, default_value_t = Dialect::Delta)]
    dialect: Dialect,

    /// One stream for all types (ADS), or one for each: then its class says `separateStreams` too
    #[arg(long, value_enum, default_value_t = Streams::Aggregated)]
    streams: Streams,

    /// Port of Envoy's admin page on 127.0.0.1; 0: any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    admin: u16,

    /// A bootstrap that is kept: its admin page, statistics, tracing, runtime and static resources.
    /// What netloft needs is added to it
    #[arg(long, value_name = "FILE")]
    onto: Option<PathBuf>,

    /// Address of the xDS server [default: what the server says]
    #[arg(long, value_name = "ADDR")]
    xds: Option<SocketAddr>,

    #[command(flatten)]
    written: Written,

    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Dialect {
    Delta,
    Sotw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Streams {
    Aggregated,
    Separate,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let namespace = args.namespace.of(&args.server)?;
    let kept = args.onto.as_deref().map(import::configuration);
    let kept = kept.transpose()?;
    let xds = reporting::server(args.xds, &args.server).await?;
    let mut made = bootstrap(&args, &namespace, xds);
    if let Some(kept) = kept {
        made = onto(made, kept).map_err(Failure::unfit)?;
    }
    give(&args.written.text(&made)?)
}

fn bootstrap(args: &Args, namespace: &str, xds: SocketAddr) -> Value {
    let api_type = match args.dialect {
        Dialect::Delta => "DELTA_GRPC",
        Dialect::Sotw => "GRPC",
    };
    let api = json!({
        "api_type": api_type,
        "transport_api_version": "V3",
        "set_node_on_first_message_only": true,
        "grpc_services": [{
            "envoy_grpc": reporting::grpc(),
            "initial_metadata": [{"key": report::PROXY, "value": args.name.as_str()}],
        }],
    });
    let dynamic = match args.streams {
        Streams::Aggregated => {
            let ads = json!({"ads": {}, "resource_api_version": "V3"});
            json!({"ads_config": api, "cds_config": ads, "lds_config": ads})
        }
        Streams::Separate => {
            let own = json!({"api_config_source": api, "resource_api_version": "V3"});
            json!({"cds_config": own, "lds_config": own})
        }
    };
    json!({
        "node": {
            "id": args.name.as_str(),
            "cluster": args.class,
            "metadata": {"netloft": {"class": args.class, "namespace": namespace}},
        },
        "admin": {"address": reporting::socket("127.0.0.1", args.admin)},
        "dynamic_resources": dynamic,
        "cluster_manager": {"local_cluster_name": "local"},
        "static_resources": {
            "clusters": [
                reporting::cluster(xds),
                {
                    "name": "local",
                    "type": "STATIC",
                    "load_assignment": {"cluster_name": "local"},
                },
            ],
        },
        "stats_sinks": [reporting::sink(&args.name, &args.class)],
        "layered_runtime": {
            "layers": [
                {"name": "static", "static_layer": {}},
                {"name": "admin", "admin_layer": {}},
            ],
        },
    })
}
