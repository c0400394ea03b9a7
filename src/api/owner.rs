//! Prune: what belongs to an owner and is named no more goes.
//!
//! An owner is a label, so that anyone can see and select what belongs to whom. An apply that prunes
//! writes the label itself, and never takes over what belongs to somebody else.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    catalog::{Current, Edit, Stored},
    model::{Document, DocumentKey, Form},
};

/// The label that says to which set of files a document belongs.
const OWNER: &str = "netloft.dev/owner";

/// Why an apply cannot prune.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPruned {
    /// The owner is no label value.
    #[error("prune is {0:?}; an owner is {form}", form = Form::LabelValue.describe())]
    NotAnOwner(String),
    /// Nothing is named: everything would go.
    #[error(
        "there are no documents, so everything that belongs to {0:?} would go: delete it by name if that is meant"
    )]
    Everything(String),
    /// What is to go is named, so nothing can be named no more.
    #[error("prune and delete exclude each other: what is deleted is named")]
    Deleting,
    /// A document belongs to somebody else.
    #[error(
        "{document} belongs to {theirs:?} ({OWNER}), not to {ours:?}: leave it out, or change its label without prune first"
    )]
    Theirs {
        /// Which.
        document: DocumentKey,
        /// To whom it belongs.
        theirs: String,
        /// Who applies it.
        ours: String,
    },
}

/// Marks `documents` as `owner`'s.
pub(super) fn mark(documents: &mut [Document], owner: &str) -> Result<(), NotPruned> {
    if owner.is_empty() || !Form::LabelValue.fits(owner) {
        return Err(NotPruned::NotAnOwner(owner.to_owned()));
    }
    if documents.is_empty() {
        return Err(NotPruned::Everything(owner.to_owned()));
    }
    for document in documents {
        let labels = &mut document.metadata.labels;
        let label = labels.entry(OWNER.into()).or_insert_with(|| owner.into());
        if **label != *owner {
            let theirs = label.to_string();
            return Err(foreign(document.key(), theirs, owner));
        }
    }
    Ok(())
}

/// What of `owner`'s in `current` is not among `edits`, to be deleted.
pub(super) fn gone(current: &Current, edits: &[Edit], owner: &str) -> Result<Vec<Edit>, NotPruned> {
    let named: BTreeSet<DocumentKey> = edits
        .iter()
        .filter_map(Edit::document)
        .map(|document| document.key())
        .collect();
    for key in &named {
        let theirs = current.get(key).and_then(owner_of);
        if let Some(theirs) = theirs.filter(|theirs| ***theirs != *owner) {
            return Err(foreign(key.clone(), theirs.to_string(), owner));
        }
    }
    let ours = current.iter().filter(|(key, stored)| {
        owner_of(stored).is_some_and(|it| **it == *owner) && !named.contains(key)
    });
    Ok(ours.map(|(key, _)| Edit::Delete(key.clone())).collect())
}

fn owner_of(stored: &Arc<Stored>) -> Option<&Arc<str>> {
    stored.document.metadata.labels.get(OWNER)
}

fn foreign(document: DocumentKey, theirs: String, ours: &str) -> NotPruned {
    NotPruned::Theirs {
        document,
        theirs,
        ours: ours.to_owned(),
    }
}
