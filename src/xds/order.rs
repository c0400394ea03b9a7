//! Make before break: which part of a change has to wait for another.
//!
//! A reference to a type that is sent earlier is a gate, in both directions: what newly names a
//! resource waits until the client has taken that resource, and a resource that goes waits until
//! the client has taken what stopped naming it. Only resources that refer to each other wait, never
//! a type, and only for [`PATIENCE`]. Why so, and what it costs: `docs/adr/0004-make-before-break.md`,
//! whose letters (a) to (e) stand below.
//!
//! Absent on purpose: what the types mean. Who waits for whom follows from send order and
//! references alone.

#[cfg(test)]
pub(super) mod planted;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Dialect, Manners,
    known::Has,
    track::{Track, Why},
};
use crate::snapshot::{Ref, Resource, Snapshot, TypeIx, TypeSet};

/// Longest wait of a resource for another; then it is sent all the same, and reported.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The gates of a stream of one type: none.
pub(super) const ALONE: Manners = Manners {
    order: false,
    deferred_removal: false,
    endpoints_behind_clusters: false,
};

/// What a held resource waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// What it newly names was not sent yet.
    NotSent,
    /// What it newly names was sent, and the client has not answered.
    NotAcknowledged,
    /// What it newly names lacks its own followers: a cluster its endpoints.
    FollowersNotSent,
    /// What it newly names was rejected: the old content stays until that changes.
    Rejected,
    /// It is to go, but something the client still uses names it.
    InUse,
    /// It is to go, but what stopped naming it was rejected and so is still in use.
    InUseAfterRejection,
    /// It is to go, and the client has not yet said on this stream what else it uses.
    NotSettled,
}

/// What one resource waits for, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) reason: Reason,
    /// The other resource.
    pub(super) on: Ref,
    pub(super) since: Instant,
    /// When it was first held, for whatever reason.
    pub(super) first: Instant,
    /// It ends with [`PATIENCE`].
    pub(super) bounded: bool,
    /// Why it is to be looked at.
    pub(super) why: Why,
}

/// Whether a resource may go out now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    /// Not until the other moved, or the bound passed.
    Wait {
        reason: Reason,
        on: Ref,
    },
    /// Not before something changes at the other.
    Keep {
        reason: Reason,
        on: Ref,
    },
    /// As `Wait`, but the bound starts anew: the other itself waits its turn.
    Queue {
        reason: Reason,
        on: Ref,
    },
}

/// The gates of one stream at one moment.
#[derive(Debug)]
pub(super) struct Gates<'a> {
    pub(super) types: TypeSet,
    pub(super) dialect: Dialect,
    pub(super) manners: &'a Manners,
    pub(super) tracks: &'a [Option<Box<Track>>],
    pub(super) now: &'a Snapshot,
}

/// What the client may still use although it is to go: collected once for all removals of a send.
#[derive(Debug, Default)]
pub(super) struct InUse {
    /// Named by something that waits to be sent.
    queued: BTreeSet<Ref>,
    /// Named by something that is replaced by a response in flight.
    leaving: BTreeSet<Ref>,
    /// Named by something whose replacement was rejected.
    kept: BTreeSet<Ref>,
    /// Something of unknown content has not been replaced yet; by type.
    blind: Vec<Ref>,
    /// Types that the client will still ask for, and whose resources name others.
    unasked: Vec<TypeIx>,
}

impl<'a> Gates<'a> {
    fn track(&self, ty: TypeIx) -> Option<&'a Track> {
        self.tracks.get(ty.index())?.as_deref()
    }

    /// (d): whether this stream holds `ty` by wildcard, or through the type it follows.
    fn by_wildcard(&self, ty: TypeIx) -> bool {
        let wildcard = |track: &Track| track.subscription.wildcard();
        if self.types[ty.index()].follows_parent {
            self.tracks.iter().flatten().any(|track| wildcard(track))
        } else {
            self.track(ty).is_some_and(wildcard)
        }
    }

    /// Whether anything of type `ty` can be held for what it newly names.
    pub(super) fn guards(&self, ty: TypeIx) -> bool {
        self.manners.order
            && self.tracks[..ty.index()]
                .iter()
                .flatten()
                .any(|to| self.guarded(to) || self.is_behind(to))
    }

    /// Before the first full load order alone is used: the client serves nothing yet.
    fn guarded(&self, to: &Track) -> bool {
        to.subscription.wildcard() && (to.loaded || to.resumed)
    }

    /// Whether something of it was not sent, for its turn has not come: order alone has to wait then.
    fn is_behind(&self, to: &Track) -> bool {
        let current = std::ptr::eq(&raw const **to.known.base(), &raw const *self.now);
        to.subscription.wildcard() && (to.load.is_some() || !to.pending.is_empty() || !current)
    }

    /// (b): whether `want` may go to a client that `has` something else under that name.
    pub(super) fn admits(&self, from: &Track, want: &Resource, has: &Has) -> Verdict {
        // What a resumed client has is unknown here, and in a full-state response absence deletes:
        // there the first response cannot leave anything out.
        let blind = from.replaces && from.resumed && !from.loaded;
        if !self.manners.order || blind {
            return Verdict::Go;
        }
        let old = has.refs().unwrap_or_default();
        let wildcard = |to: &&Track| to.subscription.wildcard();
        for reference in beyond(want.refs(), old).filter(|to| to.to < from.ty) {
            let Some(to) = self.track(reference.to).filter(wildcard) else {
                continue;
            };
            let verdict = self.taken(to, reference);
            if verdict != Verdict::Go {
                return verdict;
            }
        }
        Verdict::Go
    }

    /// Whether the client took what `reference` names, with its followers.
    fn taken(&self, to: &Track, reference: &Ref) -> Verdict {
        let name = &reference.name;
        let Some(target) = self.now.get(reference.to, name) else {
            // It dangles, and nothing will ever come.
            return Verdict::Go;
        };
        let wait = |reason| Verdict::Wait {
            reason,
            on: reference.clone(),
        };
        let has = to.known.has(to.ty, name);
        if !has.is(Some(target)) || to.pending.contains_key(name) {
            return wait(Reason::NotSent);
        }
        if !self.guarded(to) {
            return Verdict::Go;
        }
        if to.in_flight.iter().any(|sent| sent.concerns(name)) {
            return wait(Reason::NotAcknowledged);
        }
        if to
            .rejected
            .get(name)
            .is_some_and(|no| no.before.is_nothing())
        {
            return Verdict::Keep {
                reason: Reason::Rejected,
                on: reference.clone(),
            };
        }
        for follower in target
            .refs()
            .iter()
            .filter(|f| self.types[f.to.index()].follows_parent)
        {
            let Some(track) = self.track(follower.to) else {
                continue;
            };
            let asked = track.subscription.wants(&follower.name);
            let sent = !track.pending.contains_key(&follower.name);
            if !(asked && sent) {
                return wait(Reason::FollowersNotSent);
            }
        }
        Verdict::Go
    }

    /// What the client may still use of what is to go.
    pub(super) fn in_use(&self) -> InUse {
        let mut in_use = InUse::default();
        for from in self.tracks.iter().flatten() {
            if from.subscription.wants_nothing() {
                continue;
            }
            let wants = |name: &str| from.subscription.wants(name);
            for (name, has) in from.known.unsent(self.now, from.ty, wants) {
                let new = self.now.get(from.ty, &name);
                let before = from.rejected.get(&name).map_or(has, |no| no.before.clone());
                let kept = from.held.get(&name).is_some_and(|hold| !hold.bounded);
                let stage = if kept { Stage::Kept } else { Stage::Queued };
                in_use.add(stage, from.ty, &name, &before, new);
            }
            for (name, rejected) in &from.rejected {
                let new = self.now.get(from.ty, name);
                let same = rejected.hash == new.map(|new| new.hash());
                if same {
                    in_use.add(Stage::Kept, from.ty, name, &rejected.before, new);
                }
            }
            for sent in &from.in_flight {
                in_use.leaving.extend(sent.drops.iter().cloned());
                if sent.blind {
                    in_use.add_blind(from.ty, &Arc::default());
                }
            }
        }
        let types = (0..).map(TypeIx).zip(self.types);
        let unasked = types.filter(|(ty, info)| {
            let names = || self.now.iter(*ty).any(|one| !one.refs().is_empty());
            self.track(*ty).is_none() && (info.begins || names())
        });
        in_use.unasked = unasked.map(|(ty, _)| ty).collect();
        in_use
    }

    /// (c): whether `name` of type `ty`, of which the client `has` something, may go now.
    pub(super) fn frees(&self, ty: TypeIx, name: &Arc<str>, has: &Has, in_use: &InUse) -> Verdict {
        if !self.manners.deferred_removal || has.is_nothing() || !self.by_wildcard(ty) {
            return Verdict::Go;
        }
        let on = Ref {
            to: ty,
            name: name.clone(),
        };
        if in_use.kept.contains(&on) {
            let reason = Reason::InUseAfterRejection;
            return Verdict::Keep { reason, on };
        }
        let reason = Reason::InUse;
        if in_use.queued.contains(&on) {
            return Verdict::Queue { reason, on };
        }
        if in_use.leaving.contains(&on) {
            return Verdict::Wait { reason, on };
        }
        // A resumed client may use it through something it has not asked about yet.
        let claimed = matches!(has, Has::Claimed(_));
        let later = self.tracks[ty.index() + 1..].iter().flatten();
        let settled = |track: &Track| track.in_flight.is_empty() && track.accepted.is_some();
        let unasked = in_use.unasked.iter().any(|unasked| *unasked > ty);
        let settled = !unasked && later.map(Box::as_ref).all(settled);
        if claimed && !settled {
            let reason = Reason::NotSettled;
            return Verdict::Wait { reason, on };
        }
        match in_use.blind.iter().find(|by| by.to != ty) {
            Some(by) => Verdict::Wait {
                reason: Reason::NotSettled,
                on: by.clone(),
            },
            None => Verdict::Go,
        }
    }
}

#[derive(Clone, Copy)]
enum Stage {
    Queued,
    Kept,
}

impl InUse {
    /// Notes that `name`, whose content is unknown, is still in use.
    fn add_blind(&mut self, ty: TypeIx, name: &Arc<str>) {
        if self.blind.iter().all(|by| by.to != ty) {
            let name = name.clone();
            self.blind.push(Ref { to: ty, name });
        }
    }

    /// Adds what `has` names and `new` does not.
    fn add(
        &mut self,
        stage: Stage,
        ty: TypeIx,
        name: &Arc<str>,
        has: &Has,
        new: Option<&Arc<Resource>>,
    ) {
        let Some(refs) = has.refs() else {
            self.add_blind(ty, name);
            return;
        };
        let set = match stage {
            Stage::Queued => &mut self.queued,
            Stage::Kept => &mut self.kept,
        };
        set.extend(dropped(refs, new).cloned());
    }
}

/// What `old` names and `new` does not.
pub(super) fn dropped<'a>(
    old: &'a [Ref],
    new: Option<&'a Arc<Resource>>,
) -> impl Iterator<Item = &'a Ref> {
    beyond(old, new.map_or(&[], |new| new.refs()))
}

/// What is in `these` and not in `those`; both are sorted.
///
/// A table of a thousand routes names the same clusters after nearly every edit, and each stream
/// asks twice a push. Then the list is one and the same (`Table::insert`), and none is looked at.
fn beyond<'a>(these: &'a [Ref], those: &'a [Ref]) -> impl Iterator<Item = &'a Ref> {
    let same = std::ptr::eq(these, those) || these == those;
    let these = if same { &[] } else { these };
    these
        .iter()
        .filter(|reference| those.binary_search(reference).is_err())
}

impl Hold {
    /// The hold that `verdict` means for something that was held as `earlier`, or none when it is
    /// to go. The second is true when it goes only because the bound has passed.
    pub(super) fn under(
        verdict: Verdict,
        earlier: Option<&Self>,
        why: Why,
        now: Instant,
    ) -> (Option<Self>, bool) {
        let (reason, on, bounded, anew) = match verdict {
            Verdict::Go => return (None, false),
            Verdict::Wait { reason, on } => (reason, on, true, false),
            Verdict::Keep { reason, on } => (reason, on, false, false),
            Verdict::Queue { reason, on } => (reason, on, true, true),
        };
        #[cfg(test)]
        if planted::is(planted::Plant::Open(reason)) {
            return (None, false);
        }
        let first = earlier.map_or(now, |earlier| earlier.first);
        // What refers to each other in a circle would queue for ever.
        let anew = anew && now < first + PATIENCE * 2;
        let since = earlier
            .filter(|earlier| !anew && earlier.on == on && earlier.bounded)
            .map_or(now, |earlier| earlier.since);
        let hold = Self {
            reason,
            on,
            since,
            first,
            bounded,
            why,
        };
        #[cfg(test)]
        let bounded = bounded && !planted::is(planted::Plant::Boundless);
        if bounded && now >= since + PATIENCE {
            return (None, true);
        }
        (Some(hold), false)
    }

    /// When it ends by itself.
    pub(super) fn deadline(&self) -> Option<Instant> {
        #[cfg(test)]
        if planted::is(planted::Plant::Boundless) {
            return None;
        }
        self.bounded.then(|| self.since + PATIENCE)
    }
}
