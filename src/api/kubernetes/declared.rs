//! What a request declares: the one document of its body, checked by itself and against its path.

use serde_json::{Map, Value};

use super::{Place, Refused, query::Validation};
use crate::{
    api::error::ApiError,
    check::{self, Code, Diagnostic, Severity, Source},
    model::{Document, Origin},
};

/// A document as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) document: Document,
    /// What is worth knowing.
    pub(super) found: Vec<Diagnostic>,
}

/// How often what is not known is left out before it is an error after all: once for each level of
/// what can stand in it.
const ATTEMPTS: usize = check::limits::DEPTH;

/// The object that `text` is, as it stands there.
pub(super) fn object(text: &str) -> Result<(Map<String, Value>, Vec<Diagnostic>), Refused> {
    let (value, found) = check::untyped(text);
    match value {
        Some(Value::Object(object)) => Ok((object, found)),
        Some(_) => Err(ApiError::bad_request("the body is one object, and this is none").into()),
        None if found.is_empty() => Err(ApiError::bad_request("the body is empty").into()),
        None => Err(ApiError::unreadable(found).into()),
    }
}

/// The document that `object` declares at `place`. `found` is what [`object()`] told with it; `text`
/// is there where somebody wrote it who wants to be told lines.
pub(super) fn document(
    mut object: Map<String, Value>,
    found: &[Diagnostic],
    mut text: Option<&str>,
    place: &Place,
    validation: Validation,
) -> Result<Declared, Refused> {
    fits(&object, place)?;
    let facts = place.kind.facts();
    for (field, value) in [("kind", facts.kind), ("apiVersion", &*facts.api_version())] {
        // Clients with types of their own leave it to the path.
        if !object.contains_key(field) {
            object.insert(field.to_owned(), value.into());
            text = None;
        }
    }
    let namespace = place.namespace.as_deref().unwrap_or_default();
    let mut left_out = Vec::new();
    for _ in 0..ATTEMPTS {
        let written = match text.filter(|_| left_out.is_empty()) {
            Some(text) => text.to_owned(),
            None => Value::Object(object.clone()).to_string(),
        };
        let source = Source {
            file: None,
            text: &written,
        };
        let mut checked = check::documents(&[source], namespace);
        if text.is_none() {
            if left_out.is_empty() {
                checked.diagnostics.extend(found.iter().cloned());
            }
            checked.diagnostics.iter_mut().for_each(placeless);
        }
        let (unknown, others): (Vec<_>, Vec<_>) =
            checked.diagnostics.into_iter().partition(|found| {
                validation != Validation::Strict
                    && found.is_error()
                    && [Code::UNKNOWN_FIELD, Code::DUPLICATE_KEY].contains(&found.code)
            });
        if !unknown.is_empty() {
            for field in &unknown {
                remove(&mut object, &field.pointer, field.code);
            }
            left_out.extend(unknown);
            continue;
        }
        if validation == Validation::Ignore {
            left_out.clear();
        }
        let warnings = left_out.into_iter().map(|field| Diagnostic {
            severity: Severity::Warning,
            ..field
        });
        let mut found: Vec<Diagnostic> = warnings.collect();
        found.extend(others);
        if checked.documents.len() > 1 {
            return Err(
                ApiError::bad_request("the body is one object, and these are several").into(),
            );
        }
        let mut documents = checked.documents.into_iter();
        return match (documents.next(), found.iter().any(Diagnostic::is_error)) {
            (Some(mut document), false) => {
                document.origin = Origin {
                    source: "api".into(),
                    ..document.origin
                };
                if text.is_none() {
                    document.origin.line = None;
                    document.origin.text = None;
                }
                Ok(Declared { document, found })
            }
            _ => Err(Refused::from(ApiError::invalid(found)).about(&place.key())),
        };
    }
    Err(ApiError::bad_request("the body has unknown fields without end").into())
}

/// What is sent must be what the path names.
fn fits(object: &Map<String, Value>, place: &Place) -> Result<(), Refused> {
    let facts = place.kind.facts();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let metadata = object.get("metadata");
    let in_metadata = |field: &str| text(metadata.and_then(|metadata| metadata.get(field)));
    for (what, sent, path) in [
        ("kind", text(object.get("kind")), Some(facts.kind)),
        (
            "apiVersion",
            text(object.get("apiVersion")),
            Some(&*facts.api_version()),
        ),
        (
            "namespace",
            in_metadata("namespace"),
            place.namespace.as_deref(),
        ),
        ("name", in_metadata("name"), place.name.as_deref()),
    ] {
        let (Some(sent), Some(path)) = (sent, path) else {
            continue;
        };
        if sent != path {
            return Err(ApiError::bad_request(format!(
                "the {what} of the object is {sent:?} and that of the path is {path:?}: they must be the same"
            ))
            .into());
        }
    }
    Ok(())
}

/// Nobody wrote the text that `found` is told of: only the field says where it is.
fn placeless(found: &mut Diagnostic) {
    (found.line, found.column) = (None, None);
    (found.end_line, found.end_column) = (None, None);
}

/// Takes the field at `pointer` away. One that stands twice is there once already.
fn remove(object: &mut Map<String, Value>, pointer: &str, code: Code) {
    if code == Code::DUPLICATE_KEY {
        return;
    }
    let unescaped = |part: &str| part.replace("~1", "/").replace("~0", "~");
    let Some((parent, field)) = pointer.rsplit_once('/') else {
        return;
    };
    let mut parts = parent.split('/').skip(1).map(unescaped);
    let field = unescaped(field);
    let Some(first) = parts.next() else {
        object.shift_remove(&field);
        return;
    };
    let mut here = object.get_mut(&first);
    for part in parts {
        here = match here {
            Some(Value::Object(fields)) => fields.get_mut(&part),
            Some(Value::Array(items)) => part.parse().ok().and_then(|i: usize| items.get_mut(i)),
            _ => None,
        };
    }
    if let Some(Value::Object(fields)) = here {
        fields.shift_remove(&field);
    }
}
