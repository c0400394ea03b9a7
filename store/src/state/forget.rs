//! Forgetting: which revisions and versions history drops.

use super::State;
use crate::{Retention, Revision};

impl State {
    /// Drops revisions that `retention` no longer keeps.
    pub(super) fn forget(&mut self, now: u64, retention: &Retention) {
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
            // A document that is gone as far back as history goes is forgotten whole, or else every
            // name that was ever used would stay.
            let gone = versions
                .last()
                .is_some_and(|last| last.object.is_none() && last.revision <= revision);
            if gone {
                self.documents.remove(&change.key);
                continue;
            }
            while versions.len() > min_per_key.max(1)
                && versions
                    .get(1)
                    .is_some_and(|second| second.revision <= revision)
            {
                versions.pop_front();
            }
        }
    }
}
