//! One document: envelope, metadata, spec, and what the spec's kind says about it.

use std::sync::Arc;

use serde_json::Value;

use super::{foreign, guess};
use crate::{
    check::{
        Code, Diagnostic, Severity, Span, Stage, bounds, limits,
        node::{Content, Entry, Node},
        raw,
        schema::Walk,
        shape,
        split::Chunk,
        suggest, syntax,
    },
    model::{
        Body, Checks, Document, DocumentKey, Finding, Form, Kind, Metadata, Origin, SERVER_FIELDS,
        Spec, secret,
    },
};

/// A document that is named, if it could be read or not.
pub(super) struct Read {
    pub(super) key: DocumentKey,
    /// Where its name stands; none where the key is a guess.
    pub(super) named_at: Option<Span>,
    /// Whether an error is told of it.
    pub(super) broken: bool,
    pub(super) document: Option<Document>,
}

/// The document in `chunk`, or the documents of a `List`. All that is wrong goes to `found`.
pub(super) fn read(
    file: Option<&str>,
    chunk: Chunk<'_>,
    namespace: &str,
    found: &mut Vec<Diagnostic>,
) -> Vec<Read> {
    let mut reader = Reader {
        file,
        line: chunk.line,
        namespace,
        found: Vec::new(),
    };
    let root = if chunk.text.len() > limits::DOCUMENT_BYTES {
        reader.found.push(too_big(chunk));
        None
    } else {
        syntax::parse(chunk.text, chunk.line, &mut reader.found)
    };
    let mut all = Vec::new();
    match &root {
        None => {
            let key = guess::key(chunk.text, namespace);
            if key.as_ref().is_some_and(|key| key.kind.is_secret()) {
                reader.hide();
            }
            all.extend(key.map(|key| Read {
                key,
                named_at: None,
                broken: true,
                document: None,
            }));
        }
        Some(root) => match items(root) {
            None => all.extend(reader.read(root, Some(chunk.text.into()))),
            Some(items) => {
                for item in items {
                    found.append(&mut reader.found);
                    reader.line = item.span.start.line;
                    // An item's own text cannot be cut out of the list and stay YAML.
                    all.extend(reader.read(item, None));
                }
            }
        },
    }
    found.append(&mut reader.found);
    all
}

/// The items of Kubernetes' `List`, which is how several documents are one JSON value.
fn items<'n, 'a>(root: &'n Node<'a>) -> Option<&'n [Node<'a>]> {
    let list = root.get("kind")?.value.text() == Some("List");
    match &root.get("items").filter(|_| list)?.value.content {
        Content::List(items) => Some(items),
        Content::Map(_) | Content::Scalar { .. } => None,
    }
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
pub(super) fn begin(chunk: Chunk<'_>) -> Span {
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
    /// Where the document begins.
    line: u32,
    namespace: &'a str,
    found: Vec<Diagnostic>,
}

/// What every document has; the kind's own fields stand under `spec` or beside these.
const ENVELOPE: &[&str] = &["apiVersion", "kind", "metadata", "status"];

/// Fields of `metadata` that Kubernetes acts on and nothing here does.
const NO_EFFECT: [&str; 2] = ["finalizers", "ownerReferences"];

impl Reader<'_> {
    fn read(&mut self, root: &Node<'_>, text: Option<Arc<str>>) -> Option<Read> {
        let Some(entries) = root.entries() else {
            self.found.push(not_a_document(root));
            return None;
        };
        let kind = self.kind(root);
        if kind.is_none_or(|kind| kind.facts().body != Body::TopLevel) {
            self.unknown_parts(entries);
        }
        let metadata = self.metadata(kind, root);
        if kind.is_some_and(Kind::is_secret) {
            self.hide();
        }
        let named = kind.zip(metadata);
        let spec = named.as_ref().and_then(|(kind, _)| self.body(*kind, root));
        self.forget_what_follows_from_aliases();
        let (kind, (mut metadata, at)) = named?;
        if kind.is_secret() {
            secret::redact(&mut metadata);
        }
        let key = DocumentKey {
            kind,
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
        };
        if let Some(spec) = &spec {
            self.bounds(spec, root);
            self.raw(spec, root);
        }
        for diagnostic in &mut self.found {
            diagnostic.document = Some(key.clone());
        }
        let document = spec.map(|spec| Document {
            metadata,
            spec,
            origin: Origin {
                source: "".into(),
                file: self.file.map(Into::into),
                line: Some(self.line),
                text: text.filter(|_| !kind.is_secret()),
            },
            created: None,
        });
        Some(Read {
            key,
            named_at: Some(at),
            broken: self.found.iter().any(Diagnostic::is_error),
            document,
        })
    }

    /// Where an alias has no anchor nothing stands, which is told once.
    fn forget_what_follows_from_aliases(&mut self) {
        let place = |told: &Diagnostic| (told.line, told.column);
        let unknown = |told: &&Diagnostic| told.code == Code::UNKNOWN_ALIAS;
        let aliases: Vec<_> = self.found.iter().filter(unknown).map(place).collect();
        if !aliases.is_empty() {
            let follows = |told: &Diagnostic| aliases.contains(&place(told));
            self.found
                .retain(|told| told.code == Code::UNKNOWN_ALIAS || !follows(told));
        }
    }

    /// What was told so far is about a document that holds secrets: no line of it is shown, and
    /// nothing of what could not be read.
    fn hide(&mut self) {
        for told in &mut self.found {
            if told.code.stage() == Stage::Syntax {
                told.message = told.code.title().unwrap_or_default().to_owned();
                (told.expected, told.found, told.suggestion) = (None, None, None);
            }
            told.hidden = true;
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
        let of = version.and_then(|version| version.value.text());
        if let Some(foreign) = of.and_then(|version| foreign::told(version, written)) {
            self.found.push(foreign.at(entry.span()).pointer("/kind"));
            return None;
        }
        let kind = Kind::by_name(written).or_else(|| {
            let meant = suggest::nearest(written, kinds());
            self.found.push(
                Diagnostic::new(Code::UNKNOWN_KIND, format!("there is no kind {written:?}"))
                    .at(entry.span())
                    .pointer("/kind")
                    .expected(format!("one of {}", suggest::enumerate(kinds())))
                    .found(entry.value.describe())
                    .suggest(meant.map(|meant| format!("did you mean {meant:?}?"))),
            );
            // Read on as that one: what else is wrong is told too.
            Kind::by_name(meant?)
        })?;
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
        let ours = Kind::ALL.iter().map(|kind| kind.facts().group.to_owned());
        let ours = ours.map(Some).any(|ours| ours == group(written));
        (ours || suggest::nearest(written, [&*expected]).is_some()).then_some(kind)
    }

    /// The metadata, and where the name stands.
    fn metadata(&mut self, kind: Option<Kind>, root: &Node<'_>) -> Option<(Metadata, Span)> {
        let Some(entry) = root.get("metadata") else {
            self.missing(root, "metadata", "a mapping with the document's name");
            return None;
        };
        let facts = kind.map(Kind::facts);
        let names = facts.map_or(Form::DnsLabel, |facts| facts.names);
        let mut walk = Walk::at("/metadata");
        walk.ignored = SERVER_FIELDS;
        let value = walk.value(shape::of_metadata(names)?, &entry.value, entry.span());
        self.found.append(&mut walk.found);
        self.without_effect(kind, &entry.value);
        let Some(Value::Object(mut fields)) = value else {
            return None;
        };
        if facts.is_none_or(|facts| facts.namespaced) {
            fields
                .entry("namespace")
                .or_insert_with(|| self.namespace.into());
        } else {
            fields.insert("namespace".to_owned(), "".into());
        }
        let at = entry.value.locate("/name");
        let metadata = serde_json::from_value(Value::Object(fields));
        Some((self.typed("/metadata", entry.span(), metadata)?, at))
    }

    /// Tells what of the metadata is dropped though whoever wrote it may count on it.
    fn without_effect(&mut self, kind: Option<Kind>, metadata: &Node<'_>) {
        for field in NO_EFFECT {
            let entry = metadata.get(field);
            if let Some(entry) = entry.filter(|entry| !entry.value.is_empty()) {
                self.found.push(
                    Diagnostic::new(Code::NO_EFFECT, format!("{field} have no effect here"))
                        .at(entry.key_span)
                        .pointer(format!("/metadata/{field}"))
                        .suggest(Some("remove the field")),
                );
            }
        }
        let kind = kind.filter(|kind| !kind.facts().namespaced);
        if let Some((kind, entry)) = kind.zip(metadata.get("namespace")) {
            let message = format!("a {kind} is in no namespace");
            self.found.push(
                Diagnostic::new(Code::NO_EFFECT, message)
                    .at(entry.span())
                    .pointer("/metadata/namespace")
                    .suggest(Some("remove the field")),
            );
        }
    }

    /// What the document declares.
    fn body(&mut self, kind: Kind, root: &Node<'_>) -> Option<Spec> {
        let body = kind.facts().body;
        let pointer = body.pointer();
        let mut walk = Walk::at(pointer);
        let (node, span) = match (body, root.get("spec")) {
            (Body::TopLevel, _) => {
                walk.ignored = ENVELOPE;
                (root, root.span)
            }
            (Body::OptionalSpec, Some(entry)) if entry.value.is_null() => {
                return self.empty(kind, root.span);
            }
            (_, Some(entry)) => (&entry.value, entry.span()),
            (Body::OptionalSpec, None) => return self.empty(kind, root.span),
            (Body::Spec, None) => {
                self.missing(root, "spec", &format!("what the {kind} is to be"));
                return None;
            }
        };
        let value = walk.value(shape::of_kind(kind)?, node, span);
        if kind.is_secret() {
            walk.found.iter_mut().for_each(Diagnostic::hide);
        }
        self.found.append(&mut walk.found);
        self.typed(pointer, span, Spec::from_json(kind, value?))
    }

    fn empty(&mut self, kind: Kind, span: Span) -> Option<Spec> {
        let nothing = Value::Object(serde_json::Map::new());
        self.typed("/spec", span, Spec::from_json(kind, nothing))
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
            let body = spec.kind().facts().body.pointer();
            let pointer = format!("{body}{}", finding.pointer);
            if self.follows(&pointer, &finding) {
                continue;
            }
            let span = root.locate(&pointer);
            let mut told = bounds::told(finding).at(span).pointer(pointer);
            told.hidden = spec.kind().is_secret();
            self.found.push(told);
        }
    }

    /// What is wrong with a raw resource or patch as a whole.
    fn raw(&mut self, spec: &Spec, root: &Node<'_>) {
        for diagnostic in raw::check(spec) {
            let body = spec.kind().facts().body.pointer();
            let pointer = format!("{body}{}", diagnostic.pointer);
            let span = root.locate(&pointer);
            self.found.push(diagnostic.at(span).pointer(pointer));
        }
    }

    /// Whether what was told already is the cause of `finding`, which is at `pointer`: an error at
    /// the same place; or inside it, where the finding is only a warning or the error changed what
    /// there is to look at.
    fn follows(&self, pointer: &str, finding: &Finding) -> bool {
        let warning = bounds::code(finding.fault).severity() == Severity::Warning;
        let changed = |code: Code| {
            let passed_over = [Code::UNKNOWN_FIELD, Code::NOT_YET].contains(&code);
            code.stage() == Stage::Schema && !passed_over
        };
        let mut errors = self.found.iter().filter(|told| told.is_error());
        errors.any(|told| match told.pointer.strip_prefix(pointer) {
            Some("") => true,
            Some(below) => below.starts_with('/') && (warning || changed(told.code)),
            None => false,
        })
    }
}
