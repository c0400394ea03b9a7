//! Is a revision live: who has it, who has not, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Held, Rejected};

/// Answer of `GET /v1/wait`.
///
/// It is made from what was published and what proxies acknowledged, never from what was meant.
/// Proxies that are offline, and those that nothing changed for, keep no revision from being live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The revision asked for.
    pub revision: u64,
    /// Where it stands.
    pub state: WaitState,
    /// The answer was due before every proxy had answered.
    pub timed_out: bool,
    /// The newest revision that is published to proxies.
    pub published: Option<u64>,
    /// How many proxies are in each state.
    pub counts: WaitCounts,
    /// Every proxy that is known, by name.
    pub proxies: Vec<ProxyProgress>,
    /// False once the publication of the revision is forgotten, as after a restart: then every
    /// proxy counts that has anything at all, not only those whose resources it changed.
    pub exact: bool,
    /// Milliseconds from the commit to the last acknowledgement, once it is live and known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<f64>,
}

/// Where a revision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WaitState {
    /// It is committed, and being compiled.
    Compiling,
    /// Proxies have not answered yet.
    Pending,
    /// A proxy rejected a part of it, and nobody is left to answer.
    Rejected,
    /// Every proxy that it changes something for has acknowledged it.
    Live,
}

/// How many proxies are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitCounts {
    /// Acknowledged all of it.
    pub acked: usize,
    /// Not answered yet.
    pub pending: usize,
    /// Rejected a part of it.
    pub rejected: usize,
    /// Not connected.
    pub offline: usize,
    /// Connected, and it changes nothing that they asked for.
    pub not_affected: usize,
}

/// Where one proxy stands with a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProxyProgress {
    /// What it calls itself.
    pub name: String,
    /// Where it stands.
    pub state: Progress,
    /// Milliseconds from the commit to its last acknowledgement of it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<f64>,
    /// What it has not answered yet; the first 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Waiting>,
    /// What it rejected, in its own words, and the lines that caused it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// What is not sent yet because something else has to arrive first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// Since when it is not connected: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// Where one proxy stands with a revision.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// It acknowledged all of it that it asked for.
    Acked,
    /// It has not answered yet.
    Pending,
    /// It rejected a part of it.
    Rejected,
    /// It is not connected.
    Offline,
    /// Nothing that it asked for is changed.
    NotAffected,
}

/// One resource that a proxy has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// `CDS`, `EDS`, `LDS`, `RDS`, ..
    pub api: String,
    /// The resource.
    pub name: String,
}
