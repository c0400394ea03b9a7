//! Envoy's own descriptors (being written).
