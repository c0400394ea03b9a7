//! Following a store: whole revisions, in order, each once.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{CommitMeta, Epoch, Error, Key, Object, Prefix, Revision, state::State};

/// Everything one revision changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// The revision.
    pub revision: Revision,
    /// Who, why and when.
    pub meta: CommitMeta,
    /// The changed documents under the watched prefix, by key; possibly none of them.
    pub changes: Vec<KeyChange>,
}

/// What a document became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// Which.
    pub key: Key,
    /// As it is now; none: deleted.
    pub object: Option<Object>,
}

/// Follows a store from a revision on.
///
/// It holds a place in the store's own history and no queue of its own: a slow reader costs
/// nothing, and hears [`Error::Lagging`] once history went over its place.
#[derive(Debug)]
pub struct Watch {
    state: watch::Receiver<Arc<State>>,
    prefix: Prefix,
    next: Revision,
}

impl Watch {
    pub(crate) fn new(
        state: watch::Receiver<Arc<State>>,
        prefix: Prefix,
        from: Revision,
        epoch: Epoch,
    ) -> Result<Self, Error> {
        let head = state.borrow().head();
        if head.epoch != epoch {
            return Err(Error::EpochChanged);
        }
        if from > head.revision {
            return Err(Error::Future {
                asked: from,
                newest: head.revision,
            });
        }
        if from < head.compacted {
            return Err(Error::Compacted {
                asked: from,
                compacted: head.compacted,
            });
        }
        Ok(Self {
            state,
            prefix,
            next: from.next(),
        })
    }

    /// The next revision's changes, as soon as it is durable. Can be cancelled without loss.
    ///
    /// # Errors
    /// [`Error::Lagging`] when history no longer holds it, [`Error::Closed`] when the store is closed.
    pub async fn next(&mut self) -> Result<Arc<ChangeSet>, Error> {
        let next = self.next;
        let state = self
            .state
            .wait_for(|state| state.head().revision >= next)
            .await
            .map_err(|_| Error::Closed)?
            .clone();
        let Some(change_set) = state.change_set(next) else {
            return Err(Error::Lagging { next });
        };
        self.next = next.next();
        Ok(self.part_of(change_set))
    }

    fn part_of(&self, whole: &Arc<ChangeSet>) -> Arc<ChangeSet> {
        if whole
            .changes
            .iter()
            .all(|change| change.key.is_under(&self.prefix))
        {
            return whole.clone();
        }
        let under = whole
            .changes
            .iter()
            .filter(|change| change.key.is_under(&self.prefix));
        Arc::new(ChangeSet {
            changes: under.cloned().collect(),
            ..(**whole).clone()
        })
    }
}
