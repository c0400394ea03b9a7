//! `Gateway`: where requests enter the mesh. The type is Gateway API's own.
//!
//! Absent on purpose, refused by name until it has an effect: TLS listeners, addresses.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Form, KindFacts, RefRole, Reference, Target, form};

/// Listeners that the proxies of one class open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-later" = ["addresses", "infrastructure", "allowedListeners", "tls", "defaultScope"]))]
#[schemars(extend("x-columns" = [
    { "name": "Class", "pointer": "/spec/gatewayClassName" },
    { "name": "Ports", "pointer": "/spec/listeners/*/port" },
]))]
pub struct Gateway {
    /// The `ProxyClass` (role gateway) whose proxies serve it.
    #[schemars(schema_with = "form::dns_label")]
    pub gateway_class_name: Arc<str>,
    /// 1 to 64, names unique, (port, hostname) unique.
    #[schemars(length(min = 1, max = 64))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub listeners: Vec<GatewayListener>,
}

/// One port and host name that requests enter by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-later" = ["tls"]))]
pub struct GatewayListener {
    /// DNS label.
    #[schemars(schema_with = "form::dns_label")]
    pub name: Arc<str>,
    /// Host name taken, `*.` as first label allowed; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::wildcard_hostname")]
    pub hostname: Option<Arc<str>>,
    /// 1 to 65535.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// What is spoken.
    pub protocol: ListenerProtocol,
    /// Whose routes may attach; absent: those of the Gateway's own namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_routes: Option<AllowedRoutes>,
}

/// What is spoken on a Gateway's listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-later" = ["HTTPS", "TLS", "TCP", "UDP"]))]
pub enum ListenerProtocol {
    /// HTTP/1.1 and HTTP/2, in the clear.
    #[serde(rename = "HTTP")]
    Http,
}

/// Whose routes may attach to a listener.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-later" = ["kinds"]))]
pub struct AllowedRoutes {
    /// From which namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<RouteNamespaces>,
}

/// Namespaces whose routes may attach.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-later" = ["selector"]))]
pub struct RouteNamespaces {
    /// `Same` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NamespacesFrom>,
}

/// Which namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-later" = ["Selector", "None"]))]
pub enum NamespacesFrom {
    /// Every one.
    All,
    /// The Gateway's own.
    Same,
}

impl Gateway {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "Gateway",
        group: "gateway.networking.k8s.io",
        version: "v1",
        plural: "gateways",
        short: &["gtw"],
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

impl Gateway {
    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        let listeners = || self.listeners.iter().enumerate();
        checks.unique(
            "listener",
            listeners().map(|(i, listener)| (&listener.name, format!("/listeners/{i}/name"))),
        );
        checks.unique(
            "port and host name",
            listeners().map(|(i, listener)| {
                let host = listener.hostname.as_deref().unwrap_or("*");
                (
                    format!("{host}:{}", listener.port),
                    format!("/listeners/{i}/port"),
                )
            }),
        );
    }

    /// The class whose proxies serve it.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        let class = Target::Class(self.gateway_class_name.clone());
        vec![Reference::new("/gatewayClassName", RefRole::Class, class)]
    }
}

impl GatewayListener {
    /// Whether routes of `route` may attach to it, on a Gateway of `own`, as far as namespaces go.
    #[must_use]
    pub fn admits(&self, own: &str, route: &str) -> bool {
        let allowed = self.allowed_routes.as_ref();
        let from = allowed.and_then(|allowed| allowed.namespaces.as_ref()?.from);
        from == Some(NamespacesFrom::All) || own == route
    }
}
