//! A simulated proxy: a delta ADS client that subscribes as Envoy does and ACKs everything.
//!
//! It decodes names only, so that hundreds of them cost less than the server they measure.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use envoy_types::pb::{
    envoy::{
        config::core::v3::Node,
        service::discovery::v3::{
            DeltaDiscoveryRequest, DeltaDiscoveryResponse,
            aggregated_discovery_service_client::AggregatedDiscoveryServiceClient,
        },
    },
    google::protobuf::{Struct, Value, value::Kind},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

/// What a simulated proxy has seen so far. Read while it runs.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Responses taken and ACKed.
    pub(crate) responses: AtomicU64,
    /// Resources in them.
    pub(crate) resources: AtomicU64,
    /// Bytes of those resources.
    pub(crate) bytes: AtomicU64,
    /// Endpoint assignments among them.
    pub(crate) assignments: AtomicU64,
}

/// A running simulated proxy; ends when dropped.
#[derive(Debug)]
pub(crate) struct SimulatedProxy {
    /// What it has seen.
    pub(crate) seen: Arc<Seen>,
    task: JoinHandle<()>,
}

/// Told of each response: proxy number, type URL, names of the resources in it, when it came.
pub(crate) type Heard = mpsc::UnboundedSender<(usize, String, Vec<String>, Instant)>;

const CLUSTER: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const ENDPOINTS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
const ROUTES: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

impl SimulatedProxy {
    /// Opens a stream of its own on `channel` as the proxy `sim-{number}` of `namespace`.
    ///
    /// # Errors
    /// What the server answered when it did not take the stream.
    pub(crate) async fn connect(
        channel: Channel,
        number: usize,
        namespace: &str,
        heard: Option<Heard>,
    ) -> Result<Self, tonic::Status> {
        let (send, requests) = mpsc::channel(64);
        let seen = Arc::new(Seen::default());
        let _ = send
            .send(first(CLUSTER, Some(node(number, namespace)), &[]))
            .await;
        let mut client =
            AggregatedDiscoveryServiceClient::new(channel).max_decoding_message_size(64 << 20);
        let mut responses = client
            .delta_aggregated_resources(ReceiverStream::new(requests))
            .await?
            .into_inner();
        let counted = seen.clone();
        let task = tokio::spawn(async move {
            let mut assignments = BTreeSet::new();
            let mut begun = false;
            while let Ok(Some(response)) = responses.message().await {
                let at = Instant::now();
                count(&counted, &response);
                let names: Vec<String> = response
                    .resources
                    .iter()
                    .map(|resource| resource.name.clone())
                    .collect();
                let ty = response.type_url.clone();
                let ack = DeltaDiscoveryRequest {
                    type_url: response.type_url,
                    response_nonce: response.nonce,
                    ..Default::default()
                };
                // Envoy asks for the endpoints of new clusters before it ACKs their clusters.
                if ty == CLUSTER {
                    let new: Vec<String> = names
                        .iter()
                        .filter(|name| assignments.insert((*name).clone()))
                        .cloned()
                        .collect();
                    if !new.is_empty() {
                        let _ = send.send(first(ENDPOINTS, None, &new)).await;
                    }
                }
                if send.send(ack).await.is_err() {
                    return;
                }
                if ty == CLUSTER && !begun {
                    begun = true;
                    let _ = send.send(first(LISTENER, None, &[])).await;
                }
                if ty == LISTENER && !names.is_empty() {
                    let _ = send
                        .send(first(ROUTES, None, &["outbound".to_owned()]))
                        .await;
                }
                if let Some(heard) = &heard {
                    let _ = heard.send((number, ty, names, at));
                }
            }
        });
        Ok(Self { seen, task })
    }
}

impl Drop for SimulatedProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn count(seen: &Seen, response: &DeltaDiscoveryResponse) {
    seen.responses.fetch_add(1, Ordering::Relaxed);
    let resources = response.resources.len() as u64;
    seen.resources.fetch_add(resources, Ordering::Relaxed);
    if response.type_url == ENDPOINTS {
        seen.assignments.fetch_add(resources, Ordering::Relaxed);
    }
    let bytes: usize = response
        .resources
        .iter()
        .map(|resource| resource.resource.as_ref().map_or(0, |any| any.value.len()))
        .sum();
    seen.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
}

fn first(type_url: &str, node: Option<Node>, names: &[String]) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        node,
        type_url: type_url.to_owned(),
        resource_names_subscribe: names.to_vec(),
        ..Default::default()
    }
}

fn node(number: usize, namespace: &str) -> Node {
    let text = |text: &str| Value {
        kind: Some(Kind::StringValue(text.to_owned())),
    };
    let ours = Struct {
        fields: [("namespace".to_owned(), text(namespace))].into(),
    };
    let ours = Value {
        kind: Some(Kind::StructValue(ours)),
    };
    Node {
        id: format!("sim-{number}"),
        cluster: "sim".to_owned(),
        metadata: Some(Struct {
            fields: [("netloft".to_owned(), ours)].into(),
        }),
        user_agent_name: "envoy".to_owned(),
        ..Default::default()
    }
}
