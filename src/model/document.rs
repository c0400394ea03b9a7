//! One declared object, and where it was declared.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Kind, Metadata, Spec};

/// What names a document: unique within a mesh.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl Document {
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
