//! Whole types, listed once and shared by every stream that sends them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{Dialect, response::entry_len};
use crate::snapshot::{Resource, Snapshot, TypeIx, TypeVersion};

/// Everything of one type, in name order.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) resources: Arc<[Arc<Resource>]>,
    sotw_len: usize,
    delta_len: usize,
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
    recent: std::collections::VecDeque<Arc<Body>>,
}

/// Bodies that are kept although no stream holds them.
const RECENT: usize = 16;

impl Body {
    fn of(snapshot: &Snapshot, ty: TypeIx) -> Self {
        let mut resources: Vec<_> = snapshot.iter(ty).cloned().collect();
        resources.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        let total = |dialect| resources.iter().map(|r| entry_len(r, dialect)).sum();
        Self {
            sotw_len: total(Dialect::Sotw),
            delta_len: total(Dialect::Delta),
            resources: resources.into(),
        }
    }

    /// Length of its entries on the wire.
    pub(super) fn len(&self, dialect: Dialect) -> usize {
        match dialect {
            Dialect::Sotw => self.sotw_len,
            Dialect::Delta => self.delta_len,
        }
    }
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
