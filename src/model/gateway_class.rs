//! `GatewayClass`: who serves the Gateways that name it. The type is Gateway API's own.
//!
//! Ours need no document: a Gateway names a ProxyClass, and proxies serve it. A class of another
//! controller says the contrary: its Gateways are kept and left alone.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Fault, Form, KindFacts, Reference, form};

/// The controller of classes that Netloft serves.
pub const CONTROLLER: &str = "netloft.dev/gateway";

/// Who serves the Gateways that name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-columns" = [{ "name": "Controller", "pointer": "/spec/controllerName" }]))]
pub struct GatewayClass {
    /// `netloft.dev/gateway`, or another controller: `DOMAIN/PATH`.
    #[schemars(length(min = 1, max = 253))]
    pub controller_name: Arc<str>,
    /// For people. At most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub description: Option<Arc<str>>,
    /// What another controller is configured by. `netloft.dev/gateway` takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters_ref: Option<ParametersRef>,
}

/// A document that configures another controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParametersRef {
    /// Its API group.
    #[schemars(length(max = 253))]
    pub group: Arc<str>,
    /// Its kind.
    #[schemars(length(min = 1, max = 63))]
    pub kind: Arc<str>,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: Arc<str>,
    /// Its namespace, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::dns_label")]
    pub namespace: Option<Arc<str>>,
}

impl GatewayClass {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "GatewayClass",
        group: "gateway.networking.k8s.io",
        version: "v1",
        plural: "gatewayclasses",
        short: &["gc"],
        namespaced: false,
        names: Form::DnsSubdomain,
        body: Body::Spec,
    };
}

impl GatewayClass {
    /// Whether Netloft serves the Gateways of this class.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        &*self.controller_name == CONTROLLER
    }

    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        let named = self.controller_name.split_once('/');
        if !named.is_some_and(|(domain, path)| Form::Hostname.fits(domain) && is_path(path)) {
            checks
                .report(
                    Fault::Form,
                    "/controllerName",
                    format!("{:?} names no controller", self.controller_name),
                )
                .expected(format!("a domain and a path, as {CONTROLLER}"))
                .found(&*self.controller_name);
        }
        if self.is_ours() && self.parameters_ref.is_some() {
            checks
                .report(
                    Fault::Exclusive,
                    "/parametersRef",
                    format!("{CONTROLLER} takes no parameters"),
                )
                .suggest("configure its proxies by a ProxyClass with the name of this class");
        }
    }

    /// What it names belongs to another controller.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        Vec::new()
    }
}

/// Gateway API's rule for what stands behind the domain.
fn is_path(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}
