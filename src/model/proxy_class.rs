//! `ProxyClass`: which proxies there are, what they are for, where they listen, what they see.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Body, Checks, DocumentKey, Fault, Form, Kind, KindFacts, RefRole, Reference, Target, form,
};

/// A group of proxies that are configured alike. The classes `sidecar`, `gateway` and `client`
/// exist without a document, each with the role of its name; a document replaces them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-columns" = [{ "name": "Role", "pointer": "/spec/role" }]))]
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
    /// For Envoys whose bootstrap asks for listeners and clusters on streams of their own instead of
    /// one aggregated stream (ADS): the streams for endpoints and routes. Separate streams keep no
    /// order among types: while a route moves to a new service, requests may fail. Absent: ADS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separate_streams: Option<SeparateStreams>,
}

/// How Envoys ask for endpoints and routes where they do not use ADS. They connect through the
/// cluster `netloft` of their bootstrap.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeparateStreams {
    /// The protocol spoken on them; absent: delta.
    #[serde(default)]
    pub dialect: StreamDialect,
}

/// The two protocols of xDS.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StreamDialect {
    /// Incremental: what changed.
    #[default]
    Delta,
    /// State of the world: all of a type.
    Sotw,
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
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub namespaces: Vec<Arc<str>>,
    /// `NAME` (of the class's namespace) or `NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::service_names", length(max = 1_000))]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
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
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

impl Role {
    /// The role of the class of that name that exists without a document.
    #[must_use]
    pub fn built_in(class: &str) -> Option<Self> {
        match class {
            "sidecar" => Some(Self::Sidecar),
            "gateway" => Some(Self::Gateway),
            "client" => Some(Self::Client),
            _ => None,
        }
    }
}

impl ProxyClass {
    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        if let Some(ProxyMatch {
            node_id: None,
            cluster: None,
            metadata,
        }) = &self.proxies
            && metadata.is_empty()
        {
            checks
                .report(Fault::Requires, "/match", "the match names nothing to match")
                .expected("one of nodeId, cluster, metadata")
                .suggest("nodeId: \"*\" matches every proxy; without match the class is for those that name it");
        }
        self.check_listen(checks);
        if self.role == Role::Client && self.separate_streams.is_some() {
            checks
                .report(
                    Fault::Exclusive,
                    "/separateStreams",
                    "gRPC clients always use one aggregated stream",
                )
                .found("role: client and separateStreams");
        }
        let scope = self.scope.iter();
        let namespaces = scope
            .clone()
            .flat_map(|scope| scope.namespaces.iter().enumerate());
        checks.unique(
            "namespace",
            namespaces.map(|(i, name)| (name, format!("/scope/namespaces/{i}"))),
        );
        let services = scope.flat_map(|scope| scope.services.iter().enumerate());
        checks.unique(
            "service",
            services.map(|(i, name)| (name, format!("/scope/services/{i}"))),
        );
    }

    fn check_listen(&self, checks: &mut Checks) {
        let Some(listen) = &self.listen else {
            return;
        };
        match self.role {
            Role::Client => {
                checks
                    .report(Fault::Exclusive, "/listen", "clients do not listen")
                    .found("role: client and listen");
            }
            Role::Gateway if listen.port.is_some() => {
                checks
                    .report(
                        Fault::Exclusive,
                        "/listen/port",
                        "gateways listen on the ports of their Gateways",
                    )
                    .found("role: gateway and listen.port")
                    .suggest("remove it here and write the port into the Gateway's listeners");
            }
            Role::Gateway | Role::Sidecar => {}
        }
    }

    /// The services it names one by one.
    pub(super) fn refs(&self, namespace: &str) -> Vec<Reference> {
        let services = self.scope.iter().flat_map(|scope| &scope.services);
        let services = services.enumerate().map(|(i, service)| {
            let (namespace, name) = service.split_once('/').unwrap_or((namespace, service));
            let target = Target::Document(DocumentKey {
                kind: Kind::Service,
                namespace: namespace.into(),
                name: name.into(),
            });
            Reference::new(format!("/scope/services/{i}"), RefRole::Visible, target)
        });
        services.collect()
    }
}
