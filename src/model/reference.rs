//! What a document names besides itself.

use std::sync::Arc;

use super::DocumentKey;

/// One place in a spec that names another document, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// JSON pointer, into the spec, to the object or text that names it.
    pub pointer: String,
    /// What it is named for.
    pub role: RefRole,
    /// The document; or, where that kind cannot stand there, what was named.
    pub target: Result<DocumentKey, Foreign>,
    /// One port of it, by number.
    pub port: Option<u16>,
    /// One listener or port of it, by name.
    pub section: Option<Arc<str>>,
    /// One version of it.
    pub version: Option<Arc<str>>,
    /// For a backend: its weight, and the sum of the weights beside it.
    pub share: Option<(u64, u64)>,
}

/// What a document is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefRole {
    /// A route attaches to it.
    Parent,
    /// Requests go to it.
    Backend,
    /// Its proxies serve this Gateway.
    Class,
    /// The proxies of this class see it.
    Visible,
}

/// What was named where that kind cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Group and kind, as `apps/Deployment`.
    pub kind: String,
    /// Name.
    pub name: Arc<str>,
}

impl Reference {
    /// One to the whole of `target`.
    #[must_use]
    pub fn new(
        pointer: impl Into<String>,
        role: RefRole,
        target: Result<DocumentKey, Foreign>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            role,
            target,
            port: None,
            section: None,
            version: None,
            share: None,
        }
    }
}
