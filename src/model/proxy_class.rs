//! `ProxyClass`: which proxies there are, what they are for, where they listen, what they see.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KindFacts, form};

/// A group of proxies that are configured alike. The classes `sidecar`, `gateway` and `client`
/// exist without a document, each with the role of its name; a document replaces them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxyClass {
    /// Which proxies belong to it besides those that name it in their bootstrap
    /// (`node.metadata.netloft.class`).
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub proxies: Option<ProxyMatch>,
    /// What they are for.
    pub role: Role,
    /// Where they listen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<Listen>,
    /// What they see; absent: every service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Visibility>,
}

/// Which proxies: all of what is named here must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxyMatch {
    /// `node.id`, with `*` for any run of characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub node_id: Option<Arc<str>>,
    /// `node.cluster`, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub cluster: Option<Arc<str>>,
    /// Top-level text values of `node.metadata`, exact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<Arc<str>, Arc<str>>,
}

/// What a class of proxies is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Beside an application, carries its outgoing requests: one listener for all services.
    Sidecar,
    /// Carries requests into the mesh: the listeners of the Gateways of this class.
    Gateway,
    /// A gRPC client without a proxy: an API listener for each service.
    Client,
}

/// Where proxies listen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listen {
    /// IPv4 or IPv6 address; absent: 127.0.0.1 for sidecars, 0.0.0.0 for gateways.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::ip")]
    pub address: Option<Arc<str>>,
    /// Of the sidecar's outbound listener; absent: 15001. Gateways have their listeners' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
}

/// Which services proxies see: those that are in one of the namespaces or named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Visibility {
    /// Namespaces; `.` is the proxy's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::namespaces", length(max = 1_000))]
    pub namespaces: Vec<Arc<str>>,
    /// `NAME` (of the class's namespace) or `NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::service_names", length(max = 1_000))]
    pub services: Vec<Arc<str>>,
}

impl ProxyClass {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "ProxyClass",
        group: "netloft.dev",
        version: "v1",
        plural: "proxyclasses",
        short: &["pclass"],
    };
}

impl ProxyClass {
    pub(super) fn check(&self, _checks: &mut super::Checks) {}

    pub(super) fn refs(&self, _namespace: &str) -> Vec<super::Reference> {
        Vec::new()
    }
}
