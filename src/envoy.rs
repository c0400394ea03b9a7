//! Any message of Envoy's API in its JSON form: read with all that is wrong with it, written, and
//! looked through.
//!
//! Everything rests on Envoy's own descriptors, so that a new version of them is all it takes.
//! Rules: proto3's JSON mapping; `validate.rules` of protoc-gen-validate; what
//! `udpa.annotations.sensitive` marks is never written.
//!
//! Absent on purpose: documents and their places (`check`), how a message is encoded (`snapshot`),
//! and which types proxies are served.

mod finding;
mod names;
mod read;
mod refs;
mod rules;
mod secret;
mod source;
mod write;

pub use finding::{Fault, Finding};
pub use names::{TYPE, descriptor, type_url};
pub use read::{Read, any, message};
pub use refs::{Named, refs, unpacked};
pub use secret::{may_hold_secret, secret};
pub use source::{Form, Source};
pub use write::{Secrets, json, with_type};
