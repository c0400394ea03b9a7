//! What compiling found, in the shape of every other error about a document.

use super::{Code, Diagnostic, Severity, locate};
use crate::{
    model::{Document, DocumentKey, Kind},
    snapshot::{self, Problem},
};

/// `problem` at its place in `document`, which is the one it is about; without it, as one of which
/// the text is not known.
#[must_use]
pub fn problem(problem: &Problem, document: Option<&Document>) -> Diagnostic {
    // Every code that compiling has is one of ours: a test compares.
    let code = problem.code.parse().unwrap_or(Code::COMPILED_FAULT);
    let mut told = Diagnostic::new(code, &*problem.message)
        .pointer(&*problem.at.pointer)
        .effect(&*problem.effect);
    told.severity = match problem.severity {
        snapshot::Severity::Warning => Severity::Warning,
        snapshot::Severity::Error => Severity::Error,
    };
    if let Some(document) = document {
        locate::place(document, std::slice::from_mut(&mut told));
    } else if let Some(kind) = Kind::by_name(&problem.at.kind) {
        told.document = Some(DocumentKey {
            kind,
            namespace: problem.at.namespace.clone(),
            name: problem.at.name.clone(),
        });
    }
    told
}
