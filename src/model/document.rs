//! One declared object, and where it was declared.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Metadata, Spec};

/// What names a document: unique within a mesh.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct DocumentKey {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
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

/// One declared object: kind, metadata and spec, nothing defaulted.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// `metadata`.
    pub metadata: Metadata,
    /// `spec`, which knows the kind.
    pub spec: Spec,
    /// Where it was declared.
    pub origin: Origin,
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
    /// A part does not fit its type.
    #[error("{0}")]
    Unfit(#[from] serde_json::Error),
}

/// The envelope; `status` and what else the server computes is taken and dropped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: serde_json::Value,
    #[serde(default, rename = "status")]
    _status: serde::de::IgnoredAny,
}

impl Document {
    /// Reads `{apiVersion, kind, metadata, spec}`; a `status` is ignored. For text that people
    /// wrote use `check`, which tells all that is wrong and where.
    ///
    /// # Errors
    /// [`NotADocument`] with the first thing that does not fit.
    pub fn from_json(object: serde_json::Value, origin: Origin) -> Result<Self, NotADocument> {
        let envelope: Envelope = serde_json::from_value(object)?;
        let kind = Kind::by_name(&envelope.kind)
            .filter(|kind| kind.facts().api_version() == envelope.api_version)
            .ok_or(NotADocument::UnknownKind {
                api_version: envelope.api_version,
                kind: envelope.kind,
            })?;
        Ok(Self {
            metadata: envelope.metadata,
            spec: Spec::from_json(kind, envelope.spec)?,
            origin,
        })
    }

    /// `{apiVersion, kind, metadata, spec}` as declared, fields in the order of their types.
    ///
    /// # Errors
    /// None for a document that was read by [`Document::from_json`] or by `check`.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        let facts = self.spec.kind().facts();
        Ok(serde_json::json!({
            "apiVersion": facts.api_version(),
            "kind": facts.kind,
            "metadata": serde_json::to_value(&self.metadata)?,
            "spec": self.spec.to_json()?,
        }))
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
        write!(
            f,
            "{} {}/{}",
            self.kind.facts().kind,
            self.namespace,
            self.name
        )
    }
}
