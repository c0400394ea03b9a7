//! Back from a place in a document to a place in its file.

use super::{Code, Diagnostic, Place, Span, syntax};
use crate::model::{Document, Origin, Spec};

/// Where what `pointer` (RFC 6901, from the document's root) names stands in the file of `origin`,
/// or else the nearest thing around it. None where the text is not known.
#[must_use]
pub fn locate(origin: &Origin, pointer: &str) -> Option<Span> {
    let text = origin.text.as_deref()?;
    let mut ignored = Vec::new();
    let root = syntax::parse(text, origin.line.unwrap_or(1), &mut ignored)?;
    Some(root.locate(pointer))
}

/// `message` about what `pointer` names in `document`, at its line.
#[must_use]
pub fn report(document: &Document, code: Code, pointer: &str, message: String) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, message).pointer(pointer);
    if matches!(document.spec, Spec::Secret(_)) {
        diagnostic.hide();
    }
    place(document, std::slice::from_mut(&mut diagnostic));
    diagnostic
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
        let span = match (&root, origin.line) {
            (Some(root), _) => Some(root.locate(&diagnostic.pointer)),
            (None, Some(line)) => Some(beginning(line)),
            (None, None) => None,
        };
        if let Some(span) = span {
            *diagnostic = diagnostic.clone().at(span);
        }
    }
}

/// The first character of a line, which is all that is known of an item of a `List`.
fn beginning(line: u32) -> Span {
    let start = Place { line, column: 1 };
    let end = Place { line, column: 2 };
    Span { start, end }
}
