//! What a store takes at once; the same on every backend.

/// Most operations of one commit, preconditions not counted.
pub const MAX_COMMIT_OPS: usize = 100_000;
/// Most bytes of one commit: keys and values together.
pub const MAX_COMMIT_BYTES: usize = 64 << 20;
/// Largest value, in bytes. Above the 1 MiB of a document there is room for what is kept beside it.
pub const MAX_VALUE_BYTES: usize = 4 << 20;
