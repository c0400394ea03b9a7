//! A store that is gone with its process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    state: watch::Receiver<Arc<State>>,
    /// Whoever holds it writes; none: closed.
    // std mutex: held while one commit is folded in, never over an await.
    writer: Mutex<Option<watch::Sender<Arc<State>>>>,
}

impl Memory {
    /// An empty store of the life `epoch`.
    #[must_use]
    pub fn new(epoch: Epoch, retention: Retention) -> Self {
        let (writer, state) = watch::channel(Arc::new(State::empty(epoch)));
        Self {
            retention,
            state,
            writer: Mutex::new(Some(writer)),
        }
    }

    /// The newest state, while the store is open.
    fn now(&self) -> Result<Arc<State>, Error> {
        // Fails only once the sender is gone, which is what closing does.
        self.state.has_changed().map_err(|_| Error::Closed)?;
        Ok(self.state.borrow().clone())
    }

    fn writer(&self) -> MutexGuard<'_, Option<watch::Sender<Arc<State>>>> {
        // A state is replaced whole: what another thread left when it panicked is one.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
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
        Ok(self.now()?.head())
    }

    async fn get(&self, space: Space, key: &Key, at: ReadAt) -> Result<Option<Object>, Error> {
        self.now()?.get(space, key, at)
    }

    async fn list(
        &self,
        space: Space,
        prefix: &Prefix,
        options: ListOptions,
    ) -> Result<Page, Error> {
        self.now()?.list(space, prefix, &options)
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, Error> {
        let writer = self.writer();
        let writer = writer.as_ref().ok_or(Error::Closed)?;
        let old = writer.borrow().clone();
        let effect = old.effect(&commit)?;
        if effect != Effect::Nothing {
            writer.send_replace(Arc::new(old.with(&commit, &self.retention)));
        }
        let revision = match effect {
            Effect::Revision(revision) => revision,
            Effect::Records | Effect::Nothing => old.head().revision,
        };
        Ok(Committed {
            revision,
            changed: matches!(effect, Effect::Revision(_)),
        })
    }

    async fn watch(&self, prefix: &Prefix, from: Revision, epoch: Epoch) -> Result<Watch, Error> {
        self.now()?;
        Watch::new(self.state.clone(), prefix.clone(), from, epoch)
    }

    async fn revisions(
        &self,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<RevisionInfo>, Error> {
        Ok(self.now()?.revisions(before, limit))
    }

    async fn history(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Vec<(Revision, Option<Object>)>, Error> {
        Ok(self.now()?.history(key, limit))
    }

    async fn compact(&self, upto: Revision) -> Result<(), Error> {
        let writer = self.writer();
        let writer = writer.as_ref().ok_or(Error::Closed)?;
        let compacted = writer.borrow().compacted(upto, self.retention.min_per_key);
        writer.send_replace(Arc::new(compacted));
        Ok(())
    }

    fn stats(&self) -> Stats {
        let (documents, live_bytes) = self.state.borrow().live();
        Stats {
            documents,
            live_bytes,
            ..Stats::default()
        }
    }

    async fn close(&self) -> Result<(), Error> {
        self.writer().take();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Memory;
    use crate::{Epoch, contract};

    contract::suite!(memory, |retention| Arc::new(Memory::new(
        Epoch::random(),
        retention
    )));
}
