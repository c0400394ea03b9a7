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
    epoch: Epoch,
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
            epoch,
            next: from.next(),
        })
    }

    /// The next revision's changes, as soon as it is durable. Can be cancelled without loss.
    ///
    /// # Errors
    /// [`Error::Lagging`] when history no longer holds it, [`Error::EpochChanged`] when the store was
    /// restored, [`Error::Closed`] when it was closed and every revision was told. Each is for good.
    pub async fn next(&mut self) -> Result<Arc<ChangeSet>, Error> {
        let (epoch, next) = (self.epoch, self.next);
        let state = self
            .state
            .wait_for(|state| state.head().epoch != epoch || state.head().revision >= next)
            .await
            .map_err(|_| Error::Closed)?
            .clone();
        if state.head().epoch != epoch {
            return Err(Error::EpochChanged);
        }
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
            revision: whole.revision,
            meta: whole.meta.clone(),
            changes: under.cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::watch;

    use super::Watch;
    use crate::{Commit, Epoch, Error, Key, Op, Prefix, Retention, Revision, state::State};

    fn one_commit_in(epoch: Epoch) -> Arc<State> {
        let put = Op::Put {
            key: Key::new("a").unwrap(),
            value: "1".into(),
        };
        let commit = Commit {
            documents: vec![put],
            ..Commit::default()
        };
        Arc::new(State::empty(epoch).with(&commit, &Retention::default()))
    }

    #[tokio::test]
    async fn a_watch_ends_when_the_store_becomes_another_even_with_as_many_revisions() {
        let state = watch::Sender::new(one_commit_in(Epoch(1)));
        let all = Prefix::default();
        let mut watch = Watch::new(state.subscribe(), all, Revision(0), Epoch(1)).unwrap();
        state.send_replace(one_commit_in(Epoch(2)));
        assert_eq!(watch.next().await.unwrap_err(), Error::EpochChanged);
        assert_eq!(watch.next().await.unwrap_err(), Error::EpochChanged);
    }
}
