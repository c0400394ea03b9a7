//! The same over a real socket, with a real gRPC client.

use std::time::Duration;

use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
    aggregated_discovery_service_client::AggregatedDiscoveryServiceClient as Client,
};
use tokio::{net::TcpListener, sync::oneshot, time::timeout};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Request, Status, service::Routes, transport::Channel};

use super::{
    harbour::{BOAT, FLEET, Harbour},
    language::{node, read_delta, read_sotw},
};
use crate::xds::{Config, Discovery, serve};

struct Served {
    address: String,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<Result<(), tonic::transport::Error>>,
}

async fn served(harbour: &Harbour) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let discovery = Discovery::new(
        harbour.cache.clone(),
        harbour.log.clone(),
        harbour.log.clone(),
    );
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(async move {
        let shutdown = async move {
            let _ = stopped.await;
        };
        serve(
            &Config::default(),
            discovery,
            Routes::default(),
            listener,
            shutdown,
        )
        .await
    });
    Served {
        address,
        stop,
        served,
    }
}

impl Served {
    async fn client(&self) -> Client<Channel> {
        Client::connect(self.address.clone()).await.unwrap()
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        let ended = timeout(Duration::from_secs(10), self.served).await;
        ended.unwrap().unwrap().unwrap();
    }
}

fn harbour() -> Harbour {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(BOAT, "ketch", "1");
    });
    harbour
}

#[tokio::test]
async fn a_grpc_client_is_served_state_of_the_world_and_changes() {
    let harbour = harbour();
    let served = served(&harbour).await;
    let (requests, receiver) = tokio::sync::mpsc::channel(4);
    let mut request = DiscoveryRequest {
        node: Some(node("test")),
        type_url: FLEET[BOAT.index()].url.into(),
        ..Default::default()
    };
    requests.send(request.clone()).await.unwrap();
    let mut responses = served
        .client()
        .await
        .stream_aggregated_resources(ReceiverStream::new(receiver))
        .await
        .unwrap()
        .into_inner();
    let first = read_sotw(&responses.message().await.unwrap().unwrap());
    assert_eq!(first.resources["ketch"], "1");
    request.node = None;
    request.version_info = first.version;
    request.response_nonce = first.nonce;
    requests.send(request).await.unwrap();
    harbour.publish(|edit| {
        edit.put(BOAT, "ketch", "2").put(BOAT, "yawl", "1");
    });
    let second = read_sotw(&responses.message().await.unwrap().unwrap());
    assert_eq!(second.resources.len(), 2);

    // Shutdown ends the stream by itself, and with words.
    served.stop().await;
    let status = responses.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(harbour.cache.stream_count(), 0);
}

#[tokio::test]
async fn a_grpc_client_is_served_deltas_and_forgotten_when_it_goes() {
    let harbour = harbour();
    let served = served(&harbour).await;
    let (requests, receiver) = tokio::sync::mpsc::channel(4);
    let request = DeltaDiscoveryRequest {
        node: Some(node("test")),
        type_url: FLEET[BOAT.index()].url.into(),
        ..Default::default()
    };
    requests.send(request.clone()).await.unwrap();
    let mut responses = served
        .client()
        .await
        .delta_aggregated_resources(ReceiverStream::new(receiver))
        .await
        .unwrap()
        .into_inner();
    let first = read_delta(&responses.message().await.unwrap().unwrap());
    assert_eq!(first.resources["ketch"], "1");
    let ack = DeltaDiscoveryRequest {
        response_nonce: first.nonce,
        node: None,
        ..request
    };
    requests.send(ack).await.unwrap();
    harbour.publish(|edit| {
        edit.remove(BOAT, "ketch").put(BOAT, "yawl", "1");
    });
    let second = read_delta(&responses.message().await.unwrap().unwrap());
    assert_eq!(second.removed, ["ketch"]);
    assert_eq!(second.resources.len(), 1);

    // Rule 8: a half-closed stream is over, well.
    drop(requests);
    assert!(responses.message().await.unwrap().is_none());
    assert_eq!(harbour.cache.stream_count(), 0);
    assert_eq!(harbour.log.left(), 1);
    served.stop().await;
}

async fn grpc(served: &Served) -> tonic::client::Grpc<Channel> {
    let endpoint = Channel::from_shared(served.address.clone()).unwrap();
    let mut grpc = tonic::client::Grpc::new(endpoint.connect().await.unwrap());
    grpc.ready().await.unwrap();
    grpc
}

/// What the first answer to `request` at `path` is.
async fn answer<R, A>(served: &Served, path: &'static str, request: R) -> Result<A, Status>
where
    R: prost::Message + Default + 'static,
    A: prost::Message + Default + 'static,
{
    let codec = tonic_prost::ProstCodec::<R, A>::default();
    let path = http::uri::PathAndQuery::from_static(path);
    // It stays open: whoever ends it is not answered any more.
    let requests = tokio_stream::once(request).chain(tokio_stream::pending());
    let mut grpc = grpc(served).await;
    let answers = grpc.streaming(Request::new(requests), path, codec).await?;
    Ok(answers.into_inner().message().await?.unwrap())
}

#[tokio::test]
async fn rules_2_and_3_a_stream_of_one_type_takes_that_type_alone() {
    let harbour = harbour();
    let served = served(&harbour).await;
    let request = |type_url: &str| DiscoveryRequest {
        node: Some(node("test")),
        type_url: type_url.to_owned(),
        ..Default::default()
    };
    let path = "/harbour.Boats/StreamAll";
    for url in ["", FLEET[BOAT.index()].url] {
        let told: DiscoveryResponse = answer(&served, path, request(url)).await.unwrap();
        assert_eq!(read_sotw(&told).resources["ketch"], "1");
        assert_eq!(told.type_url, FLEET[BOAT.index()].url);
    }
    let other = answer::<_, DiscoveryResponse>(&served, path, request(FLEET[1].url)).await;
    let status = other.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains(FLEET[1].url), "{status}");

    let request = DeltaDiscoveryRequest {
        node: Some(node("test")),
        ..Default::default()
    };
    let told: DeltaDiscoveryResponse = answer(&served, "/harbour.Boats/DeltaAll", request)
        .await
        .unwrap();
    assert_eq!(read_delta(&told).resources["ketch"], "1");
    served.stop().await;
}

#[tokio::test]
async fn a_method_that_is_not_there_is_said_to_be_so() {
    let harbour = harbour();
    let served = served(&harbour).await;
    let cases = [
        (
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/Everything",
            "DeltaAggregatedResources",
        ),
        ("/harbour.Boats/Boats", "StreamAll"),
        // Rule 7: there is no polling, and that is said.
        ("/harbour.Boats/FetchAll", "DeltaAll"),
        ("/harbour.Signals/StreamAll", "it has DeltaAll"),
    ];
    for (path, instead) in cases {
        let codec = tonic_prost::ProstCodec::<DiscoveryRequest, DiscoveryRequest>::default();
        let request = Request::new(DiscoveryRequest::default());
        let path = http::uri::PathAndQuery::from_static(path);
        let unary = grpc(&served).await.unary(request, path, codec).await;
        let status = unary.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert!(status.message().contains(instead), "{status}");
    }
    served.stop().await;
}
