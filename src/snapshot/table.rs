//! The resources of one type by name: persistent, so that a version of it costs what changed.

use std::sync::Arc;

use imbl::{OrdMap, ordmap::DiffItem};

use super::{Resource, TypeVersion};

/// All resources of one type in one layer.
#[derive(Debug, Clone, Default)]
pub struct Table {
    entries: OrdMap<Arc<str>, Arc<Resource>>,
    version: TypeVersion,
}

/// How one name differs between two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// New or other content.
    Set(Arc<Resource>),
    /// Gone.
    Gone(Arc<str>),
}

impl Table {
    /// The resource `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Resource>> {
        self.entries.get(name)
    }

    /// Its members' hashes, summed.
    #[must_use]
    pub fn version(&self) -> TypeVersion {
        self.version
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of them in name order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.entries.values()
    }

    /// Puts `resource` in the place of what had its name. Whether anything changed.
    pub fn insert(&mut self, resource: Arc<Resource>) -> bool {
        let hash = resource.hash();
        let old = self.entries.insert(resource.name().clone(), resource);
        let old = old.map(|old| old.hash());
        if let Some(old) = old {
            self.version = self.version.without(old);
        }
        self.version = self.version.with(hash);
        old != Some(hash)
    }

    /// Takes `name` out. Whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let removed = self.entries.remove(name);
        if let Some(old) = &removed {
            self.version = self.version.without(old.hash());
        }
        removed.is_some()
    }

    /// What differs from `older`, in name order. Costs O(differences x log size) where the two
    /// share structure, as versions of one table do.
    pub fn changes_since<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = Change> + 'a {
        older.entries.diff(&self.entries).map(|item| match item {
            DiffItem::Add(_, new) | DiffItem::Update { new: (_, new), .. } => {
                Change::Set(new.clone())
            }
            DiffItem::Remove(name, _) => Change::Gone(name.clone()),
        })
    }

    /// Whether both are the very same table, found without looking inside.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.entries.ptr_eq(&other.entries)
    }
}

impl Change {
    /// The name that differs.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Set(resource) => resource.name(),
            Self::Gone(name) => name,
        }
    }
}
