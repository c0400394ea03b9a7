//! What goes over the wire, for both ends.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Diagnostic;

/// Answer of `GET /v1/info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// Version of the server.
    pub version: String,
    /// Where proxies find xDS.
    pub grpc: String,
}

/// One file of an apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// As the user named it.
    pub name: String,
    /// YAML or JSON; any number of documents.
    pub text: String,
}

/// Body of `POST /v1/apply` as `application/json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyBody {
    /// What to declare.
    #[serde(default)]
    pub files: Vec<File>,
    /// What the documents of these files name is to go instead of to be declared.
    #[serde(default)]
    pub delete: bool,
}

/// Answer of `POST /v1/apply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyAnswer {
    /// The revision it made, or the newest one where it made none.
    pub revision: u64,
    /// Nothing was written.
    pub dry_run: bool,
    /// What became of each document.
    pub documents: Vec<DocumentOutcome>,
    /// Worth knowing.
    pub warnings: Vec<Diagnostic>,
}

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentOutcome {
    /// Kind, as `HTTPRoute`.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `created`, `configured`, `unchanged`, `deleted` or `notFound`.
    pub outcome: String,
}

/// An error, as RFC 9457 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// What kind of problem: stable.
    #[serde(rename = "type")]
    pub kind: String,
    /// In a few words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened, and what to do.
    pub detail: String,
    /// Each thing that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Diagnostic>,
}

/// Answer of `GET /v1/revisions`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revisions {
    /// The revisions.
    pub revisions: Vec<RevisionEntry>,
}

/// One revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionEntry {
    /// Its number.
    pub revision: u64,
    /// Who.
    pub author: String,
    /// Why.
    pub message: String,
    /// When: RFC 3339.
    pub at: String,
    /// Documents it changed.
    pub documents: Vec<String>,
}

/// Answer of `GET /v1/proxies`, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proxies {
    /// The newest revision that is published.
    pub revision: u64,
    /// The proxies.
    pub proxies: Vec<Proxy>,
}

/// One stream of one proxy, or a proxy that is not connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// `synced`, `pending`, `rejected` or `offline`.
    pub state: String,
    /// Since when it is connected, or not: RFC 3339.
    pub since: String,
    /// Where each type stands that it asked for.
    pub types: Vec<ProxyType>,
}

/// Where one type of a proxy stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// The resource.
    pub name: String,
    /// The proxy's words.
    pub error: String,
    /// The proxy goes on with what it had.
    pub keeps_earlier: bool,
    /// The documents it was compiled from.
    pub from: Vec<Place>,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The resource.
    pub name: String,
    /// What it waits for, as `CDS web.default:80`.
    pub on: String,
    /// The bound has passed and it was sent all the same.
    pub overdue: bool,
}

/// Answer of `GET /v1/proxies/{id}/xds/{type}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// The resources it is to have, by name.
    pub resources: Vec<ResourceEntry>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceEntry {
    /// `CDS`, `EDS`, `LDS` or `RDS`.
    pub api: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `accepted`, `pending` or `rejected`.
    pub state: String,
    /// The documents it was compiled from.
    pub from: Vec<Place>,
    /// The resource as Envoy writes it in JSON.
    pub resource: Value,
}
