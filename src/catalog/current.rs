//! All documents at one revision, in memory.

use std::{collections::BTreeSet, sync::Arc};

use imbl::{OrdMap, OrdSet, ordmap::DiffItem};

use super::{Stored, built_in};
use crate::{
    model::{Document, DocumentKey, Kind, Target},
    snapshot::Revision,
};

/// Every document of the mesh as of one revision. Immutable; versions share what did not change.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// The newest revision in it.
    pub revision: Revision,
    documents: OrdMap<DocumentKey, Arc<Stored>>,
    /// Who names what, under [`Target::key`], whether it is there or not.
    named_by: OrdMap<DocumentKey, OrdSet<DocumentKey>>,
}

impl Current {
    /// The document `key`, a built-in one too.
    #[must_use]
    pub fn get(&self, key: &DocumentKey) -> Option<&Arc<Stored>> {
        self.documents.get(key).or_else(|| built_in::get(key))
    }

    /// Documents of `kind`, of all namespaces or of one, by namespace and name; built-in ones too.
    pub fn list<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a DocumentKey, &'a Arc<Stored>)> {
        let first = DocumentKey {
            kind,
            namespace: namespace.unwrap_or_default().into(),
            name: "".into(),
        };
        let own = built_in::of_kind(kind).filter(|(key, _)| !self.documents.contains_key(key));
        let split = own.map_or_else(|| first.clone(), |(key, _)| key.clone());
        let below = self.documents.range(first..split.clone());
        let own = own.map(|(key, stored)| (key, stored));
        let all = below.chain(own).chain(self.documents.range(split..));
        all.take_while(move |(key, _)| {
            key.kind == kind && namespace.is_none_or(|namespace| &*key.namespace == namespace)
        })
    }

    /// The documents that name `key`; costs their number.
    pub fn referrers<'a>(
        &'a self,
        key: &DocumentKey,
    ) -> impl Iterator<Item = &'a Arc<Stored>> + use<'a> {
        let named_by = Target::to(key).key();
        let named_by = named_by.and_then(|target| self.named_by.get(&target));
        let keys = named_by.into_iter().flat_map(OrdSet::iter);
        keys.filter_map(|key| self.documents.get(key))
    }

    /// Every document.
    pub fn iter(&self) -> impl Iterator<Item = (&DocumentKey, &Arc<Stored>)> {
        self.documents.iter()
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// What differs from `older`; costs what differs.
    #[must_use]
    pub fn changes_since(&self, older: &Self) -> Vec<(DocumentKey, Option<Arc<Document>>)> {
        older
            .documents
            .diff(&self.documents)
            .map(|item| match item {
                DiffItem::Add(key, new)
                | DiffItem::Update {
                    new: (key, new), ..
                } => (key.clone(), Some(new.document.clone())),
                DiffItem::Remove(key, _) => (key.clone(), None),
            })
            .collect()
    }

    /// Nothing, as of `revision`.
    pub(super) fn at(revision: Revision) -> Self {
        Self {
            revision,
            ..Self::default()
        }
    }

    pub(super) fn put(&mut self, key: &DocumentKey, stored: Arc<Stored>) {
        for target in targets(&stored.document) {
            self.named_by.entry(target).or_default().insert(key.clone());
        }
        if let Some(old) = self.documents.insert(key.clone(), stored) {
            self.unname(key, &old);
        }
    }

    /// Puts `stored` in the place of what is stored under its key, when the two differ in where they
    /// stand alone.
    pub(super) fn relocate(&mut self, stored: Arc<Stored>) {
        let there = self.documents.get_mut(&stored.document.key());
        if let Some(there) = there.filter(|there| {
            there.uid == stored.uid && there.changed.revision == stored.changed.revision
        }) {
            *there = stored;
        }
    }

    pub(super) fn remove(&mut self, key: &DocumentKey) {
        if let Some(old) = self.documents.remove(key) {
            self.unname(key, &old);
        }
    }

    /// Forgets what `old` named and the document that is now under `key` does not.
    fn unname(&mut self, key: &DocumentKey, old: &Stored) {
        let kept: BTreeSet<_> = self
            .documents
            .get(key)
            .map(|stored| targets(&stored.document).collect())
            .unwrap_or_default();
        for target in targets(&old.document).filter(|target| !kept.contains(target)) {
            let Some(named_by) = self.named_by.get_mut(&target) else {
                continue;
            };
            named_by.remove(key);
            if named_by.is_empty() {
                self.named_by.remove(&target);
            }
        }
    }
}

/// What `document` names.
fn targets(document: &Document) -> impl Iterator<Item = DocumentKey> {
    let references = document.spec.refs(&document.metadata.namespace);
    references.into_iter().filter_map(|to| to.target.key())
}
