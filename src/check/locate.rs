//! Back from a place in a document to a place in its file.

use super::{Diagnostic, Span, syntax};
use crate::model::{Document, Origin};

/// Where what `pointer` (RFC 6901, from the document's root) names stands in the file of `origin`,
/// or else the nearest thing around it. None where the text is not known.
#[must_use]
pub fn locate(origin: &Origin, pointer: &str) -> Option<Span> {
    let text = origin.text.as_deref()?;
    let mut ignored = Vec::new();
    let root = syntax::parse(text, origin.line.unwrap_or(1), &mut ignored)?;
    Some(root.locate(pointer))
}

/// Puts `diagnostics` about `document` to their places: its text is parsed once, and only if there
/// is something to tell.
pub(super) fn place(document: &Document, diagnostics: &mut [Diagnostic]) {
    if diagnostics.is_empty() {
        return;
    }
    let origin = &document.origin;
    let mut ignored = Vec::new();
    let text = origin.text.as_deref();
    let root = text.and_then(|text| syntax::parse(text, origin.line.unwrap_or(1), &mut ignored));
    for diagnostic in diagnostics {
        diagnostic.file.clone_from(&origin.file);
        diagnostic.document = Some(document.key());
        if let Some(root) = &root {
            *diagnostic = diagnostic.clone().at(root.locate(&diagnostic.pointer));
        }
    }
}
