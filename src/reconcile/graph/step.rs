//! What one update changed.

use std::collections::BTreeMap;

use crate::{
    compile::UnitKind,
    snapshot::{Changed, Generation, Revision, ScopeId},
    view::Facts,
};

/// How many units of each kind were compiled; kinds of which none was are left out.
pub type Counts = BTreeMap<UnitKind, usize>;

/// What one update changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub generation: Generation,
    /// The documents' revision it led to.
    pub revision: Revision,
    /// Names whose bytes differ, by scope and type. A scope of which nothing is here has the very
    /// resources it had.
    pub changed: Vec<Changed>,
    /// Proxies that belong to another scope from now on, since output came to depend on a fact in
    /// which they differ.
    pub moved: Vec<Moved>,
    /// What was compiled.
    pub compiled: Counts,
    /// Whether proxies have to be classified again.
    pub classes_changed: bool,
    /// Whether the problems differ.
    pub problems_changed: bool,
}

/// Proxies of these facts have another scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Which proxies.
    pub facts: Facts,
    /// Where they were.
    pub from: ScopeId,
    /// Where they belong.
    pub to: ScopeId,
}
