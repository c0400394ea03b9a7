//! How an Envoy's report says who sends it: gRPC metadata of OpenTelemetry's `Export`.
//!
//! What Envoy reports names no node, so the sink is told by its bootstrap what to say beside it.

/// The proxy's id.
pub const PROXY: &str = "netloft-proxy";
/// Its `node.cluster`, which for proxies that netloft configures is their class.
pub const CLUSTER: &str = "netloft-cluster";
