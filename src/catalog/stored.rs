//! A document with what the catalog knows about it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Sealed;
use crate::{
    model::{Document, Grain, Managers, Origin},
    snapshot::Revision,
};

/// When something happened: by the store's counter and by the clock of who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Revision it came with.
    #[serde(skip)]
    pub revision: Revision,
    /// Unix time, milliseconds.
    pub at: u64,
}

/// A document as the catalog holds it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What was declared, and where.
    pub document: Arc<Document>,
    /// The values of a Secret, which its document holds seals of; empty for all else.
    pub sealed: Arc<Sealed>,
    /// Tells this document from another of the same name before or after it.
    pub uid: uuid::Uuid,
    /// Counts changes of the spec, from 1.
    pub generation: u64,
    /// When it came into being.
    pub created: Moment,
    /// When anything of it changed last.
    pub changed: Moment,
    /// Who changed it last.
    pub applied_by: Arc<str>,
    /// Who manages which of its fields; none: [`WHOLE`] manages all of them.
    pub managers: Option<Arc<Managers>>,
    /// Where it stood when it was written, once its text has moved; its document says where it
    /// stands now.
    pub(super) written_at: Option<Arc<Origin>>,
}

/// Who manages what is declared as a whole, as by `POST /v1/apply`.
pub const WHOLE: &str = "netloft";

impl Stored {
    /// Whether it is there without having been declared, and cannot go.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.changed.revision == Revision::default()
    }

    /// Where it stood when it was written.
    pub(super) fn written_at(&self) -> &Origin {
        self.written_at.as_deref().unwrap_or(&self.document.origin)
    }

    /// Who manages which of its fields.
    #[must_use]
    pub fn managers(&self) -> Arc<Managers> {
        self.managers.clone().unwrap_or_else(|| {
            let grain = Grain::of_kind(self.document.spec.kind());
            let object = self.document.to_json().unwrap_or_default();
            Arc::new(Managers::one(WHOLE, self.changed.at, grain, &object))
        })
    }
}

/// The same declaration from the same place: the text and revision decide, not a deep comparison.
impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.uid == other.uid
            && self.changed.revision == other.changed.revision
            && self.document.origin == other.document.origin
    }
}

impl Eq for Stored {}
