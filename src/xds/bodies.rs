//! Whole types, listed once and shared by every stream that sends them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use super::{Dialect, names::Names, response::entry_len, send::SPLIT_AT, wire::Claims};
use crate::snapshot::{Hash, Resource, Snapshot, TypeIx, TypeVersion};

/// Resources that go into one response.
pub(super) type Part = Arc<[Arc<Resource>]>;

/// Everything of one type, in name order.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) resources: Part,
    /// Sum of its names; found when a stream names things first.
    names: OnceLock<TypeVersion>,
    /// Sum of its names with their versions; found when a stream claims things first.
    claims: OnceLock<TypeVersion>,
    sotw_parts: OnceLock<Box<[Part]>>,
    delta_parts: OnceLock<Box<[Part]>>,
}

/// The bodies in use. Keyed by content, so scopes that hold the same share them too.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    // std mutex: never held over an await, nor while a body is built.
    known: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    by_version: HashMap<(TypeIx, TypeVersion), Weak<Body>>,
    /// The latest ones, kept for the next stream to come.
    recent: VecDeque<Arc<Body>>,
}

/// Bodies that are kept although no stream holds them.
const RECENT: usize = 16;

impl Body {
    fn of(snapshot: &Snapshot, ty: TypeIx) -> Self {
        let mut resources: Vec<_> = snapshot.iter(ty).cloned().collect();
        resources.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        Self {
            resources: resources.into(),
            names: OnceLock::new(),
            claims: OnceLock::new(),
            sotw_parts: OnceLock::new(),
            delta_parts: OnceLock::new(),
        }
    }

    /// The same in responses of at most [`SPLIT_AT`] bytes each, or one resource; at least one.
    pub(super) fn parts(&self, dialect: Dialect) -> &[Part] {
        let parts = match dialect {
            Dialect::Sotw => &self.sotw_parts,
            Dialect::Delta => &self.delta_parts,
        };
        parts.get_or_init(|| self.split(dialect))
    }

    fn split(&self, dialect: Dialect) -> Box<[Part]> {
        let mut parts = Vec::new();
        let (mut start, mut len) = (0, 0);
        for (place, resource) in self.resources.iter().enumerate() {
            let entry = entry_len(resource, dialect);
            if len > 0 && len + entry > SPLIT_AT {
                parts.push(self.resources[start..place].into());
                (start, len) = (place, 0);
            }
            len += entry;
        }
        if parts.is_empty() {
            parts.push(self.resources.clone());
        } else {
            parts.push(self.resources[start..].into());
        }
        parts.into()
    }

    /// Whether `claims`, versions by name, are just what it holds.
    pub(super) fn is_claimed_by(&self, claims: &Claims) -> bool {
        let own = || {
            let resources = self.resources.iter();
            sum_of(resources.map(|resource| (&**resource.name(), &**resource.version())))
        };
        claims.len() == self.resources.len()
            && sum_of(claims.iter()) == *self.claims.get_or_init(own)
    }

    /// Whether `names` are just its names.
    pub(super) fn is_named_by(&self, names: &Names) -> bool {
        let sum = || Names::sum_of(self.resources.iter().map(|resource| resource.name()));
        names.len() == self.resources.len() && names.sum() == *self.names.get_or_init(sum)
    }
}

/// An order-free sum of names with their versions.
fn sum_of<'a>(claims: impl Iterator<Item = (&'a str, &'a str)>) -> TypeVersion {
    claims.fold(TypeVersion::default(), |sum, (name, version)| {
        sum.with(Hash::of(version, name.as_bytes()))
    })
}

impl Bodies {
    /// Everything of type `ty` in `snapshot`.
    pub(super) fn of(&self, snapshot: &Snapshot, ty: TypeIx) -> Arc<Body> {
        let key = (ty, snapshot.version(ty));
        if let Some(found) = self.shelf().by_version.get(&key).and_then(Weak::upgrade) {
            return found;
        }
        let body = Arc::new(Body::of(snapshot, ty));
        let mut shelf = self.shelf();
        shelf.by_version.insert(key, Arc::downgrade(&body));
        shelf.recent.push_back(body.clone());
        if shelf.recent.len() > RECENT {
            shelf.recent.pop_front();
            shelf.by_version.retain(|_, body| body.strong_count() > 0);
        }
        body
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
