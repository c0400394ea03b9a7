//! `netloft grpc-bootstrap`: what a gRPC client or server without a proxy needs to find its control
//! plane.
//!
//! gRPC libraries read it from the file that `GRPC_XDS_BOOTSTRAP` names, or from
//! `GRPC_XDS_BOOTSTRAP_CONFIG` itself. A client then dials `xds:///SERVICE.NAMESPACE`; a server asks
//! for the listener that the template names, with the address it binds. Form: gRFC A27, A36.
//!
//! Absent on purpose: certificate providers. They come with identity.

use std::net::SocketAddr;

use netloft_proto::{ProxyId, grpc_server};
use serde_json::{Value, json};

use super::{
    Failure,
    client::{InNamespace, Server},
    output::give,
    reporting,
};

/// Prints what a gRPC client or server without a proxy needs to find its control plane.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it is called in `netloft ps`
    #[arg(long, value_parser = ProxyId::new)]
    id: ProxyId,

    /// Its class: a `ProxyClass` with role client, or the built-in client
    #[arg(long, default_value = "client")]
    class: String,

    #[command(flatten)]
    namespace: InNamespace,

    /// Write the server's address as a URL: tonic-xds takes no other, other libraries no URL
    #[arg(long)]
    tonic: bool,

    /// Address of the xDS server [default: what the server says]
    #[arg(long, value_name = "ADDR")]
    xds: Option<SocketAddr>,

    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let namespace = args.namespace.of(&args.server)?;
    let xds = reporting::server(args.xds, &args.server).await?;
    // JSON alone: gRPC libraries read nothing else.
    let text = serde_json::to_string_pretty(&bootstrap(&args, &namespace, xds));
    give(&format!("{}\n", text.map_err(Failure::other)?))
}

fn bootstrap(args: &Args, namespace: &str, xds: SocketAddr) -> Value {
    let uri = if args.tonic {
        format!("http://{xds}")
    } else {
        xds.to_string()
    };
    json!({
        "xds_servers": [{
            "server_uri": uri,
            "channel_creds": [{"type": "insecure"}],
            "server_features": ["xds_v3"],
        }],
        "node": {
            "id": args.id.as_str(),
            "cluster": args.class,
            // gRPC for Node.js ends every channel where it is missing.
            "locality": {},
            "metadata": {"netloft": {"class": args.class, "namespace": namespace}},
        },
        "server_listener_resource_name_template": grpc_server::TEMPLATE,
    })
}
