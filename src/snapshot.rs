//! What proxies are given: sealed resources, shared tables, and what was published when.
//!
//! A compiled message becomes a [`Resource`] by sealing: canonical bytes, a content hash, framed
//! once for both dialects. A [`Snapshot`] is a short list of shared [`Layer`]s. Everything here is
//! immutable; a change makes a new value that shares what did not change.
//!
//! Absent on purpose: what a resource means (`compile`), who may see it (`reconcile`), and how it
//! is said on a stream (`xds`).

mod aliases;
mod canonical;
mod layer;
mod origins;
mod problem;
mod provenance;
mod publication;
mod resource;
mod seal;
mod table;
mod type_info;
mod version;
#[cfg(test)]
mod tests;

pub use aliases::virtual_host_aliases;
pub use canonical::NotEncodable;
pub use layer::{Layer, LayerEdit, Snapshot};
pub use problem::{Problem, Severity};
pub use provenance::{Origin, Provenance};
pub use publication::{Changed, Cohort, Generation, Publication, Revision, ScopeId};
pub use resource::{Ref, Resource};
pub use seal::{Draft, Joined, encode_dynamic, pack, seal};
pub use table::{Change, Inserted, Table};
pub use type_info::{
    CLUSTER, ENDPOINTS, LISTENER, ROUTES, RUNTIME, Removal, TYPES, TypeInfo, TypeIx, TypeSet,
    VIRTUAL_HOST, type_called,
};
pub use version::{Hash, TypeVersion};
