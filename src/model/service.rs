//! `Service`: a logical name others call.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KindFacts, form};

/// A logical name with ports, and where its endpoints come from: exactly one of `selector`,
/// `endpoints` and `dns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// 1 to 64 ports, names and numbers unique.
    #[schemars(length(min = 1, max = 64))]
    pub ports: Vec<ServicePort>,
    /// The workloads of the same namespace that have all these labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::labels")]
    pub selector: Option<BTreeMap<Arc<str>, Arc<str>>>,
    /// Addresses written down here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 10_000))]
    pub endpoints: Option<Vec<InlineEndpoint>>,
    /// Host names that each proxy resolves itself, again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::hostnames", length(min = 1, max = 64))]
    pub dns: Option<Vec<Arc<str>>>,
    /// Parts of the endpoints that routes can send a share to, by labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::versions")]
    pub versions: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<str>>>,
}

/// One port of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// DNS label; may be absent where there is one port only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::port_name")]
    pub name: Option<Arc<str>>,
    /// What callers name, 1 to 65535.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// What endpoints listen on, 1 to 65535; absent: the same as `port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub target_port: Option<u16>,
    /// What is spoken on it; absent: `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// What is spoken on a port.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// HTTP/2 with prior knowledge.
    Http2,
    /// gRPC, over HTTP/2 with prior knowledge.
    Grpc,
    /// Bytes.
    Tcp,
    /// TLS that is passed through.
    Tls,
}

/// An address written down in a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InlineEndpoint {
    /// IPv4 or IPv6 address.
    #[schemars(schema_with = "form::ip")]
    pub address: Arc<str>,
    /// Port by port name or number, where it differs from the target port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::port_map")]
    pub ports: BTreeMap<Arc<str>, u16>,
    /// For `versions`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::labels")]
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Share among the endpoints of its locality, 1 to 128; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 128))]
    pub weight: Option<u32>,
}

impl Protocol {
    /// Whether requests on it can be routed by HTTP rules.
    #[must_use]
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Http2 | Self::Grpc)
    }

    /// Whether connections to its endpoints speak HTTP/2 with prior knowledge.
    #[must_use]
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Grpc)
    }
}

impl Service {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "Service",
        group: "netloft.dev",
        version: "v1",
        plural: "services",
        short: &["svc"],
    };
}

impl Service {
    pub(super) fn check(&self, _checks: &mut super::Checks) {}

    pub(super) fn refs(&self, _namespace: &str) -> Vec<super::Reference> {
        Vec::new()
    }
}
