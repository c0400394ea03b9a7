//! Documents as they were.

use std::{collections::BTreeSet, sync::Arc};

use netloft_store::{ReadAt, Space};

use super::{Catalog, Error, Stored, codec};
use crate::{model::DocumentKey, snapshot::Revision};

/// Revisions read from the store in one go.
const AT_ONCE: usize = 1_000;

impl Catalog {
    /// The document `key` as of `revision`.
    ///
    /// # Errors
    /// [`Error::Store`] where history does not hold that revision, or not yet.
    pub async fn at(
        &self,
        key: &DocumentKey,
        revision: Revision,
    ) -> Result<Option<Arc<Stored>>, Error> {
        let at = ReadAt::Revision(netloft_store::Revision(revision.0));
        let key = codec::key(key)?;
        let found = self.store.get(Space::Documents, &key, at).await?;
        found
            .map(|object| codec::decode(&object).map(|(_, stored)| stored))
            .transpose()
    }

    /// The documents that revisions behind `from` up to `to` changed.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read.
    pub async fn changed_between(
        &self,
        from: Revision,
        to: Revision,
    ) -> Result<BTreeSet<DocumentKey>, Error> {
        let mut changed = BTreeSet::new();
        let mut before = Revision(to.0.saturating_add(1));
        loop {
            let found = self.revisions(Some(before), AT_ONCE).await?;
            let within = found.iter().filter(|info| info.revision.0 > from.0);
            for key in within.flat_map(|info| &info.keys) {
                changed.extend(self.name_of(key));
            }
            match found.last() {
                Some(oldest) if oldest.revision.0 > from.0.saturating_add(1) => {
                    before = Revision(oldest.revision.0);
                }
                _ => return Ok(changed),
            }
        }
    }
}
