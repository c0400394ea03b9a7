//! What both ends of netloft's wire agree on.
//!
//! Type URLs, identities of proxies, the fields of encoded messages, and Envoy's own descriptors (by feature `descriptors`), which
//! give every message's fields by number: canonical encoding and `JSON <-> bytes` rest on them.
//!
//! Absent on purpose: anything about meshes, and any behaviour.

pub mod grpc_server;
pub mod proxy_id;
pub mod report;
pub mod type_url;
pub mod wire;

#[cfg(feature = "descriptors")]
pub mod descriptors;

pub use proxy_id::ProxyId;
