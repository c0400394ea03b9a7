//! What a document names besides itself.

use std::sync::Arc;

use super::{DocumentKey, Kind};

/// One place in a spec that names another document, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// JSON pointer, into the spec, to the object or text that names it.
    pub pointer: String,
    /// What it is named for.
    pub role: RefRole,
    /// What is named.
    pub target: Target,
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
    /// The proxies of this class, whatever its role, are given what the document makes.
    Receiver,
}

/// What a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One document.
    Document(DocumentKey),
    /// A `ProxyClass`: proxies name classes by name alone, whatever their namespace.
    Class(Arc<str>),
    /// Something of a kind that cannot stand there.
    Foreign {
        /// Group and kind, as `apps/Deployment`.
        kind: String,
        /// Name.
        name: Arc<str>,
    },
}

impl Target {
    /// What it is found under: its key; a class, which is named without a namespace, under none.
    /// Nothing for what no document can be.
    #[must_use]
    pub fn key(&self) -> Option<DocumentKey> {
        match self {
            Self::Document(key) => Some(key.clone()),
            Self::Class(name) => Some(DocumentKey {
                kind: Kind::ProxyClass,
                namespace: "".into(),
                name: name.clone(),
            }),
            Self::Foreign { .. } => None,
        }
    }

    /// What references to the document `key` are found under.
    #[must_use]
    pub fn to(key: &DocumentKey) -> Self {
        match key.kind {
            Kind::ProxyClass => Self::Class(key.name.clone()),
            _ => Self::Document(key.clone()),
        }
    }
}

impl Reference {
    /// One to the whole of `target`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, role: RefRole, target: Target) -> Self {
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
