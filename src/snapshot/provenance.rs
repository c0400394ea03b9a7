//! Where a compiled thing comes from: the way back from a rejection to a line in a file.

use std::{fmt, sync::Arc};

use serde::Serialize;

/// One document, and a place in it, that a resource was compiled from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Provenance {
    /// The document's kind, as `HTTPRoute`.
    pub kind: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// JSON pointer (RFC 6901) into the document; empty for the whole of it.
    pub pointer: Arc<str>,
}

/// A document, whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Its kind, as `HTTPRoute`.
    pub kind: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl Provenance {
    /// The document it is a place in.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// Order of its document beside `origin`.
    pub(super) fn beside(&self, origin: &Origin) -> std::cmp::Ordering {
        let own = (&*self.kind, &*self.namespace, &*self.name);
        own.cmp(&(&*origin.kind, &*origin.namespace, &*origin.name))
    }

    /// The place `pointer` in the document `kind` `namespace`/`name`.
    #[must_use]
    pub fn new(kind: &str, namespace: &str, name: &str, pointer: &str) -> Self {
        Self {
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
            pointer: pointer.into(),
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)?;
        if self.pointer.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.pointer)
        }
    }
}
