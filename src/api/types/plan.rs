//! What an apply would change, before it does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::check::Diagnostic;

/// Answer of `POST /v1/plan`. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The revision it was planned against.
    pub revision: u64,
    /// What would become of each document, in the order given; then those that would be pruned.
    pub documents: Vec<PlanDocument>,
    /// Worth knowing.
    pub warnings: Vec<Diagnostic>,
    /// How many units of each kind would be compiled again.
    pub units: Vec<UnitCount>,
    /// Where resources would differ: one entry for each set of proxies that share theirs.
    pub scopes: Vec<PlanScope>,
    /// Proxies that would be given the resources of another set.
    pub moves: Vec<PlanMove>,
    /// Connected proxies that would be sent something, by name.
    pub affected: Vec<String>,
    /// Connected proxies that would be sent nothing.
    pub not_affected: usize,
    /// Bytes of the resources that would be sent to all affected proxies together.
    pub bytes: u64,
    /// What would not compile as declared, and does now.
    pub new_problems: Vec<ProblemEntry>,
    /// What would compile as declared, and does not now.
    pub solved_problems: Vec<ProblemEntry>,
}

/// What would become of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanDocument {
    /// Kind, as `HTTPRoute`.
    pub kind: String,
    /// Namespace; empty for a document of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `created`, `configured`, `unchanged`, `deleted` or `notFound`.
    #[schemars(extend("enum" = ["created", "configured", "unchanged", "deleted", "notFound"]))]
    pub outcome: String,
    /// Unified diff of the document as canonical YAML; empty where nothing differs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub diff: String,
}

/// How many units of one kind would be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnitCount {
    /// Kind of unit, as `VirtualHost`.
    pub kind: String,
    /// How many.
    pub compiled: usize,
}

/// What would differ for proxies that share their resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanScope {
    /// The set's number in this process.
    pub scope: u64,
    /// Connected proxies in it that asked for something of it, by name.
    pub proxies: Vec<String>,
    /// Resources that would differ.
    pub resources: Vec<PlanResource>,
    /// Bytes that each of its proxies would be sent at most.
    pub bytes: u64,
}

/// A resource that would differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanResource {
    /// `CDS`, `EDS`, `LDS`, `RDS`, ..
    pub api: String,
    /// Its name.
    pub name: String,
    /// What would happen to it.
    pub change: ResourceChange,
    /// Its size now, in bytes; absent where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_before: Option<u64>,
    /// Its size then, in bytes; absent where it would go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_after: Option<u64>,
    /// Unified diff of the two in Envoy's JSON form, where `diff=true` asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The documents it would be compiled from.
    pub from: Vec<Place>,
}

/// What would happen to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResourceChange {
    /// It would come.
    Added,
    /// It would have other bytes.
    Changed,
    /// It would go.
    Removed,
}

/// A proxy that would be given the resources of another set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanMove {
    /// The proxy.
    pub proxy: String,
    /// Resources that would differ for it.
    pub resources: Vec<PlanResource>,
    /// Bytes it would be sent at most.
    pub bytes: u64,
}

/// Something that does not compile as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemEntry {
    /// Stable code, as `NL0501`.
    pub code: String,
    /// `error` or `warning`.
    #[schemars(extend("enum" = ["error", "warning"]))]
    pub severity: String,
    /// Where it is declared.
    pub at: Place,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What traffic sees because of it.
    pub effect: String,
}
