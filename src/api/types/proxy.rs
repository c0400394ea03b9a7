//! Where proxies stand, by their own word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Diagnostic;

/// Answer of `GET /v1/proxies`, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proxies {
    /// The newest revision that is published.
    pub revision: u64,
    /// The proxies.
    pub proxies: Vec<Proxy>,
}

/// One stream of one proxy, or a proxy that is not connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proxy {
    /// What it calls itself.
    pub name: String,
    /// Program and version, as `envoy 1.40.0`.
    pub kind: String,
    /// Its `node.cluster`.
    pub cluster: String,
    /// Its own address, when connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `delta` or `sotw`.
    pub dialect: String,
    /// `synced`, `pending`, `rejected`, `offline`, or `observed`: it reports, and another configures
    /// it.
    #[schemars(extend("enum" = ["synced", "pending", "rejected", "offline", "observed"]))]
    pub state: String,
    /// Since when it is connected, or not: RFC 3339.
    pub since: String,
    /// Where each type stands that it asked for.
    pub types: Vec<ProxyType>,
    /// Its ProxyClass, declared or built in; absent while that is not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Why it is given nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Box<Diagnostic>>,
    /// What is known of its reports; nothing when it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<Reports>,
    /// Responses that it rejected lately, newest first; told where one proxy is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<Rejection>,
}

/// That a proxy reports what its traffic does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reports {
    /// When it did last: RFC 3339.
    pub last: String,
    /// It has missed several.
    pub silent: bool,
    /// The connections it is reported over at the same time: more than one where several proxies
    /// bear its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
}

/// One response that a proxy rejected, whatever became of it since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// When: RFC 3339.
    pub at: String,
    /// Which stream of the server's.
    pub stream: u64,
    /// The proxy's class, where it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// `CDS`, `EDS`, `LDS`, `RDS`, ..
    pub api: String,
    /// The revision that the response was made from.
    pub revision: u64,
    /// The publication that it was made from.
    pub generation: u64,
    /// What it is about.
    pub resources: Vec<RejectedVersion>,
    /// The proxy's words.
    pub error: String,
}

/// One resource as it was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectedVersion {
    /// The resource.
    pub name: String,
    /// Hash of what was sent; absent when it was to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// Where one type of a proxy stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProxyType {
    /// `CDS`, `EDS`, `LDS` or `RDS`.
    pub api: String,
    /// Resources it is to have.
    pub resources: usize,
    /// Revision of the last response sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
    /// Newest revision it accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// It has accepted all that it is to have.
    pub synced: bool,
    /// Resources it has not accepted, by name.
    pub pending: Vec<String>,
    /// What it said no to.
    pub rejected: Vec<Rejected>,
    /// What waits for something else to arrive first.
    pub held: Vec<Held>,
}

/// One rejected resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// `CDS`, `EDS`, `LDS`, `RDS`, ..
    pub api: String,
    /// The resource.
    pub name: String,
    /// The proxy's words.
    pub error: String,
    /// The proxy goes on with what it had.
    pub keeps_earlier: bool,
    /// The documents it was compiled from: those that the proxy's words name first, ten at most.
    pub from: Vec<Place>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_none")]
    pub from_more: usize,
    /// The same in the shape of every error: its code, and the place that the words are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<Box<Diagnostic>>,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// `KIND NAMESPACE/NAME`.
    pub document: String,
    /// JSON pointer.
    pub pointer: String,
    /// File as the user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A resource that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// `CDS`, `EDS`, `LDS`, `RDS`, ..
    pub api: String,
    /// The resource.
    pub name: String,
    /// What it waits for, as `CDS web.default:80`.
    pub on: String,
    /// The bound has passed and it was sent all the same.
    pub overdue: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_none(count: &usize) -> bool {
    *count == 0
}
