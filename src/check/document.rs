//! Whole files to documents: envelope, metadata, spec, and what the spec's kind says about it.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use super::{
    Code, Diagnostic, Severity, Span, bounds, limits,
    node::{Entry, Node},
    schema::Walk,
    shape, split,
    split::Chunk,
    suggest, syntax,
};
use crate::model::{Checks, Document, DocumentKey, Finding, Kind, Metadata, Origin, Spec};

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
    /// Those whose types fit, in the order they stand. One that an error is told of is here for
    /// [`super::references()`] alone: a value out of its bounds may be another one in it.
    pub documents: Vec<Document>,
    /// Those that are named but do not fit: nobody knows what they are, only that they are meant to
    /// be. A reference to one is not dangling.
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
                count += 1;
                if count > limits::DOCUMENTS {
                    found.push(too_many(chunk));
                    break;
                }
                let mut reader = Reader {
                    file: source.file,
                    chunk,
                    namespace,
                    found: Vec::new(),
                };
                let read = reader.read();
                found.append(&mut reader.found);
                let Some((key, at, document)) = read else {
                    continue;
                };
                if let Some(twice) = declared_twice(&key, at, source.file, &mut first) {
                    found.push(twice);
                    continue;
                }
                match document {
                    Some(document) => checked.documents.push(document),
                    None => checked.unreadable.push(key),
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
        if count > limits::DOCUMENTS {
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
    .at(begin(chunk))
    .expected(format!("at most {}", limits::DOCUMENTS))
    .suggest(Some("apply them in several steps"))
}

fn too_big(chunk: Chunk<'_>) -> Diagnostic {
    let bytes = chunk.text.len();
    Diagnostic::new(
        Code::DOCUMENT_TOO_BIG,
        format!("the document has {bytes} bytes, and at most 1 MiB is read"),
    )
    .at(begin(chunk))
    .expected(format!("at most {} bytes", limits::DOCUMENT_BYTES))
    .found(format!("{bytes} bytes"))
}

fn not_a_document(root: &Node<'_>) -> Diagnostic {
    Diagnostic::new(
        Code::NOT_A_DOCUMENT,
        format!("a document is a mapping, and this is {}", root.describe()),
    )
    .at(root.span)
    .expected("apiVersion, kind, metadata and spec")
    .found(root.describe())
}

/// The first characters of a document whose tree is not there to point at.
fn begin(chunk: Chunk<'_>) -> Span {
    let first = chunk.text.lines().next().unwrap_or_default();
    let mut span = Span::default();
    span.start.line = chunk.line;
    span.start.column = 1;
    span.end.line = chunk.line;
    span.end.column = u32::try_from(first.chars().count())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    span
}

struct Reader<'a> {
    file: Option<&'a str>,
    chunk: Chunk<'a>,
    namespace: &'a str,
    found: Vec<Diagnostic>,
}

/// Fields of `metadata` that a server writes and `get` prints: taken and dropped.
const SERVER_FIELDS: &[&str] = &[
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
];

impl<'a> Reader<'a> {
    /// The document's key and the place of its name, once so much can be read, and the document.
    fn read(&mut self) -> Option<(DocumentKey, Span, Option<Document>)> {
        if self.chunk.text.len() > limits::DOCUMENT_BYTES {
            self.found.push(too_big(self.chunk));
            return None;
        }
        let root = syntax::parse(self.chunk.text, self.chunk.line, &mut self.found)?;
        let broken = !self.found.is_empty();
        let Some(entries) = root.entries() else {
            self.found.push(not_a_document(&root));
            return None;
        };
        self.unknown_parts(entries);
        let kind = self.kind(&root);
        let metadata = self.metadata(&root);
        let Some(kind) = kind else {
            self.claim(None);
            return None;
        };
        let spec = self.spec(kind, &root);
        let Some((metadata, at)) = metadata else {
            self.claim(None);
            return None;
        };
        let key = DocumentKey {
            kind,
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
        };
        if let Some(spec) = &spec {
            self.bounds(spec, &root);
        }
        self.claim(Some(&key));
        let document = spec.filter(|_| !broken).map(|spec| Document {
            metadata,
            spec,
            origin: Origin {
                source: "".into(),
                file: self.file.map(Into::into),
                line: Some(self.chunk.line),
                text: Some(self.chunk.text.into()),
            },
        });
        Some((key, at, document))
    }

    /// Says of all that was found so far which document it is about.
    fn claim(&mut self, key: Option<&DocumentKey>) {
        for diagnostic in &mut self.found {
            diagnostic.document = key.cloned();
        }
    }

    fn unknown_parts(&mut self, entries: &[Entry<'_>]) {
        const PARTS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
        for entry in entries.iter().filter(|e| !PARTS.contains(&&*e.key)) {
            let free = PARTS
                .into_iter()
                .filter(|part| entries.iter().all(|other| other.key != *part));
            let meant = suggest::nearest(&entry.key, free);
            self.found.push(
                Diagnostic::new(
                    Code::UNKNOWN_FIELD,
                    format!("unknown field {:?}", entry.key),
                )
                .at(entry.key_span)
                .pointer(format!("/{}", entry.key))
                .expected(format!("one of {}", suggest::enumerate(PARTS)))
                .suggest(match meant {
                    Some(meant) => Some(format!("did you mean {meant:?}?")),
                    None => Some("does it belong under spec?".to_owned()),
                }),
            );
        }
    }

    fn missing(&mut self, root: &Node<'_>, name: &str, expected: &str) {
        self.found.push(
            Diagnostic::new(
                Code::MISSING_FIELD,
                format!("the required field {name:?} is missing"),
            )
            .at(root.span)
            .expected(format!("{name}: {expected}")),
        );
    }

    fn kind(&mut self, root: &Node<'_>) -> Option<Kind> {
        let kinds = || Kind::ALL.iter().map(|kind| kind.facts().kind);
        let version = root.get("apiVersion");
        let Some(entry) = root.get("kind") else {
            self.missing(
                root,
                "kind",
                &format!("one of {}", suggest::enumerate(kinds())),
            );
            if version.is_none() {
                self.missing(root, "apiVersion", "the kind's API version");
            }
            return None;
        };
        let written = entry.value.text().unwrap_or_default();
        let Some(kind) = Kind::by_name(written) else {
            let meant = suggest::nearest(written, kinds());
            self.found.push(
                Diagnostic::new(Code::UNKNOWN_KIND, format!("there is no kind {written:?}"))
                    .at(entry.span())
                    .pointer("/kind")
                    .expected(format!("one of {}", suggest::enumerate(kinds())))
                    .found(entry.value.describe())
                    .suggest(meant.map(|meant| format!("did you mean {meant:?}?"))),
            );
            return None;
        };
        let expected = kind.facts().api_version();
        let Some(version) = version else {
            self.missing(root, "apiVersion", &expected);
            return Some(kind);
        };
        let written = version.value.text().unwrap_or_default();
        if written == expected {
            return Some(kind);
        }
        let group = |version: &str| version.split_once('/').map(|(group, _)| group.to_owned());
        let message = if group(written) == group(&expected) {
            format!("{kind} is served as {expected} only")
        } else {
            format!("there is no kind {kind} in {written:?}")
        };
        self.found.push(
            Diagnostic::new(Code::WRONG_API_VERSION, message)
                .at(version.span())
                .pointer("/apiVersion")
                .expected(&expected)
                .found(version.value.describe())
                .suggest(Some(format!("write apiVersion: {expected}"))),
        );
        // What stands in the spec of another API's kind of the same name is not ours to judge.
        (group(written) == group(&expected) || suggest::nearest(written, [&*expected]).is_some())
            .then_some(kind)
    }

    /// The metadata, and where the name stands.
    fn metadata(&mut self, root: &Node<'_>) -> Option<(Metadata, Span)> {
        let Some(entry) = root.get("metadata") else {
            self.missing(root, "metadata", "a mapping with the document's name");
            return None;
        };
        let mut walk = Walk::at("/metadata");
        walk.ignored = SERVER_FIELDS;
        let value = walk.value(shape::of_metadata()?, &entry.value, entry.span());
        self.found.append(&mut walk.found);
        let Some(Value::Object(mut fields)) = value else {
            return None;
        };
        fields
            .entry("namespace")
            .or_insert_with(|| self.namespace.into());
        let at = entry.value.locate("/name");
        let metadata = serde_json::from_value(Value::Object(fields));
        Some((self.typed("/metadata", entry.span(), metadata)?, at))
    }

    fn spec(&mut self, kind: Kind, root: &Node<'_>) -> Option<Spec> {
        let Some(entry) = root.get("spec") else {
            self.missing(root, "spec", &format!("what the {kind} is to be"));
            return None;
        };
        let mut walk = Walk::at("/spec");
        let value = walk.value(shape::of_kind(kind)?, &entry.value, entry.span());
        self.found.append(&mut walk.found);
        self.typed("/spec", entry.span(), Spec::from_json(kind, value?))
    }

    /// The schema is made from the type, so what fits the one fits the other; should they ever
    /// differ, the type's own words are better than a document that is lost without any.
    fn typed<T>(
        &mut self,
        pointer: &str,
        span: Span,
        read: Result<T, serde_json::Error>,
    ) -> Option<T> {
        read.map_err(|error| {
            self.found.push(
                Diagnostic::new(Code::WRONG_TYPE, error.to_string())
                    .at(span)
                    .pointer(pointer),
            );
        })
        .ok()
    }

    fn bounds(&mut self, spec: &Spec, root: &Node<'_>) {
        let mut checks = Checks::default();
        spec.check(&mut checks);
        for finding in checks.into_findings() {
            let pointer = format!("/spec{}", finding.pointer);
            if self.follows(&pointer, &finding) {
                continue;
            }
            let span = root.locate(&pointer);
            self.found
                .push(bounds::told(finding).at(span).pointer(pointer));
        }
    }
    /// Whether what was told already is the cause of `finding`: an error at the same place, or,
    /// for what is only a warning, inside it.
    fn follows(&self, pointer: &str, finding: &Finding) -> bool {
        let warning = bounds::code(finding.fault).severity() == Severity::Warning;
        let inside = |cause: &str| {
            let below = cause.strip_prefix(pointer);
            below.is_some_and(|below| below.is_empty() || (warning && below.starts_with('/')))
        };
        let mut errors = self.found.iter().filter(|told| told.is_error());
        errors.any(|told| inside(&told.pointer))
    }
}
