//! What was declared, at one revision: immutable, indexed, and cheap to derive the next one from.
//!
//! [`MeshView::apply`] makes the next view and tells exactly which values differ. There are no
//! scans: what is asked for is one document, one facet of one, or one entry of an index. So
//! whatever was compiled from a view knows what it depends on, absences and "all of a kind"
//! included. Compiling reads through a [`Lens`], which writes that down.
//!
//! Absent on purpose: defaults and meaning (`compile`), Envoy's types.

mod attachment;
mod classify;
mod facts;
mod glob;
mod index;
mod lens;
mod mesh_view;
mod name;
mod node;
mod outline;
mod read_key;
mod selection;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod worlds;

pub use attachment::{Attachment, Parent, ParentKind};
pub use classify::{CLIENT, GATEWAY, SIDECAR, classify, home};
pub use facts::{Fact, Facts, FactsRead};
pub use glob::glob;
pub use index::{Entry, Index};
pub use lens::{Handle, Lens, Outputs, Reads};
pub use mesh_view::{Change, MeshView};
pub use name::Name;
pub use node::Node;
pub use outline::{Outline, Supply};
pub use read_key::ReadKey;
