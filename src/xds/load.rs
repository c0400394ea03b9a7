//! A first load: everything of a type, to a client that has nothing of it.
//!
//! It needs no look at single names, so all streams that begin alike share their lists: what a
//! stream costs when it connects does not grow with what it asks for. Where the list is too long
//! for one response it goes in parts, all of them from the publication that the load began with.

use std::{sync::Arc, time::Instant};

use super::{
    Dialect,
    bodies::{Body, Part},
    engine::Engine,
    known::Has,
    response::Response,
    send::Outgoing,
    track::{Track, Why},
    wire::Claims,
};
use crate::snapshot::{Snapshot, TypeIx};

/// A first load on its way.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) struct Load {
    body: Arc<Body>,
    from: Arc<Snapshot>,
    /// The part that is next.
    next: usize,
    splits: bool,
}

impl Load {
    fn parts(&self, dialect: Dialect) -> &[Part] {
        if self.splits {
            self.body.parts(dialect)
        } else {
            std::slice::from_ref(&self.body.resources)
        }
    }
}

impl Track {
    /// Asks for everything that is named, one by one, as far as it is not sent.
    pub(super) fn unload(&mut self, dialect: Dialect) {
        let all = std::mem::take(&mut self.all_by_name);
        let rest: Vec<_> = match self.load.take() {
            Some(load) => {
                self.known.arrive(&load.from);
                let rest = load.parts(dialect)[load.next..].iter();
                rest.flat_map(|part| part.iter())
                    .map(|resource| resource.name().clone())
                    .collect()
            }
            None if all => self.subscription.names().iter().cloned().collect(),
            None => return,
        };
        self.owed &= !all;
        for name in rest {
            self.known.set(self.ty, &name, Has::Nothing);
            self.look(name, Why::Asked);
        }
    }
}

impl Engine {
    /// Whether the first request of a stream for type `ty` names just what there is.
    pub(super) fn names_all(&self, ty: TypeIx) -> bool {
        let (Some(track), Some(now)) = (self.tracks[ty.index()].as_deref(), &self.now) else {
            return false;
        };
        let names = track.subscription.names();
        names.len() == now.len(ty) && self.shared.bodies.of(now, ty).is_named_by(names)
    }

    /// Whether a client that comes back has, by its claims, just what it asks for and there is: then
    /// nothing of it needs a look either.
    pub(super) fn resumes_whole(&mut self, ty: TypeIx, claims: &Claims) -> bool {
        let (Some(track), Some(now)) = (self.tracks[ty.index()].as_deref(), self.now.clone())
        else {
            return false;
        };
        let whole = claims.len() == now.len(ty)
            && (track.subscription.wildcard() || self.names_all(ty))
            && self.shared.bodies.of(&now, ty).is_claimed_by(claims);
        if whole && let Some(track) = self.track(ty) {
            track.known.arrive(&now);
            track.accepted = Some(now);
            track.owed = false;
        }
        whole
    }

    /// Begins a first load of type `index`, if that is what is due.
    pub(super) fn begin_load(&mut self, index: usize, now: &Arc<Snapshot>) -> Option<()> {
        let track = self.tracks[index].as_deref()?;
        let due = track.owed && (track.subscription.wildcard() || track.all_by_name);
        if !due || track.load.is_some() {
            return None;
        }
        let blank = track.known.is_blank() && track.pending.is_empty() && track.rejected.is_empty();
        let free = blank && !self.gates(now).guards(track.ty);
        let body = free.then(|| self.shared.bodies.of(now, track.ty));
        let by_name = track.all_by_name;
        let body = body.filter(|body| !by_name || body.is_named_by(track.subscription.names()));
        let dialect = self.habits.dialect;
        let splits = dialect == Dialect::Delta || self.shared.types[index].splittable();
        let track = self.tracks[index].as_deref_mut()?;
        let Some(body) = body else {
            track.unload(dialect);
            return None;
        };
        track.all_by_name = false;
        track.load = Some(Load {
            body,
            from: now.clone(),
            next: 0,
            splits,
        });
        Some(())
    }

    /// The next part of a load, if one is under way.
    pub(super) fn continue_load(&mut self, index: usize, at: Instant) -> Option<Response> {
        let dialect = self.habits.dialect;
        let track = self.tracks[index].as_deref_mut()?;
        let load = track.load.as_mut()?;
        let part = load.parts(dialect)[load.next].clone();
        let from = load.from.clone();
        load.next += 1;
        if load.next == load.parts(dialect).len() {
            track.load = None;
            track.known.arrive(&from);
        }
        self.push(index, &from, Outgoing::whole(part), at)
    }
}
