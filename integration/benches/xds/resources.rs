//! Everything that an xDS server gives one proxy, as bytes for the peers.

use std::net::SocketAddr;

use envoy_types::pb::{
    envoy::{
        config::{cluster::v3::Cluster, core::v3::Node},
        service::discovery::v3::{
            DiscoveryRequest, DiscoveryResponse,
            aggregated_discovery_service_client::AggregatedDiscoveryServiceClient,
        },
    },
    google::protobuf::{Any, Struct, Value, value::Kind},
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Endpoint};

const CLUSTER: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const ENDPOINTS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
const ROUTES: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

/// One response that holds them all, encoded.
pub(crate) async fn of(server: SocketAddr) -> Vec<u8> {
    let (requests, outbox) = mpsc::channel(16);
    let channel = Endpoint::from_shared(format!("http://{server}"))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client =
        AggregatedDiscoveryServiceClient::new(channel).max_decoding_message_size(256 << 20);
    requests.send(request(CLUSTER, Vec::new())).await.unwrap();
    let responses = client
        .stream_aggregated_resources(ReceiverStream::new(outbox))
        .await;
    let mut asked = Asked {
        requests,
        responses: responses.unwrap().into_inner(),
    };
    let clusters = asked.hears(CLUSTER).await;
    let name = |cluster: &Any| Cluster::decode(&*cluster.value).unwrap().name;
    let names: Vec<String> = clusters.iter().map(name).collect();
    let expected = names.len();
    asked
        .requests
        .send(request(ENDPOINTS, names))
        .await
        .unwrap();
    let mut resources = clusters;
    let mut endpoints = Vec::new();
    while endpoints.len() < expected {
        endpoints.extend(asked.hears(ENDPOINTS).await);
    }
    resources.extend(endpoints);
    asked
        .requests
        .send(request(LISTENER, Vec::new()))
        .await
        .unwrap();
    resources.extend(asked.hears(LISTENER).await);
    asked
        .requests
        .send(request(ROUTES, vec!["outbound".to_owned()]))
        .await
        .unwrap();
    resources.extend(asked.hears(ROUTES).await);
    DiscoveryResponse {
        resources,
        ..Default::default()
    }
    .encode_to_vec()
}

struct Asked {
    requests: mpsc::Sender<DiscoveryRequest>,
    responses: Streaming<DiscoveryResponse>,
}

impl Asked {
    /// The next resources of type `url`.
    async fn hears(&mut self, url: &str) -> Vec<Any> {
        loop {
            let response = self
                .responses
                .message()
                .await
                .unwrap()
                .expect("the stream goes on");
            if response.type_url == url {
                return response.resources;
            }
        }
    }
}

fn request(url: &str, names: Vec<String>) -> DiscoveryRequest {
    let text = |text: &str| Value {
        kind: Some(Kind::StringValue(text.to_owned())),
    };
    let fields = [("namespace", "default"), ("class", "sidecar")];
    let own = Struct {
        fields: fields
            .map(|(key, value)| (key.to_owned(), text(value)))
            .into(),
    };
    let own = Value {
        kind: Some(Kind::StructValue(own)),
    };
    DiscoveryRequest {
        node: Some(Node {
            id: "copied".to_owned(),
            user_agent_name: "envoy".to_owned(),
            metadata: Some(Struct {
                fields: [("netloft".to_owned(), own)].into(),
            }),
            ..Default::default()
        }),
        type_url: url.to_owned(),
        resource_names: names,
        ..Default::default()
    }
}
