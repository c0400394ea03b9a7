//! The one way by which the API writes: what is to be stored is looked at beside all that is stored,
//! and becomes one revision or nothing.
//!
//! Absent on purpose: what a request looks like (`apply`, `kubernetes`), and how it is stored
//! (`catalog`).

use super::world::Stored;
use crate::{
    catalog::{self, Applied, Catalog, Current, Edit, Terms, Verdict},
    check::{self, Diagnostic, Overlay},
    model::{Document, DocumentKey},
};

/// What to write, and what reading it told already.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    pub(super) edits: Vec<Edit>,
    /// One error among these, and nothing is written.
    pub(super) found: Vec<Diagnostic>,
    /// Meant to be, but not readable: naming one of these is no error of its own.
    pub(super) unreadable: Vec<DocumentKey>,
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Refused<R> {
    /// All that is wrong with the documents.
    Documents(Vec<Diagnostic>),
    /// The store could not take them.
    Catalog(catalog::Error),
    /// What the caller itself had against it.
    Caller(R),
}

/// Writes what `make` makes of what is stored, all or nothing, and tells what is worth knowing.
///
/// With `allow_dangling` what is named and does not exist is a warning, not an error.
pub(super) async fn write<R: Send>(
    catalog: &Catalog,
    terms: Terms,
    allow_dangling: bool,
    mut make: impl FnMut(&Current) -> Result<Change, R> + Send,
) -> Result<(Applied, Vec<Diagnostic>), Refused<R>> {
    let mut warnings = Vec::new();
    let verdict = catalog.write(terms, |current| {
        let change = make(current).map_err(Refused::Caller)?;
        let mut found = change.found;
        let references = references(&change.edits, change.unreadable, current).into_iter();
        found.extend(references.map(|diagnostic| match allow_dangling {
            true => diagnostic.allow_dangling(),
            false => diagnostic,
        }));
        if found.iter().any(Diagnostic::is_error) {
            return Err(Refused::Documents(found));
        }
        warnings = found;
        Ok(change.edits)
    });
    match verdict.await {
        Ok(Verdict::Applied(applied)) => Ok((applied, warnings)),
        Ok(Verdict::Invalid(refused)) => Err(refused),
        Err(error) => Err(Refused::Catalog(error)),
    }
}

/// What the documents of `edits` name and is not there, after the edits.
fn references(edits: &[Edit], unreadable: Vec<DocumentKey>, current: &Current) -> Vec<Diagnostic> {
    let gone = edits.iter().filter_map(|edit| match edit {
        Edit::Delete(key) => Some(key.clone()),
        _ => None,
    });
    let put = || edits.iter().filter_map(Edit::document);
    let base = Stored(current);
    let world = Overlay::new(put().map(|document| -> &Document { document }))
        .over(&base)
        .without(gone)
        .with_unreadable(unreadable);
    check::references(put().map(|document| -> &Document { document }), &world)
}

/// The time, as the catalog wants it: Unix milliseconds.
pub(super) fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}
