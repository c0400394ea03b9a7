//! The resources of one type by name: persistent, so that a version of it costs what changed.

use std::sync::Arc;

use imbl::{OrdMap, ordmap::DiffItem};

use super::{Resource, TypeVersion};

/// All resources of one type in one layer.
#[derive(Debug, Clone, Default)]
pub struct Table {
    entries: OrdMap<Arc<str>, Arc<Resource>>,
    /// The names of those that are found by other names too, by these.
    aliases: OrdMap<Arc<str>, Arc<str>>,
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

/// What an insertion changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// Nothing: it was there already, with the same origin.
    Nothing,
    /// Not its bytes, but what they are said to name or to come from.
    Origin,
    /// Its bytes; or it is new.
    Content,
}

impl Table {
    /// The resource `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Resource>> {
        self.entries.get(name)
    }

    /// The name of the resource that has `alias` among its other names.
    #[must_use]
    pub fn called(&self, alias: &str) -> Option<&Arc<str>> {
        self.aliases.get(alias)
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

    /// Puts `resource` in the place of what had its name.
    ///
    /// What is the same already stays, so that this version goes on sharing it with others.
    pub fn insert(&mut self, resource: Arc<Resource>) -> Inserted {
        let old = self.entries.get(resource.name());
        let inserted = match old {
            Some(old) if old.hash() != resource.hash() => Inserted::Content,
            Some(old) if old.refs() != resource.refs() => Inserted::Origin,
            Some(old) if old.provenance() != resource.provenance() => Inserted::Origin,
            Some(old) if old.version() != resource.version() => Inserted::Origin,
            Some(_) => return Inserted::Nothing,
            None => Inserted::Content,
        };
        let resource = match old.cloned() {
            Some(old) => {
                self.forget(&old);
                Resource::sharing_refs(resource, &old)
            }
            None => resource,
        };
        self.version = self.version.with(resource.hash());
        for alias in resource.aliases().iter() {
            self.aliases.insert(alias.clone(), resource.name().clone());
        }
        self.entries.insert(resource.name().clone(), resource);
        inserted
    }

    /// Takes `name` out. Whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let removed = self.entries.remove(name);
        if let Some(old) = &removed {
            self.forget(old);
        }
        removed.is_some()
    }

    /// Takes what is summed up of `old` out.
    fn forget(&mut self, old: &Resource) {
        self.version = self.version.without(old.hash());
        for alias in old.aliases().iter() {
            // It may have become another's since.
            if self.aliases.get(alias) == Some(old.name()) {
                self.aliases.remove(alias);
            }
        }
    }

    /// Names whose bytes differ from `older`, in name order. Costs O(differences x log size) where
    /// the two share structure, as versions of one table do.
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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, cmp::Ordering};

    use super::*;
    use crate::snapshot::{ENDPOINTS, Provenance, Ref, TYPES};

    fn resource(name: &str, content: u8, from: &str) -> Arc<Resource> {
        let provenance = [Provenance::new("Service", "default", from, "")];
        Arc::new(Resource::new(
            &TYPES,
            ENDPOINTS,
            name.into(),
            &[0x0a, 1, content],
            Arc::default(),
            provenance.into(),
        ))
    }

    #[test]
    fn what_is_there_already_leaves_the_table_shared_with_its_older_version() {
        let mut older = Table::default();
        older.insert(resource("a", b'a', "x"));
        let mut table = older.clone();
        for (content, from, expected) in [
            (b'a', "x", Inserted::Nothing),
            (b'a', "y", Inserted::Origin),
            (b'b', "y", Inserted::Content),
        ] {
            assert_eq!(table.insert(resource("a", content, from)), expected);
            assert_eq!(table.ptr_eq(&older), expected == Inserted::Nothing);
        }
        assert_eq!(table.get("a"), Some(&resource("a", b'b', "y")));
    }

    #[test]
    fn versions_that_name_the_same_share_one_list_of_it() {
        let naming = |content: u8, named: &[&str]| {
            let refs = named.iter().map(|&name| Ref {
                to: ENDPOINTS,
                name: name.into(),
            });
            let (message, none) = ([0x0a, 1, content], Arc::default());
            let refs = refs.collect();
            Arc::new(Resource::new(
                &TYPES,
                ENDPOINTS,
                "a".into(),
                &message,
                refs,
                none,
            ))
        };
        let mut table = Table::default();
        let mut lists = Vec::new();
        for (content, named) in [(b'a', &["x", "y"][..]), (b'b', &["x", "y"]), (b'c', &["x"])] {
            table.insert(naming(content, named));
            let put = table.get("a").unwrap();
            assert_eq!(put.hash(), naming(content, named).hash());
            assert_eq!(put.refs().len(), named.len());
            lists.push(put.refs().clone());
        }
        assert!(Arc::ptr_eq(&lists[0], &lists[1]));
        assert!(!Arc::ptr_eq(&lists[1], &lists[2]));
    }

    #[test]
    fn another_origin_of_the_same_bytes_is_kept_and_is_no_difference() {
        let mut older = Table::default();
        older.insert(resource("a", b'a', "x"));
        let mut table = older.clone();
        table.insert(resource("a", b'a', "y"));
        assert_eq!(&*table.get("a").unwrap().provenance()[0].name, "y");
        assert_eq!(table.changes_since(&older).count(), 0);
        assert_eq!(table.version(), older.version());
    }

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A name that counts how often one is compared.
    #[derive(Debug, Clone)]
    struct Counted(usize);

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Counted {}

    /// The map that tables are made of must skip what two versions share. Every price that is
    /// promised for a push rests on it.
    #[test]
    fn versions_of_ten_thousand_that_differ_in_one_are_told_apart_by_a_few_looks() {
        let older: OrdMap<Counted, u32> = (0..10_000).map(|n| (Counted(n), 0_u32)).collect();
        for edited in [0, 1, 4_999, 5_000, 9_999] {
            let mut newer = older.clone();
            newer.insert(Counted(edited), 1);
            COMPARED.set(0);
            assert_eq!(older.diff(&newer).count(), 1);
            // One leaf of each, and the way to it.
            assert!(COMPARED.get() < 200, "{} looks", COMPARED.get());

            let mut without = older.clone();
            without.remove(&Counted(edited));
            COMPARED.set(0);
            assert_eq!(older.diff(&without).count(), 1);
            assert!(COMPARED.get() < 200, "{} looks", COMPARED.get());

            let mut with = older.clone();
            with.insert(Counted(10_000 + edited), 0);
            COMPARED.set(0);
            assert_eq!(older.diff(&with).count(), 1);
            assert!(COMPARED.get() < 200, "{} looks", COMPARED.get());
        }
    }
}
