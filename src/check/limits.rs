//! How much is read: bounds that no honest file comes near, so that a dishonest one costs little.

/// Bytes of one file.
pub const FILE_BYTES: usize = 64 << 20;
/// Bytes of one document's text.
pub const DOCUMENT_BYTES: usize = 1 << 20;
/// Documents read at once: as many as one revision of the store can change.
pub const DOCUMENTS: usize = 100_000;
/// Mappings and lists inside one another.
pub const DEPTH: usize = 64;
/// Values and bytes of text that the aliases of one document may add to it.
pub const ALIASED: usize = 1 << 20;
