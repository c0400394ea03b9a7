//! What a store takes at once; the same on every backend.

/// Most operations of one commit, in both spaces together; as many preconditions may come with them.
pub const MAX_COMMIT_OPS: usize = 100_000;
/// Most bytes of one commit: keys, values, author and message together.
pub const MAX_COMMIT_BYTES: usize = 64 << 20;
/// Largest value, in bytes. Above the 1 MiB of a document there is room for what is kept beside it.
pub const MAX_VALUE_BYTES: usize = 4 << 20;
