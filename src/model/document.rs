//! One declared object, and where it was declared.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{Body, Kind, Metadata, Precedence, SERVER_FIELDS, Spec};

/// What names a document: unique within a mesh.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct DocumentKey {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for a kind that has no namespaces.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// Where a document's text stands: what an error message points at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// Who brought it: `apply`, `api`, or a source's name.
    pub source: Arc<str>,
    /// File as the client named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// Line of the document's first token in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The document's text as written, so that a rejection can show the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
}

/// One declared object: kind, metadata and body, nothing defaulted.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// `metadata`.
    pub metadata: Metadata,
    /// What is declared: `spec` for most kinds. It knows the kind.
    pub spec: Spec,
    /// Where it was declared.
    pub origin: Origin,
    /// The store's revision that it came into being with; none before it is stored.
    pub created: Option<u64>,
}

/// Why a JSON object is not a document.
#[derive(Debug, thiserror::Error)]
pub enum NotADocument {
    /// The kind is none of ours, or is not of that API version.
    #[error("there is no kind {kind:?} in {api_version:?}")]
    UnknownKind {
        /// As written.
        api_version: String,
        /// As written.
        kind: String,
    },
    /// A part stands beside `spec` that no document of this kind has.
    #[error("unknown field {0:?}")]
    UnknownPart(String),
    /// There is no `spec`, and its kind needs one.
    #[error("missing field \"spec\"")]
    NoSpec,
    /// A part does not fit its type.
    #[error("{0}")]
    Unfit(#[from] serde_json::Error),
}

/// What every document begins with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    api_version: String,
    kind: String,
    metadata: serde_json::Value,
}

impl Document {
    /// Reads `{apiVersion, kind, metadata, ..}`, the rest as its kind has it; `status` and what else
    /// servers write is dropped. For text that people wrote use `check`, which tells all that is
    /// wrong and where.
    ///
    /// # Errors
    /// [`NotADocument`] with the first thing that does not fit.
    pub fn from_json(object: serde_json::Value, origin: Origin) -> Result<Self, NotADocument> {
        let mut parts: Map<String, serde_json::Value> = serde_json::from_value(object)?;
        let envelope = ["apiVersion", "kind", "metadata"]
            .into_iter()
            .filter_map(|part| Some((part.to_owned(), parts.shift_remove(part)?)));
        let mut envelope: Envelope =
            serde_json::from_value(envelope.collect::<Map<_, _>>().into())?;
        parts.shift_remove("status");
        let kind = Kind::by_name(&envelope.kind)
            .filter(|kind| kind.facts().api_version() == envelope.api_version)
            .ok_or(NotADocument::UnknownKind {
                api_version: envelope.api_version,
                kind: envelope.kind,
            })?;
        let facts = kind.facts();
        let body = match facts.body {
            Body::TopLevel => parts.into(),
            Body::Spec | Body::OptionalSpec => {
                let spec = parts.shift_remove("spec");
                if let Some(part) = parts.keys().next() {
                    return Err(NotADocument::UnknownPart(part.clone()));
                }
                let empty = || serde_json::Value::from(Map::new());
                match spec {
                    None if facts.body == Body::OptionalSpec => empty(),
                    spec => spec.ok_or(NotADocument::NoSpec)?,
                }
            }
        };
        if let Some(metadata) = envelope.metadata.as_object_mut() {
            metadata.retain(|field, _| !SERVER_FIELDS.contains(&&**field));
        }
        let mut metadata: Metadata = serde_json::from_value(envelope.metadata)?;
        if !facts.namespaced {
            metadata.namespace = "".into();
        }
        Ok(Self {
            metadata,
            spec: Spec::from_json(kind, body)?,
            origin,
            created: None,
        })
    }

    /// `{apiVersion, kind, metadata, ..}` as declared, fields in the order of their types.
    ///
    /// # Errors
    /// None for a document that was read by [`Document::from_json`] or by `check`.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        let facts = self.spec.kind().facts();
        let mut object = Map::new();
        object.insert("apiVersion".to_owned(), facts.api_version().into());
        object.insert("kind".to_owned(), facts.kind.into());
        object.insert("metadata".to_owned(), serde_json::to_value(&self.metadata)?);
        let body = self.spec.to_json()?;
        match (facts.body, body) {
            (Body::TopLevel, serde_json::Value::Object(fields)) => object.extend(fields),
            (Body::OptionalSpec, serde_json::Value::Object(fields)) if fields.is_empty() => {}
            (_, body) => drop(object.insert("spec".to_owned(), body)),
        }
        Ok(object.into())
    }

    /// Its place among documents that claim the same.
    #[must_use]
    pub fn precedence(&self) -> Precedence {
        Precedence::of(self.created, &self.metadata.namespace, &self.metadata.name)
    }

    /// What names it.
    #[must_use]
    pub fn key(&self) -> DocumentKey {
        DocumentKey {
            kind: self.spec.kind(),
            namespace: self.metadata.namespace.clone(),
            name: self.metadata.name.clone(),
        }
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.facts().kind;
        match &*self.namespace {
            "" => write!(f, "{kind} {}", self.name),
            namespace => write!(f, "{kind} {namespace}/{}", self.name),
        }
    }
}
