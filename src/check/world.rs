//! The documents that references are looked up in: as they would be after the whole change.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use crate::model::{Document, DocumentKey, Kind, Metadata, Precedence, Target};

/// Every document there would be.
pub trait World {
    /// The document of that key.
    fn document(&self, key: &DocumentKey) -> Option<&Document>;

    /// All documents of `kind`, in any order. Asked only to suggest a name for one that is not
    /// there, and for what must not clash between Gateways.
    fn documents(&self, kind: Kind) -> Box<dyn Iterator<Item = &Document> + '_>;

    /// The documents that name `key`, in any order, whether it is there or not.
    fn referrers(&self, key: &DocumentKey) -> Box<dyn Iterator<Item = &Document> + '_>;

    /// The document of that key as it was before the change.
    fn before(&self, _key: &DocumentKey) -> Option<&Document> {
        None
    }

    /// Whether a document is declared but could not be read: a reference to it is not dangling.
    fn is_unreadable(&self, _key: &DocumentKey) -> bool {
        false
    }

    /// The place of `document` among those that claim the same, as old as it is.
    fn precedence(&self, document: &Document) -> Precedence {
        let before = || self.before(&document.key())?.created;
        let Metadata {
            namespace, name, ..
        } = &document.metadata;
        Precedence::of(document.created.or_else(before), namespace, name)
    }
}

/// A world of listed documents laid over another one, or over nothing: what a change brings, or
/// what a command reads offline.
#[derive(Default)]
pub struct Overlay<'a> {
    base: Option<&'a dyn World>,
    put: BTreeMap<DocumentKey, &'a Document>,
    /// Which of those name what, under [`Target::key`].
    named_by: OnceCell<BTreeMap<DocumentKey, Vec<&'a Document>>>,
    deleted: BTreeSet<DocumentKey>,
    unreadable: BTreeSet<DocumentKey>,
}

impl<'a> Overlay<'a> {
    /// `documents` over nothing. Of two with one key the later counts.
    #[must_use]
    pub fn new(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut overlay = Self::default();
        overlay.extend(documents);
        overlay
    }

    /// The same over `base`.
    #[must_use]
    pub fn over(mut self, base: &'a dyn World) -> Self {
        self.base = Some(base);
        self
    }

    /// The same without these.
    #[must_use]
    pub fn without(mut self, deleted: impl IntoIterator<Item = DocumentKey>) -> Self {
        self.deleted.extend(deleted);
        self
    }

    /// The same, with these declared but not readable.
    #[must_use]
    pub fn with_unreadable(mut self, keys: impl IntoIterator<Item = DocumentKey>) -> Self {
        self.unreadable.extend(keys);
        self
    }

    fn named_by(&self) -> &BTreeMap<DocumentKey, Vec<&'a Document>> {
        self.named_by.get_or_init(|| {
            let mut all: BTreeMap<DocumentKey, Vec<&Document>> = BTreeMap::new();
            for document in self.put.values().copied() {
                let references = document.spec.refs(&document.metadata.namespace).into_iter();
                let named: BTreeSet<_> = references.filter_map(|to| to.target.key()).collect();
                for target in named {
                    all.entry(target).or_default().push(document);
                }
            }
            all
        })
    }

    fn hides(&self, key: &DocumentKey) -> bool {
        self.deleted.contains(key) || self.put.contains_key(key)
    }
}

impl<'a> Extend<&'a Document> for Overlay<'a> {
    fn extend<I: IntoIterator<Item = &'a Document>>(&mut self, documents: I) {
        self.named_by.take();
        self.put.extend(
            documents
                .into_iter()
                .map(|document| (document.key(), document)),
        );
    }
}

impl World for Overlay<'_> {
    fn document(&self, key: &DocumentKey) -> Option<&Document> {
        if let Some(document) = self.put.get(key) {
            return Some(document);
        }
        self.base
            .filter(|_| !self.hides(key))
            .and_then(|base| base.document(key))
    }

    fn documents(&self, kind: Kind) -> Box<dyn Iterator<Item = &Document> + '_> {
        let mine = self.put.values().copied();
        let base = self
            .base
            .into_iter()
            .flat_map(move |base| base.documents(kind));
        let theirs = base.filter(|document| !self.hides(&document.key()));
        Box::new(
            mine.filter(move |document| document.spec.kind() == kind)
                .chain(theirs),
        )
    }

    fn referrers(&self, key: &DocumentKey) -> Box<dyn Iterator<Item = &Document> + '_> {
        let mine = Target::to(key)
            .key()
            .and_then(|target| self.named_by().get(&target));
        let mine = mine.into_iter().flatten().copied();
        let base = self.base.map(|base| base.referrers(key));
        let theirs = base.into_iter().flatten();
        Box::new(mine.chain(theirs.filter(|document| !self.hides(&document.key()))))
    }

    fn before(&self, key: &DocumentKey) -> Option<&Document> {
        self.base?.document(key)
    }

    fn is_unreadable(&self, key: &DocumentKey) -> bool {
        self.unreadable.contains(key) || self.base.is_some_and(|base| base.is_unreadable(key))
    }
}

impl std::fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overlay")
            .field("put", &self.put.keys())
            .field("deleted", &self.deleted)
            .field("over another", &self.base.is_some())
            .finish_non_exhaustive()
    }
}
