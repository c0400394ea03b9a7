//! What is known of a proxy: the only inputs by which output may differ between two proxies.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Everything known of one proxy that output may depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facts {
    /// Name of its ProxyClass, declared or built in.
    pub class: Arc<str>,
    /// Namespace it runs in.
    pub namespace: Arc<str>,
    /// Labels it was started with.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// What its software can do.
    pub capabilities: BTreeSet<Arc<str>>,
    /// The group of proxies that a change reaches together.
    pub cohort: Arc<str>,
}

/// Names one fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// [`Facts::class`].
    Class,
    /// [`Facts::namespace`].
    Namespace,
    /// One of [`Facts::labels`], by key.
    Label(Arc<str>),
    /// Whether [`Facts::capabilities`] holds this one.
    Capability(Arc<str>),
    /// [`Facts::cohort`].
    Cohort,
}

/// Facts that were read, with what they said; absences included.
pub type FactsRead = BTreeMap<Fact, Option<Arc<str>>>;

impl Facts {
    /// The facts of no proxy in particular: for what is shared by many, which reads none of them.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            class: "".into(),
            namespace: "".into(),
            labels: BTreeMap::new(),
            capabilities: BTreeSet::new(),
            cohort: "".into(),
        }
    }

    /// What `fact` says of this proxy.
    #[must_use]
    pub fn get(&self, fact: &Fact) -> Option<&Arc<str>> {
        match fact {
            Fact::Class => Some(&self.class),
            Fact::Namespace => Some(&self.namespace),
            Fact::Label(key) => self.labels.get(key),
            Fact::Capability(name) => self.capabilities.get(name),
            Fact::Cohort => Some(&self.cohort),
        }
    }

    /// Whether all of `read` holds for this proxy: what was compiled from it is right for it.
    #[must_use]
    pub fn agree_with(&self, read: &FactsRead) -> bool {
        read.iter()
            .all(|(fact, value)| self.get(fact) == value.as_ref())
    }
}
