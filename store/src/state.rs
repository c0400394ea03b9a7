//! What a store holds, folded from its commits: immutable, and cheap to make the next one of.
//!
//! Every backend keeps this in memory and answers reads from it; what they differ in is how a
//! commit becomes durable before it is folded in. The same commits give the same state.

mod fold;
mod forget;
mod rows;

pub(crate) use fold::Effect;
pub(crate) use rows::RowChange;

use std::{ops::Bound, sync::Arc};

use imbl::{OrdMap, Vector};

use crate::{
    ChangeSet, Epoch, Error, Head, Key, ListOptions, Object, Page, Prefix, ReadAt, Revision,
    RevisionInfo, Space,
};

/// Everything in a store as of one commit.
#[derive(Debug, Clone)]
pub(crate) struct State {
    epoch: Epoch,
    revision: Revision,
    compacted: Revision,
    /// Counts commits that changed a record.
    records_revision: Revision,
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
// Two words: a vector holds a few of them in place, and its chunks of 64 stay small.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    revision: Revision,
    /// None: deleted.
    object: Option<Arc<Object>>,
}

impl State {
    pub(crate) fn empty(epoch: Epoch) -> Self {
        Self {
            epoch,
            revision: Revision::default(),
            compacted: Revision::default(),
            records_revision: Revision::default(),
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
        let revision = match space {
            Space::Documents => self.readable(options.at)?,
            Space::Records => self.revision,
        };
        let first = prefix.first();
        let from = match &options.after {
            Some(after) if *after >= first => Bound::Excluded(after.clone()),
            _ => Bound::Included(first),
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
            .map(|version| (version.revision, version.object.as_deref().cloned()))
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
        .as_deref()
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
