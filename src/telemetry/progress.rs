//! Where one stream stands with one revision: from what was published, and from its own ACKs.
//!
//! A name of a publication has arrived once the stream accepted it as it is now, or as of that
//! publication or a newer one. Only names that the stream asks for count. A stream that came to its
//! scope with the publication or later may have got everything anew: all of its names count.
//!
//! Absent on purpose: waiting (`api`), and intent: what was meant to be sent says nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::journal::Carrier;
use crate::{
    snapshot::{Changed, Generation, ScopeId, TypeIx},
    xds::cache::{StreamStatus, TypeStatus},
};

/// What a revision changed, ready to be held against streams.
#[derive(Debug)]
pub struct Target {
    generation: Generation,
    exact: bool,
    changed: BTreeMap<ScopeId, Vec<Changed>>,
}

/// Where one stream stands with a [`Target`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Types in which it changes something that the stream asked for.
    pub affected: Vec<TypeIx>,
    /// Names that the stream has not answered.
    pub pending: Vec<(TypeIx, Arc<str>)>,
    /// Names that it said no to.
    pub rejected: Vec<(TypeIx, Arc<str>)>,
}

impl Standing {
    /// Whether nothing is left to be answered.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }
}

impl Target {
    /// What `carrier` changed.
    #[must_use]
    pub fn new(carrier: &Carrier) -> Self {
        let mut changed: BTreeMap<ScopeId, Vec<Changed>> = BTreeMap::new();
        for one in &carrier.publication.changed {
            changed.entry(one.scope).or_default().push(one.clone());
        }
        Self {
            generation: carrier.generation(),
            exact: carrier.exact,
            changed,
        }
    }

    /// The publication it is about.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Where `stream` stands. One that has no scope yet has nothing old either.
    #[must_use]
    pub fn standing(&self, stream: &StreamStatus) -> Standing {
        let mut standing = Standing::default();
        let anew = !self.exact || stream.since >= self.generation;
        let changed = self.changed.get(&stream.scope);
        for status in &stream.types {
            if status.current.is_none() {
                continue;
            }
            if anew {
                self.whole(status, &mut standing);
            } else {
                let changed = changed.into_iter().flatten();
                let names = changed.filter(|one| one.ty == status.ty);
                self.names(status, names, &mut standing);
            }
        }
        standing
    }

    /// Everything that the stream asked for of one type.
    fn whole(&self, status: &TypeStatus, standing: &mut Standing) {
        standing.affected.push(status.ty);
        let rejected = rejected(status);
        let current = self.is_current(status);
        let behind = |name: &str| !current || status.is_excepted(name);
        for one in status.differences() {
            if rejected.contains(&one.name) {
                standing.rejected.push((status.ty, one.name));
            } else if behind(&one.name) {
                standing.pending.push((status.ty, one.name));
            }
        }
    }

    fn names<'a>(
        &self,
        status: &TypeStatus,
        changed: impl Iterator<Item = &'a Changed>,
        standing: &mut Standing,
    ) {
        let names: Vec<_> = changed
            .flat_map(|one| one.names.iter())
            .filter(|name| status.wants(name))
            .collect();
        if names.is_empty() {
            return;
        }
        standing.affected.push(status.ty);
        let rejected = rejected(status);
        let current = self.is_current(status);
        for name in names {
            if rejected.contains(name) {
                standing.rejected.push((status.ty, name.clone()));
            } else if status.is_excepted(name) || (!current && !status.has_now(name)) {
                standing.pending.push((status.ty, name.clone()));
            }
        }
    }

    /// Whether what the stream accepted of a type is of the publication or newer.
    fn is_current(&self, status: &TypeStatus) -> bool {
        let accepted = status.accepted.as_ref();
        accepted.is_some_and(|accepted| accepted.generation >= self.generation)
    }
}

/// Names that were rejected just as they are to be now. With other bytes on their way, the answer to
/// those is what counts.
fn rejected(status: &TypeStatus) -> BTreeSet<Arc<str>> {
    let Some(current) = &status.current else {
        return BTreeSet::new();
    };
    let rejected = status.rejected.iter().filter(|rejected| {
        let wanted = current.get(status.ty, &rejected.name).map(|it| it.hash());
        rejected.hash == wanted
    });
    rejected.map(|rejected| rejected.name.clone()).collect()
}
