//! The loop: what changed, which units, which scopes, publish.
//!
//! One thread of its own owns the [`graph`] of units, so that compiling a large change never holds
//! up a stream's ACKs. It hears of three things: the catalog has newer documents, a stream asks for
//! its scope, a stream has left.
//!
//! Absent on purpose: how a unit is compiled (`compile`), how a stream is served (`xds`).

pub mod graph;

mod directory;
mod last_good;
mod plan;
mod run;

pub use last_good::Keeper;
pub use plan::{Forecast, Move};
pub use run::{Figures, MAX_SCOPES, Reconciler};
