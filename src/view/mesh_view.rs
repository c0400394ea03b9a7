//! The view itself, and how one revision's view follows from the one before.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use imbl::{OrdMap, OrdSet};

use super::{
    Attachment, Entry, Index, Name, Outline, ReadKey,
    index::memberships,
    outline::{InlineParts, inline_parts},
    selection::{Part, Selection},
};
use crate::model::{Document, DocumentKey, InlineEndpoint, Kind, Service, Spec};

/// All documents at one revision. Cheap to clone: versions share what did not change.
///
/// Equal documents give equal answers, by whatever edits they came about.
#[derive(Debug, Clone, Default)]
pub struct MeshView {
    revision: u64,
    documents: OrdMap<DocumentKey, Arc<Document>>,
    outlines: OrdMap<Name, Arc<Outline>>,
    inline: OrdMap<Name, Arc<InlineParts>>,
    attachments: OrdMap<Name, Arc<Attachment>>,
    entries: OrdMap<Index, Entry>,
    namespaces: OrdSet<Arc<str>>,
    selection: Selection,
}

/// One document as of a revision: what it is now, or nothing where it is gone.
pub type Change = (DocumentKey, Option<Arc<Document>>);

static EMPTY: LazyLock<Entry> = LazyLock::new(Entry::new);

impl MeshView {
    /// The store's revision it shows; 0 for the empty view.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The document named `key`.
    #[must_use]
    pub fn get(&self, key: &DocumentKey) -> Option<&Arc<Document>> {
        self.documents.get(key)
    }

    /// The names in the set `index`; an empty set where there is none.
    #[must_use]
    pub fn entry(&self, index: &Index) -> &Entry {
        let entry = match index {
            Index::Selected(service, version) => {
                self.selection.get(&(service.clone(), version.clone()))
            }
            _ => self.entries.get(index),
        };
        entry.unwrap_or(&EMPTY)
    }

    /// The outline of the Service `name`.
    #[must_use]
    pub fn outline(&self, name: &Name) -> Option<&Arc<Outline>> {
        self.outlines.get(name)
    }

    /// The endpoints written down in the Service `name`: all, or those of `version`.
    #[must_use]
    pub fn inline(&self, name: &Name, version: Option<&Arc<str>>) -> &[InlineEndpoint] {
        let part = self.inline.get(name);
        part.and_then(|parts| parts.get(&version.cloned()))
            .map_or(&[], |part| part)
    }

    /// What the HTTPRoute `name` attaches to.
    #[must_use]
    pub fn attachment(&self, name: &Name) -> Option<&Arc<Attachment>> {
        self.attachments.get(name)
    }

    /// The namespaces in which there are Services.
    #[must_use]
    pub fn namespaces(&self) -> &OrdSet<Arc<str>> {
        &self.namespaces
    }

    /// The view at `revision`, which made `changes`, and exactly the keys that have another value
    /// in it. Of several changes to one document the last counts.
    ///
    /// Costs what the changes concern (times a logarithm), not what the view holds.
    #[must_use]
    pub fn apply(&self, revision: u64, changes: &[Change]) -> (Self, Vec<ReadKey>) {
        let mut next = self.clone();
        next.revision = revision;
        let last: BTreeMap<&DocumentKey, &Option<Arc<Document>>> = changes
            .iter()
            .map(|(key, document)| (key, document))
            .collect();
        let mut keys = Vec::new();
        let mut sets = BTreeSet::new();
        let mut services = Vec::new();
        let mut parts = BTreeSet::new();

        for (key, new) in last {
            let old = match new {
                Some(new) => next.documents.insert(key.clone(), new.clone()),
                None => next.documents.remove(key),
            };
            let new = new.as_deref();
            let old = old.as_deref();
            if said(old) == said(new) {
                continue; // at most its origin differs, and that no compiled byte depends on
            }
            keys.push(ReadKey::Document(key.clone()));
            next.file(key, old, new, &mut sets);
            let name = Name::from(key);
            match key.kind {
                Kind::Service => {
                    next.put_service(&name, new, &mut keys);
                    services.push((name, service(old).cloned(), service(new).cloned()));
                }
                Kind::HttpRoute => next.put_route(&name, new, &mut keys),
                Kind::Workload => {
                    let old = old.map(|document| &document.metadata.labels);
                    let new = new.map(|document| &document.metadata.labels);
                    next.selection.workload(&name, old, new, &mut parts);
                }
                // Of the others nothing is derived but the sets they are in.
                _ => {}
            }
        }
        // After all workloads: a Service is filed against the labels as they are now.
        for (name, old, new) in services {
            let documents = &next.documents;
            let labels = |workload: &Name| {
                let document = documents.get(&workload.key(Kind::Workload))?;
                Some(document.metadata.labels.clone())
            };
            next.selection
                .service(&name, old.as_ref(), new.as_ref(), labels, &mut parts);
        }
        sets.extend(
            parts
                .into_iter()
                .map(|(name, version): Part| Index::Selected(name, version)),
        );

        for index in sets {
            // Versions of one set share structure, so this costs what differs.
            if self.entry(&index).diff(next.entry(&index)).next().is_some() {
                keys.push(ReadKey::Entry(index));
            }
        }
        if self.namespaces.diff(&next.namespaces).next().is_some() {
            keys.push(ReadKey::Namespaces);
        }
        keys.sort_unstable();
        (next, keys)
    }

    /// Moves a document between the sets it is a member of by itself.
    fn file(
        &mut self,
        key: &DocumentKey,
        old: Option<&Document>,
        new: Option<&Document>,
        touched: &mut BTreeSet<Index>,
    ) {
        let before = old.map(memberships).unwrap_or_default();
        let after = new.map(memberships).unwrap_or_default();
        let name = Name::from(key);
        for index in before.difference(&after) {
            if let Some(entry) = self.entries.get_mut(index) {
                entry.remove(&name);
                if entry.is_empty() {
                    self.entries.remove(index);
                }
            }
        }
        for index in after.difference(&before) {
            self.entries
                .entry(index.clone())
                .or_default()
                .insert(name.clone());
        }
        if key.kind == Kind::Service {
            let services = Index::ServicesIn(key.namespace.clone());
            if self.entries.contains_key(&services) {
                self.namespaces.insert(key.namespace.clone());
            } else {
                self.namespaces.remove(&key.namespace);
            }
        }
        touched.extend(before.symmetric_difference(&after).cloned());
    }

    fn put_service(&mut self, name: &Name, new: Option<&Document>, keys: &mut Vec<ReadKey>) {
        let outline = service(new).map(|new| Arc::new(Outline::of(new)));
        if put(&mut self.outlines, name, outline) {
            keys.push(ReadKey::Outline(name.clone()));
        }
        let new = service(new).map(inline_parts).unwrap_or_default();
        let old = self.inline.get(name).cloned().unwrap_or_default();
        let versions: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
        for version in versions {
            let value = |parts: &InlineParts| parts.get(&version).cloned().unwrap_or_default();
            if value(&old) != value(&new) {
                keys.push(ReadKey::Inline(name.clone(), version));
            }
        }
        let new = (!new.is_empty()).then(|| Arc::new(new));
        put(&mut self.inline, name, new);
    }

    fn put_route(&mut self, name: &Name, new: Option<&Document>, keys: &mut Vec<ReadKey>) {
        let attachment = new.and_then(|document| match &document.spec {
            Spec::HttpRoute(route) => Some(Arc::new(Attachment::of(document, route))),
            _ => None,
        });
        if put(&mut self.attachments, name, attachment) {
            keys.push(ReadKey::Attachment(name.clone()));
        }
    }

    /// How many values are kept beside the documents, so that a test sees none left behind.
    #[cfg(test)]
    pub(crate) fn derived(&self) -> usize {
        self.outlines.len()
            + self.inline.len()
            + self.attachments.len()
            + self.entries.len()
            + self.namespaces.len()
            + self.selection.size()
    }
}

/// Sets or removes. Whether the value is another one now; an equal one keeps its place.
fn put<V: PartialEq>(map: &mut OrdMap<Name, Arc<V>>, name: &Name, new: Option<Arc<V>>) -> bool {
    if map.get(name) == new.as_ref() {
        return false;
    }
    match new {
        Some(new) => map.insert(name.clone(), new),
        None => map.remove(name),
    };
    true
}

/// What of a document compiling may depend on.
fn said(document: Option<&Document>) -> Option<(&crate::model::Metadata, &Spec, Option<u64>)> {
    document.map(|document| (&document.metadata, &document.spec, document.created))
}

fn service(document: Option<&Document>) -> Option<&Service> {
    match &document?.spec {
        Spec::Service(service) => Some(service),
        _ => None,
    }
}
