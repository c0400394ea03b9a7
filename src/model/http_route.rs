//! `HTTPRoute`: which requests go where. The type is Gateway API's own, group and version included.
//!
//! Absent on purpose, each refused by name until it has an effect: `RequestMirror`, `ExtensionRef`
//! and `CORS` filters, session persistence, retries.

mod asks;
mod bounds;
mod filters;
mod refs;
mod shadow;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use asks::Asks;

use super::{Body, Duration, Form, Gateway, Kind, KindFacts, form};

/// Rules for the requests to the services or gateways it names as parents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-later" = ["useDefaultGateways"]))]
#[schemars(extend("x-columns" = [
    { "name": "Parents", "pointer": "/spec/parentRefs/*/name" },
    { "name": "Hostnames", "pointer": "/spec/hostnames/*" },
]))]
pub struct HttpRoute {
    /// What it attaches to: Services (requests sent to them) and Gateways (requests entering).
    /// 1 to 32.
    #[schemars(length(min = 1, max = 32))]
    pub parent_refs: Vec<ParentRef>,
    /// Host names it is about, `*.` as first label allowed. Only with Gateway parents; empty: all
    /// that the listener takes. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::wildcard_hostnames", length(max = 16))]
    pub hostnames: Vec<Arc<str>>,
    /// Tried by Gateway API's order of precedence. 1 to 128.
    #[schemars(length(min = 1, max = 128))]
    pub rules: Vec<Rule>,
}

/// Something a route attaches to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParentRef {
    /// `gateway.networking.k8s.io` where absent; empty or `netloft.dev` for Services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// `Gateway` where absent, or `Service`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Arc<str>>,
    /// The route's own namespace where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::dns_label")]
    pub namespace: Option<Arc<str>>,
    /// Its name.
    #[schemars(schema_with = "form::dns_label")]
    pub name: Arc<str>,
    /// One listener of a Gateway, or one port of a Service, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::dns_label")]
    pub section_name: Option<Arc<str>>,
    /// One port, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
}

/// Requests that match get the filters and go to the backends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-later" = ["retry", "sessionPersistence"]))]
pub struct Rule {
    /// Unique within the route; absent: derived from its matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::dns_label")]
    pub name: Option<Arc<str>>,
    /// Any of these; empty: every request. At most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub matches: Vec<Match>,
    /// What is done to request and response. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
    /// Where requests go, by weight; empty (and no redirect): 500. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub backend_refs: Vec<BackendRef>,
    /// How long requests may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// All of what is named here must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// Absent: prefix `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathMatch>,
    /// At most 16; a name given twice counts once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub headers: Vec<HeaderMatch>,
    /// At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub query_params: Vec<QueryParamMatch>,
    /// `GET`, ..; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = METHODS))]
    pub method: Option<Arc<str>>,
}

/// How the path must look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathMatch {
    /// `PathPrefix` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub match_type: Option<PathMatchType>,
    /// `/` where absent. At most 1024 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub value: Option<Arc<str>>,
}

/// How a path is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum PathMatchType {
    /// The same.
    Exact,
    /// By whole path elements: `/a` covers `/a` and `/a/b`, not `/ab`.
    PathPrefix,
    /// The whole path, RE2 syntax.
    RegularExpression,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum MatchType {
    /// The same.
    Exact,
    /// The whole value, RE2 syntax.
    RegularExpression,
}

/// A header must be there and fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderMatch {
    /// `Exact` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub match_type: Option<MatchType>,
    /// Case does not count.
    #[schemars(schema_with = "form::header_name")]
    pub name: Arc<str>,
    /// At most 4096 bytes.
    #[schemars(schema_with = "form::header_value")]
    pub value: Arc<str>,
}

/// A query parameter must be there and fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryParamMatch {
    /// `Exact` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub match_type: Option<MatchType>,
    /// Case counts.
    #[schemars(length(min = 1, max = 256))]
    pub name: Arc<str>,
    /// At most 1024 bytes.
    #[schemars(length(min = 1, max = 1024))]
    pub value: Arc<str>,
}

/// One thing done to a request or its response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", deny_unknown_fields)]
#[schemars(extend("x-later" = ["RequestMirror", "ExtensionRef", "CORS", "ExternalAuth"]))]
pub enum Filter {
    /// Request headers.
    RequestHeaderModifier {
        /// What changes.
        #[serde(rename = "requestHeaderModifier")]
        modifier: HeaderModifier,
    },
    /// Response headers.
    ResponseHeaderModifier {
        /// What changes.
        #[serde(rename = "responseHeaderModifier")]
        modifier: HeaderModifier,
    },
    /// Answer with a redirect.
    RequestRedirect {
        /// Where to.
        #[serde(rename = "requestRedirect")]
        redirect: Redirect,
    },
    /// Change host and path before it goes to the backend.
    #[serde(rename = "URLRewrite")]
    UrlRewrite {
        /// What changes.
        #[serde(rename = "urlRewrite")]
        rewrite: Rewrite,
    },
}

/// Set, then add, then remove. At most 16 of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderModifier {
    /// Replaces what is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub set: Vec<HeaderValue>,
    /// Beside what is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub add: Vec<HeaderValue>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "form::header_names", length(max = 16))]
    pub remove: Vec<Arc<str>>,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderValue {
    /// Name.
    #[schemars(schema_with = "form::header_name")]
    pub name: Arc<str>,
    /// Value.
    #[schemars(schema_with = "form::header_value")]
    pub value: Arc<str>,
}

/// Where a redirect leads; what is absent stays as in the request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["http", "https"]))]
    pub scheme: Option<Arc<str>>,
    /// Host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::hostname")]
    pub hostname: Option<Arc<str>>,
    /// Path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPathModifier>,
    /// Port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// 301, 302, 303, 307 or 308; absent: 302.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [301, 302, 303, 307, 308]))]
    pub status_code: Option<u16>,
}

/// How host and path change on the way to the backend.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rewrite {
    /// Host header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::hostname")]
    pub hostname: Option<Arc<str>>,
    /// Path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPathModifier>,
}

/// How a path changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum HttpPathModifier {
    /// The whole of it.
    ReplaceFullPath {
        /// The new path.
        #[serde(rename = "replaceFullPath")]
        value: Arc<str>,
    },
    /// The matched prefix only; every match of the rule must be a prefix match.
    ReplacePrefixMatch {
        /// The new prefix.
        #[serde(rename = "replacePrefixMatch")]
        value: Arc<str>,
    },
}

/// Where a share of the requests goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackendRef {
    /// Empty or `netloft.dev`; absent: empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// `Service` where absent, or `ServiceVersion`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Arc<str>>,
    /// The route's own namespace where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::dns_label")]
    pub namespace: Option<Arc<str>>,
    /// Service name, or `SERVICE.VERSION` for a `ServiceVersion`.
    #[schemars(length(min = 1, max = 127))]
    pub name: Arc<str>,
    /// Port of the service; may be absent where it has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// Share, 0 to 1,000,000; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub weight: Option<u32>,
    /// For requests of this share only; header modifiers alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
}

/// How long requests may take.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timeouts {
    /// The whole request, as the client sees it; `0s`: no limit. Absent: 15 s, Envoy's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Duration>,
    /// One try at one backend; at most `request`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_request: Option<Duration>,
}

impl HttpRoute {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "HTTPRoute",
        group: "gateway.networking.k8s.io",
        version: "v1",
        plural: "httproutes",
        short: &["route"],
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

/// The methods of HTTP, as Gateway API lists them.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// Gateway API's group.
const GATEWAY_GROUP: &str = Gateway::FACTS.group;

impl ParentRef {
    /// What kind of document it names; none: a kind that routes do not attach to.
    #[must_use]
    pub fn target(&self) -> Option<Kind> {
        match (self.group.as_deref(), self.kind.as_deref()) {
            (None | Some(GATEWAY_GROUP), None | Some("Gateway")) => Some(Kind::Gateway),
            (Some("" | "netloft.dev"), Some("Service")) => Some(Kind::Service),
            _ => None,
        }
    }
}

impl BackendRef {
    /// The service it names, and the version of it; none: a kind that requests cannot go to.
    #[must_use]
    pub fn target(&self) -> Option<(&str, Option<&str>)> {
        match (self.group.as_deref(), self.kind.as_deref()) {
            (None | Some("" | "netloft.dev"), None | Some("Service")) => Some((&self.name, None)),
            (Some("netloft.dev"), Some("ServiceVersion")) => {
                let (service, version) = self.name.split_once('.')?;
                Some((service, Some(version)))
            }
            _ => None,
        }
    }
}
