//! Writing one document: the one way of POST, PUT and PATCH.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    Objects, Place, Refused,
    answer::{self, Form},
    declared::Declared,
    object, precondition,
    query::Manner,
};
use crate::{
    api::{State, write},
    catalog::{Edit, Outcome, Stored},
    check::Diagnostic,
    model::{Grain, Managers},
};

/// What is to be stored, made from what is.
pub(super) struct Made {
    pub(super) declared: Declared,
    pub(super) managers: ManagedBy,
}

/// Who manages the fields of what is to be stored.
pub(super) enum ManagedBy {
    /// Who writes, what differs from what is stored; the others as before, or as given here.
    Writer(Option<Managers>),
    /// These.
    These(Managers),
}

/// What was stored.
pub(super) struct Committed {
    stored: Arc<Stored>,
    outcome: Outcome,
    warnings: Vec<Diagnostic>,
}

/// Stores what `make` makes of the document at `place`, if there is one.
pub(super) async fn commit(
    state: &State,
    place: &Place,
    manner: &Manner,
    mut make: impl FnMut(Option<&Arc<Stored>>) -> Result<Made, Refused> + Send,
) -> Result<Committed, Refused> {
    let key = place.key();
    let terms = manner.terms();
    let at = terms.at;
    let written = write::write(&state.catalog, terms, true, |current| {
        let stored = current.get(&key);
        let Made { declared, managers } = make(stored)?;
        let managers = managed(managers, stored, &declared, (&manner.manager, at));
        Ok(write::Change {
            edits: vec![Edit::Managed(Arc::new(declared.document), managers)],
            found: declared.found,
            unreadable: Vec::new(),
        })
    });
    let (applied, warnings) = written
        .await
        .map_err(|error| Refused::from(error).or_about(&key))?;
    let outcome = applied.outcomes.first().map(|(_, outcome)| *outcome);
    let stored = applied.documents.into_iter().flatten().next();
    match (stored, outcome) {
        (Some(stored), Some(outcome)) => Ok(Committed {
            stored,
            outcome,
            warnings,
        }),
        // One change has one outcome and leaves one document.
        _ => Err(Refused::gone(&key)),
    }
}

/// Who manages the document once it is stored; none: what is declared as a whole has one manager.
fn managed(
    managers: ManagedBy,
    stored: Option<&Arc<Stored>>,
    declared: &Declared,
    (name, at): (&str, u64),
) -> Option<Arc<Managers>> {
    let before = stored.map(|stored| stored.managers());
    let after = match managers {
        ManagedBy::These(managers) => managers,
        ManagedBy::Writer(given) => {
            let base = given
                .or_else(|| before.as_deref().cloned())
                .unwrap_or_default();
            let grain = Grain::of_kind(declared.document.spec.kind());
            let old = stored.and_then(|stored| stored.document.to_json().ok());
            let new = declared.document.to_json().unwrap_or_default();
            base.updated(name, at, grain, &old.unwrap_or_default(), &new)
        }
    };
    match (stored, before) {
        // So that what changes nothing is seen to change nothing.
        (Some(stored), Some(before)) if *before == after => stored.managers.clone(),
        _ => Some(Arc::new(after)),
    }
}

impl Committed {
    /// The document as it is now, or would be.
    pub(super) fn respond(self, state: &State, form: Form) -> Result<Response, Refused> {
        let kind = self.stored.document.spec.kind();
        let object = Objects::new(state).render(&self.stored);
        let status = match self.outcome {
            Outcome::Created => StatusCode::CREATED,
            _ => StatusCode::OK,
        };
        let tag = precondition::tag(&object);
        let mut response = form.respond(status, &form.object(kind, object))?;
        if let Ok(tag) = HeaderValue::from_str(&tag)
            && form.is_whole()
        {
            response.headers_mut().insert(header::ETAG, tag);
        }
        answer::warn(
            &mut response,
            Some(&self.stored.document.key()),
            &self.warnings,
        );
        Ok(response)
    }
}

/// The managers that a client wrote into an object's metadata, where they are not those it was
/// given; none: it leaves them alone.
pub(super) fn rewritten(
    metadata: Option<&serde_json::Value>,
    stored: Option<&Arc<Stored>>,
) -> Result<Option<Managers>, Refused> {
    let Some(written) = metadata.and_then(|metadata| metadata.get("managedFields")) else {
        return Ok(None);
    };
    let known = stored.map(|stored| object::managed_fields(stored));
    if written.as_array().is_none_or(Vec::is_empty) || known.as_ref() == Some(written) {
        return Ok(None);
    }
    object::managers(written).map(Some)
}
