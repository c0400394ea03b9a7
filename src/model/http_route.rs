//! `HTTPRoute`: which requests go where. The type is Gateway API's own, group and version included.
//!
//! Absent on purpose, each refused by name until it has an effect: `RequestMirror`, `ExtensionRef`
//! and `CORS` filters, session persistence, retries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Duration, Gateway, Kind, KindFacts};

/// Rules for the requests to the services or gateways it names as parents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpRoute {
    /// What it attaches to: Services (requests sent to them) and Gateways (requests entering).
    /// 1 to 32.
    pub parent_refs: Vec<ParentRef>,
    /// Host names it is about, `*.` as first label allowed. Only with Gateway parents; empty: all
    /// that the listener takes. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hostnames: Vec<Arc<str>>,
    /// Tried by Gateway API's order of precedence. 1 to 128.
    pub rules: Vec<Rule>,
}

/// Something a route attaches to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    pub namespace: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// One listener of a Gateway, or one port of a Service, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section_name: Option<Arc<str>>,
    /// One port, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// Requests that match get the filters and go to the backends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Unique within the route; absent: derived from its matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Any of these; empty: every request. At most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
    /// What is done to request and response. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// Where requests go, by weight; empty (and no redirect): 500. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backend_refs: Vec<BackendRef>,
    /// How long requests may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// All of what is named here must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// Absent: prefix `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathMatch>,
    /// At most 16; a name given twice counts once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderMatch>,
    /// At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query_params: Vec<QueryParamMatch>,
    /// `GET`, ..; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Arc<str>>,
}

/// How the path must look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathMatch {
    /// `PathPrefix` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub match_type: Option<PathMatchType>,
    /// `/` where absent. At most 1024 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Arc<str>>,
}

/// How a path is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PathMatchType {
    /// The same.
    Exact,
    /// By whole path elements: `/a` covers `/a` and `/a/b`, not `/ab`.
    PathPrefix,
    /// The whole path, RE2 syntax.
    RegularExpression,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MatchType {
    /// The same.
    Exact,
    /// The whole value, RE2 syntax.
    RegularExpression,
}

/// A header must be there and fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderMatch {
    /// `Exact` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub match_type: Option<MatchType>,
    /// Case does not count.
    pub name: Arc<str>,
    /// At most 4096 bytes.
    pub value: Arc<str>,
}

/// A query parameter must be there and fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryParamMatch {
    /// `Exact` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub match_type: Option<MatchType>,
    /// Case counts.
    pub name: Arc<str>,
    /// At most 1024 bytes.
    pub value: Arc<str>,
}

/// One thing done to a request or its response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderModifier {
    /// Replaces what is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<HeaderValue>,
    /// Beside what is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<HeaderValue>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<Arc<str>>,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderValue {
    /// Name.
    pub name: Arc<str>,
    /// Value.
    pub value: Arc<str>,
}

/// Where a redirect leads; what is absent stays as in the request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Arc<str>>,
    /// Host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Arc<str>>,
    /// Path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPathModifier>,
    /// Port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// 301, 302, 303, 307 or 308; absent: 302.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
}

/// How host and path change on the way to the backend.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rewrite {
    /// Host header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Arc<str>>,
    /// Path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HttpPathModifier>,
}

/// How a path changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub namespace: Option<Arc<str>>,
    /// Service name, or `SERVICE.VERSION` for a `ServiceVersion`.
    pub name: Arc<str>,
    /// Port of the service; may be absent where it has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Share, 0 to 1,000,000; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// For requests of this share only; header modifiers alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
}

/// How long requests may take.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    };
}

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
