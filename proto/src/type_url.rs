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
/// `envoy.config.route.v3.ScopedRouteConfiguration`, streamed by SRDS.
pub const SCOPED_ROUTES: &str =
    "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration";
/// `envoy.config.route.v3.VirtualHost`, streamed by VHDS.
pub const VIRTUAL_HOST: &str = "type.googleapis.com/envoy.config.route.v3.VirtualHost";
/// `envoy.config.core.v3.TypedExtensionConfig`, streamed by ECDS.
pub const EXTENSION: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
/// `envoy.service.runtime.v3.Runtime`, streamed by RTDS.
pub const RUNTIME: &str = "type.googleapis.com/envoy.service.runtime.v3.Runtime";

/// What stands before the full message name in every type URL.
pub const PREFIX: &str = "type.googleapis.com/";
