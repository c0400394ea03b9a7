//! What names a document whose kind is known already.

use std::{fmt, sync::Arc};

use crate::model::{DocumentKey, Kind};

/// A namespace and a name within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// DNS label.
    pub namespace: Arc<str>,
    /// DNS label.
    pub name: Arc<str>,
}

impl Name {
    /// `name` in `namespace`.
    #[must_use]
    pub fn new(namespace: &Arc<str>, name: &Arc<str>) -> Self {
        Self {
            namespace: namespace.clone(),
            name: name.clone(),
        }
    }

    /// The key of the document of `kind` with this name.
    #[must_use]
    pub fn key(&self, kind: Kind) -> DocumentKey {
        DocumentKey {
            kind,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

impl From<&DocumentKey> for Name {
    fn from(key: &DocumentKey) -> Self {
        Self::new(&key.namespace, &key.name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
