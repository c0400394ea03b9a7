//! Documents that are there although nobody declared them: the namespace `default`, as in Kubernetes.
//!
//! They stand in no store and count in no revision. One that is declared under the same name takes
//! its place, until it is deleted.

use std::sync::{Arc, LazyLock};

use super::{Moment, Stored, WHOLE};
use crate::{
    model::{DEFAULT_NAMESPACE, Document, DocumentKey, Kind, Metadata, Namespace, Origin, Spec},
    snapshot::Revision,
};

static DEFAULT: LazyLock<(DocumentKey, Arc<Stored>)> = LazyLock::new(|| {
    let document = Document {
        metadata: Metadata {
            name: DEFAULT_NAMESPACE.into(),
            namespace: "".into(),
            labels: Default::default(),
            annotations: Default::default(),
        },
        spec: Spec::Namespace(Namespace::default()),
        origin: Origin {
            source: WHOLE.into(),
            ..Origin::default()
        },
        created: None,
    };
    let always = Moment {
        revision: Revision::default(),
        at: 0,
    };
    let stored = Stored {
        sealed: Arc::default(),
        // The same in every mesh, as the document is.
        uid: uuid::Uuid::from_u128(0x6e65_746c_6f66_4000_8000_6465_6661_756c),
        generation: 1,
        created: always,
        changed: always,
        applied_by: WHOLE.into(),
        managers: None,
        written_at: None,
        document: Arc::new(document),
    };
    (stored.document.key(), Arc::new(stored))
});

/// The one of `kind`, if there is one.
pub(super) fn of_kind(kind: Kind) -> Option<&'static (DocumentKey, Arc<Stored>)> {
    (kind == Kind::Namespace).then(|| &*DEFAULT)
}

/// The one under `key`, if there is one.
pub(super) fn get(key: &DocumentKey) -> Option<&'static Arc<Stored>> {
    let (own, stored) = of_kind(key.kind)?;
    (own == key).then_some(stored)
}

/// Puts the one of `kind` into its place in a portion of all documents behind `after`, in order.
pub(super) fn complete(
    kind: Kind,
    after: Option<&DocumentKey>,
    more: bool,
    documents: &mut Vec<(DocumentKey, Arc<Stored>)>,
) {
    let Some((key, stored)) = of_kind(kind) else {
        return;
    };
    if after.is_some_and(|after| after >= key) {
        return;
    }
    if let Err(place) = documents.binary_search_by(|(found, _)| found.cmp(key)) {
        // Behind the last, it may belong into a later portion.
        if place < documents.len() || !more {
            documents.insert(place, (key.clone(), stored.clone()));
        }
    }
}
