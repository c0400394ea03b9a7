//! How the fields of a document divide among those who manage them: Kubernetes' server-side apply.
//!
//! A [`Grain`] says, from a kind's schema, what counts as one field; a [`FieldSet`] is a set of such
//! fields; [`Managers`] is who manages which. Rules: Kubernetes, "Server-Side Apply"; the merging of
//! structured values is that of its structured-merge-diff. Lists are merged by key where the schema
//! has `x-kubernetes-list-type` and `x-kubernetes-list-map-keys`, else they are one field.
//!
//! Absent on purpose: several versions of one kind, which there are none of.

mod grain;
mod managers;
mod merge;
mod set;
#[cfg(test)]
mod tests;

pub use grain::Grain;
pub use managers::{Conflict, Manager, Managers, Operation};
pub use set::FieldSet;
