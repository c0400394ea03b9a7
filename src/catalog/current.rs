//! All documents at one revision, in memory.

use std::sync::Arc;

use imbl::{OrdMap, ordmap::DiffItem};

use super::Stored;
use crate::{
    model::{Document, DocumentKey, Kind},
    snapshot::Revision,
};

/// Every document of the mesh as of one revision. Immutable; versions share what did not change.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// The newest revision in it.
    pub revision: Revision,
    documents: OrdMap<DocumentKey, Arc<Stored>>,
}

impl Current {
    /// The document `key`.
    #[must_use]
    pub fn get(&self, key: &DocumentKey) -> Option<&Arc<Stored>> {
        self.documents.get(key)
    }

    /// Documents of `kind`, of all namespaces or of one, by namespace and name.
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
        self.documents.range(first..).take_while(move |(key, _)| {
            key.kind == kind && namespace.is_none_or(|namespace| &*key.namespace == namespace)
        })
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

    pub(super) fn put(&mut self, key: DocumentKey, stored: Arc<Stored>) {
        self.documents.insert(key, stored);
    }

    pub(super) fn remove(&mut self, key: &DocumentKey) {
        self.documents.remove(key);
    }
}
