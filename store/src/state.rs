//! What a store holds, folded from its commits: immutable, and cheap to make the next one of.
//!
//! Every backend keeps this in memory and answers reads from it; what they differ in is how a
//! commit becomes durable before it is folded in.

use std::{ops::Bound, sync::Arc};

use imbl::{OrdMap, Vector};

use crate::{
    ChangeSet, Commit, Epoch, Error, Head, Key, KeyChange, ListOptions, Object, Op, Page,
    Precondition, Prefix, ReadAt, Retention, Revision, RevisionInfo, Space,
};

/// Everything in a store as of one commit.
#[derive(Debug, Clone)]
pub(crate) struct State {
    epoch: Epoch,
    revision: Revision,
    compacted: Revision,
    /// Versions of each document, oldest first; the last one is how it is now.
    documents: OrdMap<Key, Vector<Version>>,
    /// How many documents there are now.
    live: usize,
    /// Bytes of the documents and records there are now, keys included.
    live_bytes: u64,
    records: OrdMap<Key, Object>,
    log: OrdMap<Revision, Arc<ChangeSet>>,
}

/// How a document was from a revision on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    revision: Revision,
    /// None: deleted.
    object: Option<Object>,
}

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
    pub(crate) fn empty(epoch: Epoch) -> Self {
        Self {
            epoch,
            revision: Revision::default(),
            compacted: Revision::default(),
            documents: OrdMap::new(),
            live: 0,
            live_bytes: 0,
            records: OrdMap::new(),
            log: OrdMap::new(),
        }
    }

    pub(crate) fn head(&self) -> Head {
        Head {
            epoch: self.epoch,
            revision: self.revision,
            compacted: self.compacted,
        }
    }

    pub(crate) fn live(&self) -> (usize, u64) {
        (self.live, self.live_bytes)
    }

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
        let (key, expected, found) = match precondition {
            Precondition::Head(expected) => (None, *expected, self.revision),
            Precondition::Absent(space, key) => {
                let there = self.now(*space, key);
                // A record written before the first revision has revision zero: it is there all the same.
                if there.is_none() {
                    return Ok(());
                }
                let found = there.map_or(Revision(0), |object| object.revision);
                return Err(conflict(Some((*space, key.clone())), Revision(0), found));
            }
            Precondition::AtRevision(space, key, expected) => {
                let found = self
                    .now(*space, key)
                    .map_or(Revision(0), |object| object.revision);
                (Some((*space, key.clone())), *expected, found)
            }
        };
        if expected == found {
            Ok(())
        } else {
            Err(conflict(key, expected, found))
        }
    }

    fn now(&self, space: Space, key: &Key) -> Option<&Object> {
        match space {
            Space::Records => self.records.get(key),
            Space::Documents => self.documents.get(key)?.last()?.object.as_ref(),
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
        for op in &commit.records {
            if self.changes(Space::Records, op) {
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
            object: object.clone(),
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
        let object = successor(op, old.as_ref(), self.revision);
        self.count(old.as_ref(), object.as_ref());
        match object {
            Some(object) => self.records.insert(op.key().clone(), object),
            None => self.records.remove(op.key()),
        };
    }

    fn count(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let size = |object: &Object| (object.key.as_str().len() + object.value.len()) as u64;
        self.live_bytes += new.map_or(0, size);
        self.live_bytes -= old.map_or(0, size);
    }

    /// Drops revisions that `retention` no longer keeps.
    fn forget(&mut self, now: u64, retention: &Retention) {
        let age = u64::try_from(retention.age.as_millis()).unwrap_or(u64::MAX);
        let oldest = now.saturating_sub(age);
        while let Some((revision, entry)) = self.log.get_min().map(|(at, entry)| (*at, entry)) {
            let too_many = self.log.len() as u64 > retention.revisions.max(1);
            let too_old = entry.meta.at < oldest && revision < self.revision;
            if !too_many && !too_old {
                return;
            }
            self.drop_revision(revision, retention.min_per_key);
        }
    }

    /// Drops every revision up to `upto`, but never the newest.
    #[must_use]
    pub(crate) fn compacted(&self, upto: Revision, min_per_key: usize) -> Self {
        let mut next = self.clone();
        while let Some(revision) = next.log.get_min().map(|(at, _)| *at) {
            if revision > upto || revision == next.revision {
                break;
            }
            next.drop_revision(revision, min_per_key);
        }
        next
    }

    fn drop_revision(&mut self, revision: Revision, min_per_key: usize) {
        let Some(entry) = self.log.remove(&revision) else {
            return;
        };
        self.compacted = revision;
        // Versions that this revision's documents had before it can go now, but for the last few.
        for change in &entry.changes {
            let Some(versions) = self.documents.get_mut(&change.key) else {
                continue;
            };
            while versions.len() > min_per_key.max(1)
                && versions
                    .get(1)
                    .is_some_and(|second| second.revision <= revision)
            {
                versions.pop_front();
            }
            let gone = versions.len() == 1
                && versions
                    .get(0)
                    .is_some_and(|only| only.object.is_none() && only.revision <= revision);
            if gone {
                self.documents.remove(&change.key);
            }
        }
    }

    /// The revision to read documents at.
    fn readable(&self, at: ReadAt) -> Result<Revision, Error> {
        match at {
            ReadAt::Latest => Ok(self.revision),
            ReadAt::Revision(asked) if asked > self.revision => Err(Error::Future {
                asked,
                newest: self.revision,
            }),
            ReadAt::Revision(asked) if asked < self.compacted => Err(Error::Compacted {
                asked,
                compacted: self.compacted,
            }),
            ReadAt::Revision(asked) => Ok(asked),
        }
    }

    pub(crate) fn get(&self, space: Space, key: &Key, at: ReadAt) -> Result<Option<Object>, Error> {
        match space {
            Space::Records => Ok(self.records.get(key).cloned()),
            Space::Documents => {
                let at = self.readable(at)?;
                Ok(self
                    .documents
                    .get(key)
                    .and_then(|versions| as_of(versions, at))
                    .cloned())
            }
        }
    }

    pub(crate) fn list(
        &self,
        space: Space,
        prefix: &Prefix,
        options: &ListOptions,
    ) -> Result<Page, Error> {
        let revision = self.readable(options.at)?;
        let from = match &options.after {
            Some(after) => Bound::Excluded(after.clone()),
            None => Bound::Included(prefix.first()),
        };
        let range = (from, Bound::Unbounded);
        let mut page = Page {
            revision,
            objects: Vec::new(),
            next: None,
        };
        match space {
            Space::Documents => {
                let found = self
                    .documents
                    .range(range)
                    .take_while(|(key, _)| key.is_under(prefix))
                    .filter_map(|(_, versions)| as_of(versions, revision));
                fill(&mut page, found, options);
            }
            Space::Records => {
                let found = self
                    .records
                    .range(range)
                    .take_while(|(key, _)| key.is_under(prefix));
                fill(&mut page, found.map(|(_, object)| object), options);
            }
        }
        Ok(page)
    }

    /// Versions of a document that are still kept, newest first; none stands for a deletion.
    pub(crate) fn history(&self, key: &Key, limit: usize) -> Vec<(Revision, Option<Object>)> {
        let Some(versions) = self.documents.get(key) else {
            return Vec::new();
        };
        let newest_first = versions.iter().rev().take(limit);
        newest_first
            .map(|version| (version.revision, version.object.clone()))
            .collect()
    }

    pub(crate) fn revisions(&self, before: Option<Revision>, limit: usize) -> Vec<RevisionInfo> {
        let upper = before.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self.log.range((Bound::Unbounded, upper)).rev().take(limit);
        entries
            .map(|(_, entry)| RevisionInfo {
                revision: entry.revision,
                meta: entry.meta.clone(),
                keys: entry
                    .changes
                    .iter()
                    .map(|change| change.key.clone())
                    .collect(),
            })
            .collect()
    }

    /// What `revision` changed, while it is kept.
    pub(crate) fn change_set(&self, revision: Revision) -> Option<&Arc<ChangeSet>> {
        self.log.get(&revision)
    }
}

fn as_of(versions: &Vector<Version>, at: Revision) -> Option<&Object> {
    versions
        .iter()
        .rev()
        .find(|version| version.revision <= at)?
        .object
        .as_ref()
}

fn fill<'a>(page: &mut Page, found: impl Iterator<Item = &'a Object>, options: &ListOptions) {
    let mut bytes = 0;
    for object in found {
        let size = object.key.as_str().len() + object.value.len();
        let full = page.objects.len() >= options.limit.max(1) || bytes + size > options.limit_bytes;
        if full && !page.objects.is_empty() {
            page.next = page.objects.last().map(|last| last.key.clone());
            return;
        }
        bytes += size;
        page.objects.push(object.clone());
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

fn conflict(key: Option<(Space, Key)>, expected: Revision, found: Revision) -> Error {
    Error::Conflict {
        key,
        expected,
        found,
    }
}
