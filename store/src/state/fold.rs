//! Writing: from one state to the next.

use std::sync::Arc;

use super::{State, Version};
use crate::{
    ChangeSet, Commit, Error, Expected, Key, KeyChange, Object, Op, Precondition, Retention,
    Revision, Space,
};

/// What a commit comes to, before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Every key has those bytes already.
    Nothing,
    /// Records change, no document does.
    Records,
    /// A new revision.
    Revision(Revision),
}

impl State {
    /// Checks `commit` against this state: limits, preconditions, and what would change.
    pub(crate) fn effect(&self, commit: &Commit) -> Result<Effect, Error> {
        commit.check()?;
        for precondition in &commit.preconditions {
            self.holds(precondition)?;
        }
        if commit
            .documents
            .iter()
            .any(|op| self.changes(Space::Documents, op))
        {
            Ok(Effect::Revision(self.revision.next()))
        } else if commit
            .records
            .iter()
            .any(|op| self.changes(Space::Records, op))
        {
            Ok(Effect::Records)
        } else {
            Ok(Effect::Nothing)
        }
    }

    fn holds(&self, precondition: &Precondition) -> Result<(), Error> {
        let (about, expected) = match precondition {
            Precondition::Head(expected) => (None, Expected::Revision(*expected)),
            Precondition::Absent(space, key) => (Some((space, key)), Expected::Absent),
            Precondition::Exists(space, key) => (Some((space, key)), Expected::Present),
            Precondition::AtRevision(space, key, expected) => {
                (Some((space, key)), Expected::Revision(*expected))
            }
        };
        // Zero stands for what is not there: neither space counts from it.
        let found = about.map_or(self.revision, |(space, key)| {
            self.now(*space, key)
                .map_or(Revision(0), |object| object.revision)
        });
        let holds = match expected {
            Expected::Absent => found == Revision(0),
            Expected::Present => found != Revision(0),
            Expected::Revision(expected) => found == expected,
        };
        if holds {
            return Ok(());
        }
        Err(Error::Conflict {
            key: about.map(|(space, key)| (*space, key.clone())),
            expected,
            found,
        })
    }

    fn now(&self, space: Space, key: &Key) -> Option<&Object> {
        match space {
            Space::Records => self.records.get(key),
            Space::Documents => self.documents.get(key)?.last()?.object.as_deref(),
        }
    }

    fn changes(&self, space: Space, op: &Op) -> bool {
        let now = self.now(space, op.key());
        match op {
            Op::Put { value, .. } => now.is_none_or(|now| now.value != *value),
            Op::Delete { .. } => now.is_some(),
        }
    }

    /// This state with `commit` in it, whose [`State::effect`] was found good.
    #[must_use]
    pub(crate) fn with(&self, commit: &Commit, retention: &Retention) -> Self {
        let mut next = self.clone();
        next.fold(commit);
        next.forget(commit.meta.at, retention);
        next
    }

    fn fold(&mut self, commit: &Commit) {
        let documents: Vec<&Op> = commit
            .documents
            .iter()
            .filter(|op| self.changes(Space::Documents, op))
            .collect();
        if !documents.is_empty() {
            self.revision = self.revision.next();
            let mut changes = Vec::with_capacity(documents.len());
            for op in documents {
                changes.push(self.write_document(op));
            }
            changes.sort_unstable_by(|a: &KeyChange, b| a.key.cmp(&b.key));
            let change_set = ChangeSet {
                revision: self.revision,
                meta: commit.meta.clone(),
                changes,
            };
            self.log.insert(self.revision, Arc::new(change_set));
        }
        let records: Vec<&Op> = commit
            .records
            .iter()
            .filter(|op| self.changes(Space::Records, op))
            .collect();
        if !records.is_empty() {
            self.records_revision = self.records_revision.next();
            for op in records {
                self.write_record(op);
            }
        }
    }

    fn write_document(&mut self, op: &Op) -> KeyChange {
        let old = self.now(Space::Documents, op.key()).cloned();
        let object = successor(op, old.as_ref(), self.revision);
        self.count(old.as_ref(), object.as_ref());
        match (&old, &object) {
            (None, Some(_)) => self.live += 1,
            (Some(_), None) => self.live -= 1,
            _ => {}
        }
        let version = Version {
            revision: self.revision,
            object: object.clone().map(Arc::new),
        };
        self.documents
            .entry(op.key().clone())
            .or_default()
            .push_back(version);
        KeyChange {
            key: op.key().clone(),
            object,
        }
    }

    fn write_record(&mut self, op: &Op) {
        let old = self.records.get(op.key()).cloned();
        let object = successor(op, old.as_ref(), self.records_revision);
        self.count(old.as_ref(), object.as_ref());
        match object {
            Some(object) => self.records.insert(op.key().clone(), object),
            None => self.records.remove(op.key()),
        };
    }

    pub(super) fn count(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let size = |object: &Object| (object.key.as_str().len() + object.value.len()) as u64;
        self.live_bytes += new.map_or(0, size);
        self.live_bytes -= old.map_or(0, size);
    }
}

fn successor(op: &Op, old: Option<&Object>, revision: Revision) -> Option<Object> {
    match op {
        Op::Delete { .. } => None,
        Op::Put { key, value } => Some(Object {
            key: key.clone(),
            value: value.clone(),
            revision,
            created: old.map_or(revision, |old| old.created),
            version: old.map_or(1, |old| old.version + 1),
        }),
    }
}
