//! Whole files to documents.

mod foreign;
mod guess;
mod reader;

use std::{collections::HashMap, sync::Arc};

use super::{Code, Diagnostic, Span, limits, split, split::Chunk};
use crate::model::{Document, DocumentKey};

/// A text that holds documents.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its file, as the user named it.
    pub file: Option<&'a str>,
    /// YAML or JSON; any number of documents.
    pub text: &'a str,
}

/// What [`documents`] read.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Those that could be read, in the order they stand.
    pub documents: Vec<Document>,
    /// Those that an error is told of. Nobody knows what they are, only that they are meant to be:
    /// a reference to one is not dangling. Where so much could be read that what it names itself can
    /// be looked up, it is among `documents` too, for that alone: never to be stored.
    pub unreadable: Vec<DocumentKey>,
    /// All that is wrong, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether anything is wrong enough to stop a change.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads all documents of all `sources` and tells all that is wrong with each by itself.
///
/// A document that names no namespace is put into `namespace`. Every document's `origin` says where
/// it stands; its `source` is left to the caller.
#[must_use]
pub fn documents(sources: &[Source<'_>], namespace: &str) -> Checked {
    let mut checked = Checked::default();
    let mut first = HashMap::new();
    let mut count = 0_usize;
    for source in sources {
        let mut found = Vec::new();
        if let Some(fatal) = split::preflight(source.text) {
            found.push(fatal);
        } else {
            for chunk in split::chunks(source.text) {
                if count >= limits::DOCUMENTS {
                    found.push(too_many(chunk));
                    count = usize::MAX;
                    break;
                }
                let read = reader::read(source.file, chunk, namespace, &mut found);
                count += read.len().max(1);
                for one in read {
                    let twice = one
                        .named_at
                        .and_then(|at| declared_twice(&one.key, at, source.file, &mut first));
                    if let Some(twice) = twice {
                        found.push(twice);
                        continue;
                    }
                    if one.broken {
                        checked.unreadable.push(one.key);
                    }
                    checked.documents.extend(one.document);
                }
            }
        }
        let file: Option<Arc<str>> = source.file.map(Into::into);
        checked
            .diagnostics
            .extend(found.into_iter().map(|diagnostic| Diagnostic {
                file: file.clone(),
                ..diagnostic
            }));
        if count == usize::MAX {
            break;
        }
    }
    checked.diagnostics.sort_by_key(Diagnostic::order);
    checked
}

type First<'a> = HashMap<DocumentKey, (Option<&'a str>, u32)>;

fn declared_twice<'a>(
    key: &DocumentKey,
    at: Span,
    file: Option<&'a str>,
    first: &mut First<'a>,
) -> Option<Diagnostic> {
    let here = (file, at.start.line);
    let Some((file, line)) = first.get(key) else {
        first.insert(key.clone(), here);
        return None;
    };
    let file = file.map(|file| format!("{file} "));
    let mut diagnostic = Diagnostic::new(Code::DECLARED_TWICE, format!("{key} is declared twice"))
        .at(at)
        .pointer("/metadata/name")
        .found(format!(
            "it stands in {}line {line} already",
            file.unwrap_or_default()
        ))
        .suggest(Some("keep one of the two, or give one another name"));
    diagnostic.document = Some(key.clone());
    Some(diagnostic)
}

fn too_many(chunk: Chunk<'_>) -> Diagnostic {
    Diagnostic::new(
        Code::TOO_MANY,
        format!("there are more than {} documents", limits::DOCUMENTS),
    )
    .at(reader::begin(chunk))
    .expected(format!("at most {}", limits::DOCUMENTS))
    .suggest(Some("apply them in several steps"))
}
