//! The documents of the catalog as the world that references are looked up in.

use crate::{
    catalog::Current,
    check::World,
    model::{Document, DocumentKey, Kind},
};

/// All documents at one revision.
#[derive(Debug)]
pub(super) struct Stored<'a>(pub(super) &'a Current);

impl World for Stored<'_> {
    fn document(&self, key: &DocumentKey) -> Option<&Document> {
        self.0.get(key).map(|stored| &*stored.document)
    }

    fn documents(&self, kind: Kind) -> Box<dyn Iterator<Item = &Document> + '_> {
        Box::new(self.0.list(kind, None).map(|(_, stored)| &*stored.document))
    }

    fn referrers(&self, key: &DocumentKey) -> Box<dyn Iterator<Item = &Document> + '_> {
        Box::new(self.0.referrers(key).map(|stored| &*stored.document))
    }
}
