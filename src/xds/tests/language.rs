//! A client of one stream, in the words of the rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    time::Duration,
};

use envoy_types::pb::{
    envoy::{
        config::core::v3::Node,
        service::discovery::v3::{
            DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
        },
    },
    google::rpc,
};
use futures_util::{Stream, StreamExt as _};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Status;

use super::harbour::{FLEET, Harbour};
use crate::{
    snapshot::TypeIx,
    xds::{
        Dialect, TypeStatus,
        response::Response,
        stream::{Parts, Responses},
        wire::Request,
    },
};

/// One response, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) ty: TypeIx,
    pub(super) nonce: String,
    pub(super) version: String,
    /// Content by name.
    pub(super) resources: BTreeMap<String, String>,
    /// Delta: version by name.
    pub(super) versions: BTreeMap<String, String>,
    pub(super) removed: Vec<String>,
    /// Delta: what was asked for by another name, by the resource's own; and what there is nothing
    /// of, by itself.
    pub(super) aliases: BTreeMap<String, Vec<String>>,
    /// SotW: names said to be missing.
    pub(super) missing: Vec<String>,
}

/// One stream, seen from the client's end.
pub(super) struct TestStream {
    pub(super) harbour: Harbour,
    pub(super) dialect: Dialect,
    requests: Option<mpsc::UnboundedSender<Result<Request, Status>>>,
    responses: Pin<Box<dyn Stream<Item = Result<Response, Status>>>>,
    /// Sent with the first request only.
    node: Option<Node>,
    sotw: BTreeMap<TypeIx, SotwState>,
}

#[derive(Default, Clone)]
struct SotwState {
    names: Vec<String>,
    nonce: String,
    accepted: String,
}

pub(super) fn node(agent: &str) -> Node {
    Node {
        id: "proxy-1".into(),
        user_agent_name: agent.into(),
        ..Node::default()
    }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl TestStream {
    pub(super) fn open(harbour: &Harbour, dialect: Dialect) -> Self {
        Self::open_as(harbour, dialect, Some(node("envoy")))
    }

    pub(super) fn open_as(harbour: &Harbour, dialect: Dialect, node: Option<Node>) -> Self {
        let parts = Parts {
            cache: harbour.cache.clone(),
            directory: harbour.log.clone(),
            events: harbour.log.clone(),
        };
        let (requests, receiver) = mpsc::unbounded_channel();
        let receiver = UnboundedReceiverStream::new(receiver);
        let responses = Responses::new(parts, dialect, receiver, None, None);
        Self {
            harbour: harbour.clone(),
            dialect,
            requests: Some(requests),
            responses: Box::pin(responses),
            node,
            sotw: BTreeMap::new(),
        }
    }

    pub(super) fn send_sotw(&mut self, mut request: DiscoveryRequest) {
        request.node = request.node.or_else(|| self.node.take());
        self.say(said(Dialect::Sotw, &request));
    }

    pub(super) fn send_delta(&mut self, mut request: DeltaDiscoveryRequest) {
        request.node = request.node.or_else(|| self.node.take());
        self.say(said(Dialect::Delta, &request));
    }

    fn say(&mut self, request: Request) {
        let sender = self.requests.as_ref().expect("it has not hung up");
        sender.send(Ok(request)).unwrap();
    }

    /// Asks for `names` of type `ty`: all that is wanted in SotW, more of it in delta.
    pub(super) fn asks(&mut self, ty: TypeIx, names: &[&str]) {
        match self.dialect {
            Dialect::Sotw => {
                let state = self.sotw.entry(ty).or_default();
                state.names = texts(names);
                let state = state.clone();
                self.send_sotw(DiscoveryRequest {
                    type_url: FLEET[ty.index()].url.into(),
                    resource_names: state.names,
                    response_nonce: state.nonce,
                    version_info: state.accepted,
                    ..Default::default()
                });
            }
            Dialect::Delta => self.edits(ty, names, &[]),
        }
    }

    /// Delta: asks for some names, and for others no longer.
    pub(super) fn edits(&mut self, ty: TypeIx, subscribe: &[&str], unsubscribe: &[&str]) {
        self.send_delta(DeltaDiscoveryRequest {
            type_url: FLEET[ty.index()].url.into(),
            resource_names_subscribe: texts(subscribe),
            resource_names_unsubscribe: texts(unsubscribe),
            ..Default::default()
        });
    }

    /// Comes back with what an earlier stream brought: in SotW the last version, in delta the
    /// versions by name.
    pub(super) fn resumes(&mut self, ty: TypeIx, names: &[&str], earlier: &[&Heard]) {
        match self.dialect {
            Dialect::Sotw => {
                let state = self.sotw.entry(ty).or_default();
                state.accepted = earlier.last().unwrap().version.clone();
                self.asks(ty, names);
            }
            Dialect::Delta => self.send_delta(DeltaDiscoveryRequest {
                type_url: FLEET[ty.index()].url.into(),
                resource_names_subscribe: texts(names),
                initial_resource_versions: earlier
                    .iter()
                    .flat_map(|heard| heard.versions.clone())
                    .collect(),
                ..Default::default()
            }),
        }
    }

    pub(super) fn ack(&mut self, heard: &Heard) {
        self.answers(heard, None);
    }

    pub(super) fn reject(&mut self, heard: &Heard, words: &str) {
        self.answers(heard, Some(words));
    }

    fn answers(&mut self, heard: &Heard, words: Option<&str>) {
        let error_detail = words.map(|words| rpc::Status {
            code: 3,
            message: words.into(),
            details: Vec::new(),
        });
        let type_url = FLEET[heard.ty.index()].url.into();
        match self.dialect {
            Dialect::Sotw => {
                let state = self.sotw.entry(heard.ty).or_default();
                state.nonce.clone_from(&heard.nonce);
                if words.is_none() {
                    state.accepted.clone_from(&heard.version);
                }
                let state = state.clone();
                self.send_sotw(DiscoveryRequest {
                    type_url,
                    resource_names: state.names,
                    response_nonce: state.nonce,
                    version_info: state.accepted,
                    error_detail,
                    ..Default::default()
                });
            }
            Dialect::Delta => self.send_delta(DeltaDiscoveryRequest {
                type_url,
                response_nonce: heard.nonce.clone(),
                error_detail,
                ..Default::default()
            }),
        }
    }

    /// The next response within a minute of the stopped clock.
    pub(super) async fn hears_something(&mut self) -> Heard {
        let heard = self.hears_within(Duration::from_secs(60)).await;
        heard.expect("something within a minute")
    }

    /// What comes within `time`.
    pub(super) async fn hears_within(&mut self, time: Duration) -> Option<Heard> {
        match tokio::time::timeout(time, self.responses.next()).await {
            Ok(Some(Ok(response))) => Some(read(&response)),
            Ok(Some(Err(status))) => panic!("the stream failed: {status}"),
            Ok(None) => panic!("the stream ended"),
            Err(_) => None,
        }
    }

    /// The next response, which must be of type `ty` and hold just `names`.
    pub(super) async fn hears(&mut self, ty: TypeIx, names: &[&str]) -> Heard {
        let heard = self.hears_something().await;
        let found: Vec<&str> = heard.resources.keys().map(String::as_str).collect();
        assert_eq!((heard.ty, found), (ty, names.to_vec()), "{heard:?}");
        heard
    }

    /// As [`hears`](Self::hears), then acknowledges.
    pub(super) async fn takes(&mut self, ty: TypeIx, names: &[&str]) -> Heard {
        let heard = self.hears(ty, names).await;
        self.ack(&heard);
        heard
    }

    pub(super) async fn hears_nothing_for(&mut self, time: Duration) {
        match tokio::time::timeout(time, self.responses.next()).await {
            Err(_) => {}
            Ok(Some(Ok(response))) => panic!("heard {:?}", read(&response)),
            Ok(other) => panic!("the stream ended: {:?}", other.map(|r| r.map(|_| ()))),
        }
    }

    /// How the stream ends.
    pub(super) async fn ends(&mut self) -> Result<(), Status> {
        match tokio::time::timeout(Duration::from_secs(60), self.responses.next()).await {
            Ok(None) => Ok(()),
            Ok(Some(Err(status))) => Err(status),
            other => panic!("expected an end, got {:?}", other.map(|r| r.map(|_| ()))),
        }
    }

    /// Says that nothing more will be asked.
    pub(super) fn hangs_up(&mut self) {
        self.requests = None;
    }

    pub(super) fn status(&self, ty: TypeIx) -> TypeStatus {
        let streams = self.harbour.cache.streams();
        let types = streams.into_iter().flat_map(|stream| stream.types);
        types.into_iter().find(|status| status.ty == ty).unwrap()
    }
}

/// `request` as it is read from the wire.
pub(in crate::xds) fn said(dialect: Dialect, request: &impl prost::Message) -> Request {
    Request::read(dialect, &request.encode_to_vec()).unwrap()
}

/// Decodes as a client would.
pub(super) fn read(response: &Response) -> Heard {
    let mut bytes = Vec::new();
    response.write(&mut bytes);
    assert_eq!(bytes.len(), response.encoded_len());
    match response.dialect {
        Dialect::Sotw => read_sotw(&DiscoveryResponse::decode(&*bytes).unwrap()),
        Dialect::Delta => read_delta(&DeltaDiscoveryResponse::decode(&*bytes).unwrap()),
    }
}

fn type_of(url: &str) -> TypeIx {
    let index = FLEET.iter().position(|info| info.url == url).unwrap();
    TypeIx(u8::try_from(index).unwrap())
}

fn content(value: &[u8]) -> (String, String) {
    let text = std::str::from_utf8(value).unwrap();
    let (name, content) = text.split_once('=').unwrap();
    (name.to_owned(), content.to_owned())
}

pub(super) fn read_sotw(response: &DiscoveryResponse) -> Heard {
    let mut resources = BTreeMap::new();
    for any in &response.resources {
        assert_eq!(any.type_url, response.type_url, "rule 64");
        let (name, content) = content(&any.value);
        assert!(resources.insert(name, content).is_none(), "rule 44");
    }
    for error in &response.resource_errors {
        let detail = error.error_detail.as_ref().unwrap();
        assert_eq!(detail.code, 5, "rule 71: NOT_FOUND");
        assert!(detail.message.contains("does not exist"));
    }
    let missing = response.resource_errors.iter();
    Heard {
        ty: type_of(&response.type_url),
        nonce: response.nonce.clone(),
        version: response.version_info.clone(),
        resources,
        versions: BTreeMap::new(),
        removed: Vec::new(),
        aliases: BTreeMap::new(),
        missing: missing
            .map(|error| error.resource_name.as_ref().unwrap().name.clone())
            .collect(),
    }
}

pub(super) fn read_delta(response: &DeltaDiscoveryResponse) -> Heard {
    let mut resources = BTreeMap::new();
    let mut versions = BTreeMap::new();
    let mut aliases = BTreeMap::new();
    for resource in &response.resources {
        if !resource.aliases.is_empty() {
            aliases.insert(resource.name.clone(), resource.aliases.clone());
        }
        let Some(any) = &resource.resource else {
            assert_eq!(
                resource.aliases,
                std::slice::from_ref(&resource.name),
                "rule 66"
            );
            continue;
        };
        assert_eq!(any.type_url, response.type_url, "rule 64");
        let (name, content) = content(&any.value);
        assert_eq!(name, resource.name);
        versions.insert(name.clone(), resource.version.clone());
        assert!(resources.insert(name, content).is_none(), "rule 44");
    }
    let removed: BTreeSet<_> = response.removed_resources.iter().cloned().collect();
    assert_eq!(removed.len(), response.removed_resources.len());
    assert!(
        removed.iter().all(|name| !resources.contains_key(name)),
        "rule 63"
    );
    Heard {
        ty: type_of(&response.type_url),
        nonce: response.nonce.clone(),
        version: response.system_version_info.clone(),
        resources,
        versions,
        removed: removed.into_iter().collect(),
        aliases,
        missing: Vec::new(),
    }
}
