//! Sets of names, shared between streams that want the same.
//!
//! A thousand proxies that name the same ten thousand resources hold one set. Equal sets find each
//! other by an order-free sum of their members' hashes, and are compared before they are shared.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use imbl::OrdSet;

use crate::snapshot::{Hash, TypeVersion};

/// An immutable set of names. A change makes a new one that shares what did not change.
#[derive(Clone, Default)]
pub(super) struct Names {
    members: OrdSet<Arc<str>>,
    sum: TypeVersion,
}

/// Where equal sets become one. One for all streams of a process.
#[derive(Debug, Default)]
pub(super) struct NamePool {
    // std mutex: never held over an await; the critical section is one look-up.
    sets: Mutex<Sets>,
}

#[derive(Debug, Default)]
struct Sets {
    by_sum: HashMap<TypeVersion, Weak<Names>>,
    /// By the lists that streams began with.
    by_list: HashMap<Hash, Weak<Names>>,
    /// Entries at which those whose last stream is gone are swept.
    sweep_at: usize,
}

impl Names {
    pub(super) fn contains(&self, name: &str) -> bool {
        self.members.contains(name)
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// An order-free sum of its members.
    pub(super) fn sum(&self) -> TypeVersion {
        self.sum
    }

    /// The sum of `names`, each of which comes once.
    pub(super) fn sum_of<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> TypeVersion {
        names.fold(TypeVersion::default(), |sum, name| sum.with(key(name)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.members.iter()
    }

    /// Adds `name`. Whether it was missing.
    pub(super) fn insert(&mut self, name: Arc<str>) -> bool {
        let hash = key(&name);
        let missing = self.members.insert(name).is_none();
        if missing {
            self.sum = self.sum.with(hash);
        }
        missing
    }

    /// Takes `name` out. Whether it was there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let there = self.members.remove(name).is_some();
        if there {
            self.sum = self.sum.without(key(name));
        }
        there
    }
}

fn key(name: &str) -> Hash {
    Hash::of("", name.as_bytes())
}

impl NamePool {
    /// The one shared set that equals `names`.
    pub(super) fn share(&self, names: Names) -> Arc<Names> {
        let mut sets = self.sets();
        if let Some(found) = sets.by_sum.get(&names.sum).and_then(Weak::upgrade)
            && found.members == names.members
        {
            return found;
        }
        let sum = names.sum;
        let shared = Arc::new(names);
        sets.by_sum.insert(sum, Arc::downgrade(&shared));
        sets.sweep();
        shared
    }

    /// The set that a stream began with by the list of this hash, while any stream has it.
    pub(super) fn by_list(&self, list: Hash) -> Option<Arc<Names>> {
        self.sets().by_list.get(&list)?.upgrade()
    }

    /// Remembers what the list of this hash means.
    pub(super) fn listed(&self, list: Hash, names: &Arc<Names>) {
        let mut sets = self.sets();
        sets.by_list.insert(list, Arc::downgrade(names));
        sets.sweep();
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sets {
    fn sweep(&mut self) {
        if self.by_sum.len() + self.by_list.len() > self.sweep_at {
            self.by_sum.retain(|_, set| set.strong_count() > 0);
            self.by_list.retain(|_, set| set.strong_count() > 0);
            self.sweep_at = ((self.by_sum.len() + self.by_list.len()) * 2).max(64);
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> Names {
        let mut set = Names::default();
        for name in names {
            set.insert((*name).into());
        }
        set
    }

    #[test]
    fn equal_sets_become_one_however_they_were_made() {
        let pool = NamePool::default();
        let first = pool.share(set(&["a", "b"]));
        let mut detour = set(&["c", "b", "a", "a"]);
        assert!(detour.remove("c"));
        assert!(!detour.remove("c"));
        assert!(Arc::ptr_eq(&first, &pool.share(detour)));
        assert!(!Arc::ptr_eq(&first, &pool.share(set(&["a"]))));
    }

    #[test]
    fn a_set_whose_last_stream_is_gone_leaves_the_pool() {
        let pool = NamePool::default();
        for n in 0..1_000 {
            drop(pool.share(set(&[&n.to_string()])));
        }
        assert!(pool.sets.lock().unwrap().by_sum.len() <= 65);
    }
}
