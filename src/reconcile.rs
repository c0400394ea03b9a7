//! The loop: what changed, which units, which scopes, publish.

pub mod graph;
