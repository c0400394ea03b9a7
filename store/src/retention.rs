//! How much history is kept.

use std::time::Duration;

/// How much history is kept: what any of the bounds allows goes, but for `min_per_key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// At most this many revisions, at least 1.
    pub revisions: u64,
    /// None older than this, by the commits' own clock.
    pub age: Duration,
    /// Of each document at least this many versions, however old, as long as it is there: with the
    /// revision that deleted it go all its versions.
    pub min_per_key: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            revisions: 10_000,
            age: Duration::from_secs(30 * 86_400),
            min_per_key: 10,
        }
    }
}
