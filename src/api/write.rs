//! The one way by which the API writes: what is to be stored is looked at beside all that is stored,
//! and becomes one revision or nothing.
//!
//! Absent on purpose: what a request looks like (`apply`, `kubernetes`), and how it is stored
//! (`catalog`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::world::Stored;
use crate::{
    catalog::{self, Applied, Catalog, Current, Edit, Terms, Verdict},
    check::{self, Code, Diagnostic, Overlay, Severity},
    model::{Document, DocumentKey, Spec},
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
    let mut put: Vec<Arc<Document>> = Vec::new();
    let verdict = catalog.write(terms, |current| {
        let change = make(current).map_err(Refused::Caller)?;
        let mut found = change.found;
        let mut left = left_dangling(&change.edits, current);
        if allow_dangling {
            for diagnostic in &mut left {
                diagnostic.severity = diagnostic.severity.min(Severity::Warning);
            }
        }
        found.append(&mut left);
        let references = references(&change.edits, change.unreadable, current).into_iter();
        found.extend(references.map(|diagnostic| match allow_dangling {
            true => diagnostic.allow_dangling(),
            false => diagnostic,
        }));
        if found.iter().any(Diagnostic::is_error) {
            return Err(Refused::Documents(found));
        }
        warnings = found;
        put = change
            .edits
            .iter()
            .filter_map(Edit::document)
            .cloned()
            .collect();
        Ok(change.edits)
    });
    match verdict.await {
        Ok(Verdict::Applied(applied)) => Ok((applied, warnings)),
        Ok(Verdict::Invalid(refused)) => Err(refused),
        Err(error) => Err(match refusal(&error, &put) {
            Some(diagnostic) => Refused::Documents(vec![diagnostic]),
            None => Refused::Catalog(error),
        }),
    }
}

/// What the catalog has against one of the documents `put`, as every other error is told.
fn refusal(error: &catalog::Error, put: &[Arc<Document>]) -> Option<Diagnostic> {
    let (key, code, name, message, advice) = match error {
        catalog::Error::Immutable(key) => (
            key,
            Code::IMMUTABLE,
            None,
            format!("{key} was declared immutable"),
            "delete it and create it again, or give the new content another name",
        ),
        catalog::Error::Redacted { document, name } => (
            document,
            Code::REDACTED,
            Some(&**name),
            format!("{name} was redacted when it was read, and is not what is stored now"),
            "give the value itself, or read the document again",
        ),
        catalog::Error::Unfit { document, reason } => (
            document,
            Code::CERTIFICATE,
            Some(reason.about()),
            reason.to_string(),
            "change certificate and key in one apply",
        ),
        _ => return None,
    };
    let document = put.iter().find(|document| document.key() == *key)?;
    let pointer = name.map(|name| match &document.spec {
        Spec::Secret(secret) => secret.pointer(name),
        _ => String::new(),
    });
    let pointer = pointer.unwrap_or_default();
    let mut diagnostic = check::report(document, code, &pointer, message);
    diagnostic.suggestion = Some(advice.to_owned());
    Some(diagnostic)
}

/// What the documents of `edits` name and is not there, after the edits.
fn references(edits: &[Edit], unreadable: Vec<DocumentKey>, current: &Current) -> Vec<Diagnostic> {
    let put = || edits.iter().filter_map(Edit::document);
    let base = Stored(current);
    let world = Overlay::new(put().map(|document| -> &Document { document }))
        .over(&base)
        .without(gone(edits))
        .with_unreadable(unreadable);
    check::references(put().map(|document| -> &Document { document }), &world)
}

/// What stored documents name and would not be there any more, or not so, after the edits: a change
/// of one document breaks another as surely as a change of itself.
fn left_dangling(edits: &[Edit], current: &Current) -> Vec<Diagnostic> {
    let edited: BTreeSet<_> = edits.iter().map(Edit::key).collect();
    // What was not there before breaks nobody by coming.
    let touched = edited.iter().filter(|key| current.get(key).is_some());
    let referrers: BTreeMap<_, _> = touched
        .flat_map(|key| current.referrers(key))
        .map(|stored| (stored.document.key(), &*stored.document))
        .filter(|(key, _)| !edited.contains(key))
        .collect();
    if referrers.is_empty() {
        return Vec::new();
    }
    let base = Stored(current);
    let after = Overlay::new(edits.iter().filter_map(Edit::document).map(|put| &**put))
        .over(&base)
        .without(gone(edits));
    let referrers = || referrers.values().copied();
    let before = check::references(referrers(), &base);
    let mut left = check::references(referrers(), &after);
    left.retain(|new| !before.iter().any(|old| same_place(old, new)));
    for diagnostic in &mut left {
        let advice = "this change takes it away: change both documents in one apply";
        diagnostic.suggestion.get_or_insert(advice.to_owned());
    }
    left
}

/// Whether two findings are about one place of one document, in the same way.
fn same_place(a: &Diagnostic, b: &Diagnostic) -> bool {
    (a.code, &a.document, &a.pointer) == (b.code, &b.document, &b.pointer)
}

/// The documents that `edits` take away.
fn gone(edits: &[Edit]) -> impl Iterator<Item = DocumentKey> {
    let gone = edits.iter().filter(|edit| edit.document().is_none());
    gone.map(Edit::key)
}

/// The time, as the catalog wants it: Unix milliseconds.
pub(super) fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}
