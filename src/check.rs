//! Text to documents and diagnostics, in four stages; every stage reports all it finds.
//!
//! 1. syntax: text to a tree that knows its places (`split`, `syntax`, `node`);
//! 2. schema: the tree against its kind's JSON Schema, field by field (`shape`, `schema`);
//! 3. bounds, and what Envoy would refuse: what a kind says about its spec as a whole (`model`),
//!    told at its place (`bounds`);
//! 4. references: a document against the others (`references`).
//!
//! Stages 1 to 3 are [`documents`] and need one document at a time; stage 4 is [`references()`] and
//! needs the [`World`] as it would be after the whole change.
//!
//! Absent on purpose: files (the caller reads them), storage, what follows from a document.

mod bounds;
mod code;
mod diagnostic;
mod document;
pub mod limits;
mod locate;
mod message;
mod node;
mod problem;
mod raw;
mod references;
mod rejection;
mod render;
mod schema;
mod shape;
mod split;
mod suggest;
mod syntax;
#[cfg(test)]
pub(crate) mod tests;
mod untyped;
mod world;
mod write;

pub use code::{Code, NotACode, Stage};
pub use diagnostic::{Diagnostic, Severity};
pub use document::{Checked, Source, documents};
pub use locate::{locate, report};
pub use message::message;
pub use node::{Place, Span};
pub use problem::problem;
pub use references::{attachments, references};
pub use rejection::{Rejection, rejection, speaks_of};
pub use render::render;
pub use split::decode;
pub use untyped::untyped;
pub use world::{Overlay, World};
pub use write::{NotWritable, to_yaml};
