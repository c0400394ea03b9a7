//! What the traffic of proxies does, by their own reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Answer of `GET /v1/stats`, by proxy and cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Seconds that it tells of.
    pub window: u64,
    /// What each proxy told of each of its clusters in that time.
    pub clusters: Vec<ClusterStats>,
    /// How much is kept.
    pub kept: StatsKept,
}

/// What one proxy sent to one cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStats {
    /// The proxy.
    pub proxy: String,
    /// The cluster: `orders.shop:80` where it is one of a Service that is declared, else as its
    /// statistics call it, where `:` is `_`.
    pub cluster: String,
    /// Seconds of the window in which the proxy was watched.
    pub seconds: u64,
    /// Requests answered, by the cluster or in its stead; a retried one counts once.
    pub requests: u64,
    /// Those a second.
    pub rate: f64,
    /// Per cent of them that were answered with another status than 5xx; nothing without requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<f64>,
    /// Requests answered with 4xx.
    pub client_errors: u64,
    /// Requests answered with 5xx.
    pub server_errors: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Requests given up because no answer came in time.
    pub timeouts: u64,
    /// Requests refused by a circuit breaker.
    pub overflows: u64,
    /// Milliseconds within which half of the answers came; estimated within a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// The same of 95 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// The same of 99 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Milliseconds an answer took on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Connections open at the last report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u64>,
    /// Connections opened.
    pub connections_opened: u64,
    /// Connections that could not be opened.
    pub connections_failed: u64,
    /// Its endpoints at the last report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
}

/// How many endpoints a cluster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Those that get traffic.
    pub healthy: u64,
    /// All.
    pub total: u64,
}

/// How much is kept of what proxies report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsKept {
    /// Pairs of a proxy and a cluster.
    pub series: usize,
    /// Bytes of their history.
    pub bytes: usize,
    /// Series that made room for others.
    pub dropped: u64,
    /// Points there was no room for.
    pub refused: u64,
}
