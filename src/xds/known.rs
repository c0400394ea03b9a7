//! What a client is believed to have of one type: a snapshot, and the exceptions to it.
//!
//! Nothing here grows with the size of a scope: a client that has everything is one pointer. An
//! exception is a name whose state at the client differs from the snapshot: not sent yet, claimed
//! at reconnect, or replaced by a placeholder.

use std::{collections::BTreeMap, sync::Arc};

use super::names::Names;
use crate::snapshot::{Ref, Resource, Snapshot, TypeIx};

/// What a client has under one name.
#[derive(Debug, Clone)]
pub(super) enum Has {
    /// Nothing that this stream sent.
    Nothing,
    /// This resource.
    This(Arc<Resource>),
    /// Something of this version, by its own account (`initial_resource_versions`).
    Claimed(Box<str>),
}

/// What a client has of one type.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// What it has where there is no exception.
    base: Arc<Snapshot>,
    exceptions: BTreeMap<Arc<str>, Has>,
}

impl Has {
    /// Whether that is exactly `want`.
    pub(super) fn is(&self, want: Option<&Arc<Resource>>) -> bool {
        match (self, want) {
            (Self::Nothing, None) => true,
            (Self::This(has), Some(want)) => has.hash() == want.hash(),
            (Self::Claimed(version), Some(want)) => **version == **want.version(),
            _ => false,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// What it names; nothing where that cannot be known.
    pub(super) fn refs(&self) -> Option<&[Ref]> {
        match self {
            Self::Nothing => Some(&[]),
            Self::This(resource) => Some(resource.refs()),
            Self::Claimed(_) => None,
        }
    }

    fn of(resource: Option<&Arc<Resource>>) -> Self {
        resource.map_or(Self::Nothing, |resource| Self::This(resource.clone()))
    }
}

impl Known {
    pub(super) fn base(&self) -> &Arc<Snapshot> {
        &self.base
    }

    /// Whether nothing was ever known or claimed.
    pub(super) fn is_blank(&self) -> bool {
        self.base.is_blank() && self.exceptions.is_empty()
    }

    pub(super) fn exceptions(&self) -> &BTreeMap<Arc<str>, Has> {
        &self.exceptions
    }

    /// What the client has under `name`.
    pub(super) fn has(&self, ty: TypeIx, name: &str) -> Has {
        match self.exceptions.get(name) {
            Some(has) => has.clone(),
            None => Has::of(self.base.get(ty, name)),
        }
    }

    /// Notes that the client has `has` under `name`.
    pub(super) fn set(&mut self, ty: TypeIx, name: &Arc<str>, has: Has) {
        let as_base = match (&has, self.base.get(ty, name)) {
            (Has::Nothing, None) => true,
            (Has::This(has), Some(base)) => has.hash() == base.hash(),
            _ => false,
        };
        if as_base {
            self.exceptions.remove(name);
        } else {
            self.exceptions.insert(name.clone(), has);
        }
    }

    /// Moves the base to `to`. Calls `changed` with each name that `wanted` lets through and that
    /// differs between the two; what the client has under those is an exception from now on.
    pub(super) fn advance(
        &mut self,
        to: &Arc<Snapshot>,
        ty: TypeIx,
        wanted: impl Fn(&str) -> bool,
        mut changed: impl FnMut(Arc<str>),
    ) {
        for change in to.changes_since(&self.base, ty) {
            #[cfg(test)]
            super::tests::work::count();
            let name = change.name();
            if !wanted(name) {
                continue;
            }
            if !self.exceptions.contains_key(name) {
                let has = Has::of(self.base.get(ty, name));
                self.exceptions.insert(name.clone(), has);
            }
            changed(name.clone());
        }
        self.base = to.clone();
    }

    /// Moves the base to `to`, of which the client has every wanted resource.
    pub(super) fn arrive(&mut self, to: &Arc<Snapshot>) {
        self.base = to.clone();
    }

    /// Forgets all but what `wanted` lets through.
    pub(super) fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.exceptions.retain(|name, _| wanted(name));
    }

    /// Takes nothing for granted any more but what it has of `kept`, so that everything else is
    /// sent again. Returns the names of which the client has something: they are to be looked at.
    pub(super) fn forget(
        &mut self,
        now: &Arc<Snapshot>,
        ty: TypeIx,
        wanted: impl Fn(&str) -> bool,
        kept: Option<&Names>,
    ) -> Vec<Arc<str>> {
        self.advance(now, ty, wanted, |_| {});
        let kept: BTreeMap<_, _> = kept
            .into_iter()
            .flat_map(Names::iter)
            .map(|name| (name.clone(), self.has(ty, name)))
            .collect();
        self.exceptions
            .retain(|name, _| now.get(ty, name).is_none());
        self.exceptions.extend(kept);
        self.exceptions.retain(|_, has| !has.is_nothing());
        self.base = Arc::default();
        self.exceptions.keys().cloned().collect()
    }

    /// What the client is to be told that it has not been: what differs from `now`, by name, with
    /// what it has.
    pub(super) fn unsent(
        &self,
        now: &Snapshot,
        ty: TypeIx,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<(Arc<str>, Has)> {
        let mut unsent: Vec<_> = self
            .exceptions
            .iter()
            .map(|(name, has)| (name.clone(), has.clone()))
            .collect();
        for change in now.changes_since(&self.base, ty) {
            #[cfg(test)]
            super::tests::work::count();
            let name = change.name();
            if wanted(name) && !self.exceptions.contains_key(name) {
                unsent.push((name.clone(), Has::of(self.base.get(ty, name))));
            }
        }
        unsent
    }
}
