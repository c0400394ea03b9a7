//! What was published when: the record that answers "is revision N live".

use std::{fmt, sync::Arc};

use serde::Serialize;

use super::TypeIx;

/// The store's counter of committed changes to documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// Counts publications of this process; starts at 1 and means nothing to another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

/// A set of proxies that gets the same resources. Unique within this process, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ScopeId(pub u64);

/// The group of proxies a change goes to; `stable` unless a rollout says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Cohort(pub Arc<str>);

impl Default for Cohort {
    fn default() -> Self {
        Self("stable".into())
    }
}

/// Names of one type that changed in one scope: written, or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The scope whose table changed.
    pub scope: ScopeId,
    /// The type.
    pub ty: TypeIx,
    /// The names, sorted, each once.
    pub names: Arc<[Arc<str>]>,
}

/// One step of what proxies are given: a revision's effect, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its own number.
    pub generation: Generation,
    /// The documents it was compiled from.
    pub revision: Revision,
    /// Whom it goes to.
    pub cohort: Cohort,
    /// What changed where. Empty: the revision is live at once.
    pub changed: Vec<Changed>,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
