//! The type URLs of the xDS resources netloft serves, and of the messages it packs into `Any`.
//!
//! Source: Envoy's xDS protocol, "Resource Types".

/// `envoy.config.cluster.v3.Cluster`, streamed by CDS.
pub const CLUSTER: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
/// `envoy.config.endpoint.v3.ClusterLoadAssignment`, streamed by EDS.
pub const ENDPOINTS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
/// `envoy.config.listener.v3.Listener`, streamed by LDS.
pub const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
/// `envoy.config.route.v3.RouteConfiguration`, streamed by RDS.
pub const ROUTES: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

/// What stands before the full message name in every type URL.
pub const PREFIX: &str = "type.googleapis.com/";
