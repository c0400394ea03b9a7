//! The revision log: the truth of a durable store.
//!
//! Commits are appended as records to segment files and synced before they are acknowledged. A
//! checkpoint holds everything up to one entry, so that segments before it can go. The log knows
//! entries as bytes with a dense number; what they mean is the backend's.

mod checkpoint;
mod record;
mod recover;
mod segment;

pub(crate) use checkpoint::{Checkpoint, checkpoints};
pub(crate) use recover::{Recovered, recover};
pub(crate) use segment::{Failure, Writer, forget, forget_all};

use crate::Error;

/// Number of one entry: 1, 2, 3, .. over the whole life of a store.
pub(crate) type Sequence = u64;

/// What the system said about `what`, as the store's own error.
pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |error| Error::Io {
        what,
        reason: error.to_string(),
    }
}

/// `file` is not what was written.
pub(crate) fn corrupt(file: &str, offset: usize, reason: impl Into<String>) -> Error {
    Error::Corrupt {
        file: file.to_owned(),
        offset: offset as u64,
        reason: reason.into(),
    }
}
