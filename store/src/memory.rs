//! A store that is gone with its process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    Commit, Committed, Epoch, Error, Head, Key, ListOptions, Object, Page, Prefix, ReadAt,
    Retention, Revision, RevisionInfo, Space, Stats, Store, Watch,
    state::{Effect, State},
};

/// A store in memory. Every promise but durability is kept.
#[derive(Debug)]
pub struct Memory {
    retention: Retention,
    state: watch::Sender<Arc<State>>,
    // std mutex: held while one commit is folded in, never over an await.
    writing: Mutex<()>,
}

impl Memory {
    /// An empty store of the life `epoch`.
    #[must_use]
    pub fn new(epoch: Epoch, retention: Retention) -> Self {
        let state = watch::Sender::new(Arc::new(State::empty(epoch)));
        Self {
            retention,
            state,
            writing: Mutex::default(),
        }
    }

    fn now(&self) -> Arc<State> {
        self.state.borrow().clone()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(Epoch::random(), Retention::default())
    }
}

#[async_trait]
impl Store for Memory {
    async fn head(&self) -> Result<Head, Error> {
        Ok(self.now().head())
    }

    async fn get(&self, space: Space, key: &Key, at: ReadAt) -> Result<Option<Object>, Error> {
        self.now().get(space, key, at)
    }

    async fn list(
        &self,
        space: Space,
        prefix: &Prefix,
        options: ListOptions,
    ) -> Result<Page, Error> {
        self.now().list(space, prefix, &options)
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, Error> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.now();
        let effect = state.effect(&commit)?;
        if effect != Effect::Nothing {
            self.state
                .send_replace(Arc::new(state.with(&commit, &self.retention)));
        }
        let revision = self.now().head().revision;
        Ok(Committed {
            revision,
            changed: matches!(effect, Effect::Revision(_)),
        })
    }

    async fn watch(&self, prefix: &Prefix, from: Revision, epoch: Epoch) -> Result<Watch, Error> {
        Watch::new(self.state.subscribe(), prefix.clone(), from, epoch)
    }

    async fn revisions(
        &self,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<RevisionInfo>, Error> {
        Ok(self.now().revisions(before, limit))
    }

    async fn history(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Vec<(Revision, Option<Object>)>, Error> {
        Ok(self.now().history(key, limit))
    }

    async fn compact(&self, upto: Revision) -> Result<(), Error> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let compacted = self.now().compacted(upto, self.retention.min_per_key);
        self.state.send_replace(Arc::new(compacted));
        Ok(())
    }

    fn stats(&self) -> Stats {
        let (documents, live_bytes) = self.now().live();
        Stats {
            documents,
            live_bytes,
            ..Stats::default()
        }
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}
