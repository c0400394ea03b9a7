//! Who is at the other end of a stream, and what it is given. Answered by `reconcile`.

use std::{fmt, net::SocketAddr};

use envoy_types::pb::{
    envoy::config::core::v3::{self as core, node::UserAgentVersionType},
    google::protobuf,
};
use netloft_proto::{ProxyId, proxy_id::InvalidProxyId};
use serde::Serialize;
use serde_json::Value;
use tonic::Status;

use super::Dialect;
use crate::snapshot::ScopeId;

/// One stream of this process. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StreamId(pub u64);

/// The scope of streams whose own is not decided yet. Nothing is ever published for it: a stream
/// in it waits, and is answered once it was moved to another.
pub const LOBBY: ScopeId = ScopeId(u64::MAX);

/// Says which scope a stream is given.
pub trait Directory: Send + Sync {
    /// The scope of `peer`. Called before the first response of a stream, and again when the client
    /// says something else about itself later (rule 12). The scope must be in the cache already, or
    /// be [`LOBBY`]: then the stream waits until it is moved.
    ///
    /// Called on the stream's task: must not block.
    ///
    /// # Errors
    /// [`Refusal`], with which the stream ends.
    fn admit(&self, peer: &Peer) -> Result<ScopeId, Refusal>;

    /// The stream of `peer` is in the cache under the scope that [`Directory::admit`] said; from now
    /// on it can be moved. Must not block.
    fn seated(&self, _peer: &Peer) {}

    /// An admitted stream has ended.
    fn leave(&self, stream: StreamId);
}

/// Who is at the other end of a stream, by its own account.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// The stream.
    pub stream: StreamId,
    /// `node.id`.
    pub proxy: ProxyId,
    /// `node.cluster`; often empty.
    pub cluster: String,
    /// `node.metadata`, keys sorted.
    pub metadata: Value,
    /// Program and version.
    pub user_agent: UserAgent,
    /// Where it runs.
    pub locality: Locality,
    /// `node.client_features`.
    pub client_features: Vec<String>,
    /// The other end of the connection.
    pub address: Option<SocketAddr>,
    /// How it speaks.
    pub dialect: Dialect,
}

/// What program a client is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct UserAgent {
    /// As `envoy`.
    pub name: String,
    /// As `1.40.0`; empty when it does not say.
    pub version: String,
}

/// Where a client runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Locality {
    /// Empty when it does not say; so are the others.
    pub region: String,
    /// Within the region.
    pub zone: String,
    /// Within the zone.
    pub sub_zone: String,
}

/// Why a stream is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The first request says nothing about who is asking. INVALID_ARGUMENT.
    #[error("the first request has no node: set node.id in the proxy's bootstrap")]
    NoNode,
    /// `node.id` is no name. INVALID_ARGUMENT.
    #[error("node.id: {0}")]
    InvalidId(#[from] InvalidProxyId),
    /// What the node says cannot be served; the text says how to mend it. INVALID_ARGUMENT.
    #[error("{0}")]
    InvalidNode(String),
    /// It may not have what it asks for. PERMISSION_DENIED.
    #[error("{0}")]
    Denied(String),
    /// The first configuration is not loaded, or what it is to be given not published. Clients try
    /// again by themselves. UNAVAILABLE (rule 73).
    #[error("{0}")]
    NotReady(String),
    /// There are too many scopes or streams. RESOURCE_EXHAUSTED.
    #[error("{0}")]
    Full(String),
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::NoNode | Refusal::InvalidId(_) | Refusal::InvalidNode(_) => {
                Self::invalid_argument(text)
            }
            Refusal::Denied(_) => Self::permission_denied(text),
            Refusal::NotReady(_) => Self::unavailable(text),
            Refusal::Full(_) => Self::resource_exhausted(text),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Peer {
    /// Reads a node message.
    pub(super) fn read(
        node: Option<&core::Node>,
        stream: StreamId,
        address: Option<SocketAddr>,
        dialect: Dialect,
    ) -> Result<Self, Refusal> {
        let node = node.ok_or(Refusal::NoNode)?;
        let locality = node.locality.clone().unwrap_or_default();
        Ok(Self {
            stream,
            proxy: ProxyId::new(&node.id)?,
            cluster: node.cluster.clone(),
            metadata: node
                .metadata
                .as_ref()
                .map_or_else(|| Value::Object(serde_json::Map::new()), object),
            user_agent: UserAgent {
                name: node.user_agent_name.clone(),
                version: version(node),
            },
            locality: Locality {
                region: locality.region,
                zone: locality.zone,
                sub_zone: locality.sub_zone,
            },
            client_features: node.client_features.clone(),
            address,
            dialect,
        })
    }

    /// gRPC clients never mean everything by an empty list (rule 54).
    pub(super) fn means_everything_by_nothing(&self) -> bool {
        !self
            .user_agent
            .name
            .to_ascii_lowercase()
            .starts_with("grpc")
    }

    /// Envoy goes on warming until it is told something about what it asked for (M6).
    pub(super) fn needs_placeholders(&self) -> bool {
        self.user_agent.name == "envoy"
    }
}

fn version(node: &core::Node) -> String {
    match &node.user_agent_version_type {
        Some(UserAgentVersionType::UserAgentVersion(text)) => text.clone(),
        Some(UserAgentVersionType::UserAgentBuildVersion(build)) => {
            build.version.as_ref().map_or_else(String::new, |version| {
                format!(
                    "{}.{}.{}",
                    version.major_number, version.minor_number, version.patch
                )
            })
        }
        None => String::new(),
    }
}

/// prost reads a map in any order; sorted, equal metadata is equal.
fn object(message: &protobuf::Struct) -> Value {
    let mut fields: Vec<_> = message.fields.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    let fields = fields.into_iter().map(|(name, v)| (name.clone(), value(v)));
    Value::Object(fields.collect())
}

fn value(message: &protobuf::Value) -> Value {
    use protobuf::value::Kind;
    match &message.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::NumberValue(number)) => Value::from(*number),
        Some(Kind::StringValue(text)) => Value::from(text.as_str()),
        Some(Kind::BoolValue(yes)) => Value::from(*yes),
        Some(Kind::StructValue(fields)) => object(fields),
        Some(Kind::ListValue(list)) => list.values.iter().map(value).collect(),
    }
}
