//! What happens, as it happens: the events of `GET /v1/events`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One event: the `data` of a server-sent event, whose `id` is `cursor` and whose `event` is `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Where the stream can be resumed behind it: `Last-Event-ID`, or `?since=`.
    pub cursor: String,
    /// When: RFC 3339.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum EventBody {
    /// Documents changed.
    Committed(Committed),
    /// What follows from it is given to proxies from now on.
    Published(Published),
    /// A proxy opened a stream.
    Connected(Connection),
    /// A stream of a proxy ended.
    Disconnected(Connection),
    /// A proxy took what it was sent.
    Accepted(Verdict),
    /// A proxy said no to what it was sent.
    Rejected(Verdict),
}

/// A revision was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Committed {
    /// Its number.
    pub revision: u64,
    /// Who.
    pub author: String,
    /// Why.
    pub message: String,
    /// How many documents it changed.
    pub documents: usize,
}

/// A revision was compiled and published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The newest revision in it.
    pub revision: u64,
    /// How many sets of proxies it changed something for; 0: it is live at once.
    pub scopes: usize,
    /// How many names it changed, each counted once for each set.
    pub names: usize,
}

/// A stream of a proxy came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// What the proxy calls itself.
    pub proxy: String,
    /// Number of the stream in this process.
    pub stream: u64,
}

/// A proxy's answer to one response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What the proxy calls itself.
    pub proxy: String,
    /// Number of the stream in this process.
    pub stream: u64,
    /// `CDS`, `EDS`, `LDS`, `RDS`, ..
    pub api: String,
    /// The revision that the response was made from.
    pub revision: u64,
    /// Milliseconds from sending it to the answer, where it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<f64>,
    /// The resources it is about, where it was rejected; the first 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The proxy's words, where it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
