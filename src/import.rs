//! An Envoy's own configuration to documents, and back to a file.
//!
//! What an Envoy was started with (a bootstrap) or says that it has (`/config_dump`) is read into a
//! [`Configuration`]: its resources, and the rest. [`documents`] makes documents of the resources;
//! the rest stays in a bootstrap, and so do the resources that cannot be served ([`Reason`]).
//! [`verify`] tells how what would be served differs from the file; [`eject`] makes one file again.
//!
//! ```text
//! file -> Configuration -> documents -> served, and a bootstrap -> same as the file?
//! ```
//!
//! Everything works on Envoy's JSON form as `envoy` writes it: two values are equal exactly when
//! their messages are.
//!
//! Absent on purpose: files and servers (`cli`), and what a resource does to a request.

mod configuration;
mod difference;
mod documents;
mod dump;
mod eject;
mod merge;
mod report;
mod served;
mod stays;
#[cfg(test)]
mod tests;
mod verify;

pub use configuration::{Configuration, NotRead, Resource, Unfit, Why};
pub use difference::Difference;
pub use documents::{Imported, documents};
pub use eject::eject;
pub use merge::{Clash, onto};
pub use report::{Became, Entry, Reason, Report};
pub use verify::{NotVerified, verify};
