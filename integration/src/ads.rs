//! A proxy that does what a test says: a delta ADS client without any will of its own.
//!
//! A real Envoy answers when it likes; this one answers when it is told to, and says no to what a
//! test wants rejected. Clusters only, which is the type that every change of a Service touches.

use std::{collections::VecDeque, net::SocketAddr};

use envoy_types::pb::{
    envoy::{
        config::core::v3::Node,
        service::discovery::v3::{
            DeltaDiscoveryRequest, DeltaDiscoveryResponse,
            aggregated_discovery_service_client::AggregatedDiscoveryServiceClient,
        },
    },
    google::rpc,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Endpoint};

use crate::eventually::SOON;

/// The type that it asks for.
pub const CLUSTERS: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

/// A connected client. Dropped, its stream ends.
#[derive(Debug)]
pub struct Puppet {
    requests: mpsc::Sender<DeltaDiscoveryRequest>,
    responses: Streaming<DeltaDiscoveryResponse>,
    unanswered: VecDeque<DeltaDiscoveryResponse>,
}

impl Puppet {
    /// Connects to `server` as `name` and asks for `clusters`; `*` stands for all.
    ///
    /// # Panics
    /// When the server does not take the stream.
    pub async fn connect(server: SocketAddr, name: &str, clusters: &[&str]) -> Self {
        let (requests, outbox) = mpsc::channel(64);
        let first = DeltaDiscoveryRequest {
            node: Some(Node {
                id: name.to_owned(),
                user_agent_name: "envoy".to_owned(),
                ..Default::default()
            }),
            type_url: CLUSTERS.to_owned(),
            resource_names_subscribe: clusters.iter().map(|&name| name.to_owned()).collect(),
            ..Default::default()
        };
        requests.send(first).await.unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{server}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        let mut client = AggregatedDiscoveryServiceClient::new(channel);
        let responses = client
            .delta_aggregated_resources(ReceiverStream::new(outbox))
            .await
            .unwrap()
            .into_inner();
        Self {
            requests,
            responses,
            unanswered: VecDeque::new(),
        }
    }

    /// Waits for the next response; the names in it.
    ///
    /// # Panics
    /// When none comes within [`SOON`].
    pub async fn receives(&mut self) -> Vec<String> {
        let response = tokio::time::timeout(SOON, self.responses.message()).await;
        let response = response
            .expect("a response comes in time")
            .unwrap()
            .expect("the stream goes on");
        let names = response.resources.iter().map(|it| it.name.clone());
        let names = names.collect();
        self.unanswered.push_back(response);
        names
    }

    /// Takes the oldest response that it has not answered.
    pub async fn acks(&mut self) {
        self.answers(None).await;
    }

    /// Says no to the oldest response that it has not answered.
    pub async fn rejects(&mut self, words: &str) {
        self.answers(Some(rpc::Status {
            code: 3,
            message: words.to_owned(),
            ..Default::default()
        }))
        .await;
    }

    async fn answers(&mut self, error_detail: Option<rpc::Status>) {
        let response = self.unanswered.pop_front().expect("a response to answer");
        let answer = DeltaDiscoveryRequest {
            type_url: response.type_url,
            response_nonce: response.nonce,
            error_detail,
            ..Default::default()
        };
        self.requests.send(answer).await.unwrap();
    }
}
