//! `EnvoyResource`: one xDS resource written down as it is, for the proxies of one class.
//!
//! What `resource` holds is judged by Envoy's own descriptors: its fields, values and bounds where
//! it is read (`check`), so that this file knows the frame alone.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Body, Checks, Fault, Form, KindFacts, RefRole, Reference, Target, form};

/// One xDS resource in Envoy's own form, or as bytes, given to the proxies of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvoyResource {
    /// Whose proxies get it: name of a ProxyClass, declared or built in.
    #[schemars(schema_with = "form::dns_label")]
    pub proxy_class: Arc<str>,
    /// The version that delta streams are told, 1 to 128 bytes; absent: one made of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub version: Option<Arc<str>>,
    /// The resource in Envoy's JSON form, with `@type` at its top and in every `Any` within.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::envoy_resource")]
    pub resource: Option<Value>,
    /// With `bytes`: the type URL of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub type_url: Option<Arc<str>>,
    /// The name it is served by. With `bytes` it must be given; absent beside `resource`: the name
    /// that stands in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub name: Option<Arc<str>>,
    /// The encoded message in base64, for what the descriptors here do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::base64")]
    pub bytes: Option<Arc<str>>,
}

impl EnvoyResource {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "EnvoyResource",
        group: "netloft.dev",
        version: "v1",
        plural: "envoyresources",
        short: &["er"],
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

impl EnvoyResource {
    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.exactly_one(
            "",
            &[
                ("resource", self.resource.is_some()),
                ("bytes", self.bytes.is_some()),
            ],
        );
        if self.bytes.is_some() {
            for (field, given) in [
                ("typeUrl", self.type_url.is_some()),
                ("name", self.name.is_some()),
            ] {
                if !given {
                    checks
                        .report(Fault::Requires, "/bytes", format!("bytes need {field}"))
                        .expected(format!("{field} beside it"));
                }
            }
        } else if self.resource.is_some() && self.type_url.is_some() {
            checks
                .report(
                    Fault::Exclusive,
                    "/typeUrl",
                    "the type stands in the resource itself",
                )
                .found("resource and typeUrl")
                .suggest("write it as \"@type\" in the resource, and remove it here");
        }
    }

    /// The class whose proxies get it.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        let class = Target::Class(self.proxy_class.clone());
        vec![Reference::new("/proxyClass", RefRole::Receiver, class)]
    }
}
