//! History: revisions, what each changed, and how two differ.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Answer of `GET /v1/revisions`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revisions {
    /// The revisions.
    pub revisions: Vec<RevisionEntry>,
}

/// One revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// Answer of `GET /v1/revisions/{revision}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionDetail {
    /// Its number.
    pub revision: u64,
    /// Who.
    pub author: String,
    /// Why.
    pub message: String,
    /// When: RFC 3339.
    pub at: String,
    /// Each document it changed, with what it was and became.
    pub documents: Vec<DocumentChange>,
}

/// What one revision made of one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentChange {
    /// Kind, as `HTTPRoute`.
    pub kind: String,
    /// Namespace; empty for a document of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `created`, `configured` or `deleted`.
    #[schemars(extend("enum" = ["created", "configured", "deleted"]))]
    pub outcome: String,
    /// As declared before; absent where it was not there, or where history no longer holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// As declared from then on; absent where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// File it came from, as the user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its first line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// Answer of `GET /v1/revisions/{from}/diff/{to}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// The one revision.
    pub from: u64,
    /// The other one; may be older.
    pub to: u64,
    /// Documents that differ, by key.
    pub documents: Vec<DocumentDiff>,
}

/// How one document differs between two revisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentDiff {
    /// Kind, as `HTTPRoute`.
    pub kind: String,
    /// Namespace; empty for a document of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What the second revision has: `created`, `configured` or `deleted`.
    #[schemars(extend("enum" = ["created", "configured", "deleted"]))]
    pub outcome: String,
    /// Unified diff of the two as canonical YAML.
    pub diff: String,
}
