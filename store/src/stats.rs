//! A store's own figures.

/// A store's own figures, for metrics and health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Documents there are now.
    pub documents: usize,
    /// Bytes of all documents and records there are now, keys included.
    pub live_bytes: u64,
    /// Bytes on disk; zero for a store without one.
    pub disk_bytes: u64,
    /// How often the index was made anew from the log since this process began.
    pub index_rebuilds: u64,
    /// Bytes of a torn end that were cut off the log when it was opened.
    pub torn_bytes: u64,
    /// Why writing is refused for good; none: it is not.
    pub read_only: Option<String>,
}
