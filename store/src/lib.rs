//! Bytes under keys, revisions, preconditions, watch.
//!
//! The store knows no meshes. Every commit is atomic; a commit that changes a document is one
//! revision, and revisions are dense: 1, 2, 3, .. Two spaces share durability and preconditions:
//! *documents* are counted, kept in history and watched; *records* are neither.
//!
//! Every backend passes the same suite of tests (`contract`).
#![forbid(unsafe_code)]

mod commit;
mod disk;
mod error;
mod key;
mod limits;
mod log;
mod object;
mod retention;
mod revision;
mod state;
mod stats;
mod watch;

pub mod memory;
pub mod sled;

#[cfg(test)]
mod contract;

pub use commit::{Commit, CommitMeta, Committed, Op, Precondition, Space, TxnId};
pub use error::{Error, Expected, InvalidKey};
pub use key::{Key, Prefix};
pub use limits::{MAX_COMMIT_BYTES, MAX_COMMIT_OPS, MAX_VALUE_BYTES};
pub use object::{ListOptions, Object, Page, ReadAt};
pub use retention::Retention;
pub use revision::{Epoch, Head, Revision, RevisionInfo};
pub use stats::Stats;
pub use watch::{ChangeSet, KeyChange, Watch};

use std::fmt::Debug;

use async_trait::async_trait;

/// A store of documents and records. Shared as `Arc<dyn Store>`.
///
/// Every call answers [`Error::Closed`] once the store is closed, and a backend with a disk may
/// answer [`Error::Corrupt`] or [`Error::Io`] where it has to read it.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Where the store stands.
    async fn head(&self) -> Result<Head, Error>;

    /// What stands under `key`.
    ///
    /// # Errors
    /// [`Error::Compacted`] and [`Error::Future`] where there is nothing to read at `at`.
    async fn get(&self, space: Space, key: &Key, at: ReadAt) -> Result<Option<Object>, Error>;

    /// What stands under the keys that begin with `prefix`, in key order, a page at a time.
    ///
    /// # Errors
    /// [`Error::Compacted`] and [`Error::Future`] where there is nothing to read at
    /// [`ListOptions::at`].
    async fn list(
        &self,
        space: Space,
        prefix: &Prefix,
        options: ListOptions,
    ) -> Result<Page, Error>;

    /// Makes `commit`: on return it is durable, and every reader and watcher sees it.
    ///
    /// Bytes that stand there already change nothing; a commit that changes no document makes no
    /// revision. Preconditions are held against it all the same.
    ///
    /// # Errors
    /// [`Error::Conflict`] for the first precondition that does not hold; [`Error::TooLarge`] beyond
    /// [`MAX_COMMIT_OPS`], [`MAX_COMMIT_BYTES`] or [`MAX_VALUE_BYTES`]; [`Error::Twice`];
    /// [`Error::Overloaded`], [`Error::OutOfSpace`] and [`Error::ReadOnly`]. After all of these
    /// nothing was written. Only after [`Error::OutcomeUnknown`] it may have been.
    async fn commit(&self, commit: Commit) -> Result<Committed, Error>;

    /// Follows the documents under `prefix`: everything after `from`, each revision exactly once,
    /// also those that change nothing under `prefix`. `epoch` is the [`Head::epoch`] that `from` was
    /// read in.
    ///
    /// # Errors
    /// [`Error::EpochChanged`], [`Error::Compacted`] and [`Error::Future`] where it cannot begin.
    async fn watch(&self, prefix: &Prefix, from: Revision, epoch: Epoch) -> Result<Watch, Error>;

    /// The newest `limit` revisions below `before`, newest first, as far as history is kept.
    async fn revisions(
        &self,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<RevisionInfo>, Error>;

    /// The newest `limit` versions of one document, newest first; none stands for a deletion.
    async fn history(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Vec<(Revision, Option<Object>)>, Error>;

    /// Forgets every revision up to `upto`, but for the newest and for what
    /// [`Retention::min_per_key`] keeps. Watches that have not come so far end with
    /// [`Error::Lagging`].
    async fn compact(&self, upto: Revision) -> Result<(), Error>;

    /// Its figures. Never waits; of a closed store the last ones.
    fn stats(&self) -> Stats;

    /// Makes everything durable and lets go of the disk. Later calls answer [`Error::Closed`], as
    /// watches do once they told what was committed before. Closing twice is no error.
    async fn close(&self) -> Result<(), Error>;
}
