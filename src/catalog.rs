//! The store with types on: documents and their history, and the newest state of them in memory.
//!
//! Everyone reads [`Current`], an immutable picture of all documents at one revision; everyone
//! writes by [`Catalog::write`], one transaction that becomes one revision. The picture follows the
//! store by watching it, so a write of another replica arrives the same way as our own.
//!
//! Absent on purpose: whether a document makes sense (`check`), what follows from it (`compile`).

mod apply;
mod changes;
mod codec;
mod current;
mod error;
mod follow;
mod past;
mod receipt;
mod stored;
#[cfg(test)]
mod tests;

pub use apply::{Applied, Edit, Outcome, Terms, Verdict};
pub use changes::{Change, Changes, Portion};
pub use current::Current;
pub use error::{Class, Error};
pub use receipt::Receipt;
pub use stored::{Moment, Stored, WHOLE};

use std::sync::Arc;

use netloft_store::{RevisionInfo, Store};
use tokio::{sync::watch, task::JoinHandle};

use crate::snapshot::Revision;

/// The mesh a store holds. One store can hold several once there is a way to name them.
const MESH: &str = "default";

/// All documents of one mesh: read in memory, written through the store.
#[derive(Debug)]
pub struct Catalog {
    store: Arc<dyn Store>,
    current: watch::Receiver<Arc<Current>>,
    /// Applies check against one picture and commit against the same: in turn, they never conflict
    /// with each other, only with another replica.
    applying: tokio::sync::Mutex<()>,
    follower: JoinHandle<()>,
    swept: receipt::Swept,
}

impl Catalog {
    /// Loads every document and follows the store from there.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be read or holds a value this version cannot read.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, Error> {
        let (follower, current) = follow::start(store.clone()).await?;
        Ok(Self {
            store,
            current,
            applying: tokio::sync::Mutex::default(),
            follower,
            swept: receipt::Swept::default(),
        })
    }

    /// All documents as of now. Costs a reference count.
    #[must_use]
    pub fn current(&self) -> Arc<Current> {
        self.current.borrow().clone()
    }

    /// Tells of every new picture; pictures that nobody looked at in time are skipped.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Current>> {
        self.current.clone()
    }

    /// The newest `limit` revisions before `before` (absent: the newest of all), newest first.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read.
    pub async fn revisions(
        &self,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<RevisionInfo>, Error> {
        let before = before.map(|revision| netloft_store::Revision(revision.0));
        Ok(self.store.revisions(before, limit).await?)
    }

    /// The store itself, for its figures and its health.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

impl Drop for Catalog {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl Catalog {
    /// Which document stands under the store's `key`; none when it is not the key of a document.
    #[must_use]
    pub fn name_of(&self, key: &netloft_store::Key) -> Option<crate::model::DocumentKey> {
        codec::document_key(key).ok()
    }
}
