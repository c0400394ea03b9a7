//! The store with types on: documents and their history, and the newest state of them in memory.
//!
//! Everyone reads [`Current`], an immutable picture of all documents at one revision; everyone
//! writes by [`Catalog::write`], one transaction that becomes one revision. The picture follows the
//! store by watching it, so a write of another replica arrives the same way as our own.
//!
//! Absent on purpose: whether a document makes sense (`check`), what follows from it (`compile`).

mod apply;
mod built_in;
mod changes;
mod codec;
mod current;
mod error;
mod follow;
mod last_good;
mod origins;
mod past;
mod receipt;
mod sealing;
mod stored;
#[cfg(test)]
mod tests;

pub use apply::{Applied, Edit, Outcome, Terms, Verdict};
pub use changes::{Change, Changes, Portion};
pub use current::Current;
pub use error::{Class, Error};
pub use last_good::{Goods, LastGood, Place};
pub use receipt::Receipt;
pub use sealing::{Config, Envelope, KeyError, Sealed};
pub use stored::{Moment, Stored, WHOLE};

use std::{collections::BTreeMap, sync::Arc};

use netloft_store::{RevisionInfo, Store};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use zeroize::Zeroizing;

use self::sealing::Sealer;
use crate::{model::DocumentKey, snapshot::Revision};

/// The mesh a store holds. One store can hold several once there is a way to name them.
const MESH: &str = "default";

/// The values of a Secret in the clear, wiped from memory when they are dropped.
pub type Revealed = BTreeMap<Arc<str>, Zeroizing<Vec<u8>>>;

/// All documents of one mesh: read in memory, written through the store.
#[derive(Debug)]
pub struct Catalog {
    store: Arc<dyn Store>,
    current: watch::Receiver<Arc<Current>>,
    /// Applies check against one picture and commit against the same: in turn, they never conflict
    /// with each other, only with another replica.
    applying: tokio::sync::Mutex<()>,
    sealer: Arc<Sealer>,
    follower: JoinHandle<()>,
    /// To the follower, who alone makes new pictures.
    moves: mpsc::Sender<origins::Moves>,
    swept: receipt::Swept,
}

impl Catalog {
    /// Loads every document and follows the store from there.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be read or holds a value this version cannot read;
    /// [`Error::Key`] when its secrets are sealed with another key than `config` names.
    pub async fn open(store: Arc<dyn Store>, config: &Config) -> Result<Self, Error> {
        let sealer = Arc::new(Sealer::open(config, &*store).await?);
        // Applies take turns: there is one message at a time.
        let (moves, moved) = mpsc::channel(1);
        let (follower, current) = follow::start(store.clone(), sealer.clone(), moved).await?;
        Ok(Self {
            store,
            current,
            applying: tokio::sync::Mutex::default(),
            sealer,
            follower,
            moves,
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

    /// The values of the Secret `key` in the clear, for those who serve them to proxies; none where
    /// there is no such Secret. Nothing that answers people may call this.
    ///
    /// # Errors
    /// [`Error::Sealed`] for a value that does not open.
    pub fn reveal(&self, key: &DocumentKey) -> Result<Option<Revealed>, Error> {
        let current = self.current();
        let Some(stored) = current.get(key) else {
            return Ok(None);
        };
        let names = stored.sealed.keys();
        let open = |name: &Arc<str>| Ok((name.clone(), self.sealer.reveal(key, stored, name)?));
        names.map(open).collect::<Result<_, _>>().map(Some)
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
    pub fn name_of(&self, key: &netloft_store::Key) -> Option<DocumentKey> {
        codec::document_key(key).ok()
    }
}
