//! One type on one stream: what is wanted, known, in flight, held and rejected.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use smallvec::SmallVec;

use super::{
    blame,
    doubt::{Doubt, Doubts},
    known::{Has, Known},
    load::Load,
    names::Names,
    nonce::Nonce,
    order::Hold,
    subscription::{Ask, Subscription},
};
use crate::snapshot::{Generation, Hash, Ref, Resource, Revision, Snapshot, TypeIx};

/// Why a name is looked at in the next send. Later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// It may differ from what the client has.
    Look,
    /// What refers to it was just sent: it is to follow, changed or not (rules 77 to 79).
    Follows,
    /// The client asked for it: it is to be answered, changed or not (rules 35, 56).
    Asked,
}

/// One type on one stream.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) struct Track {
    pub(super) ty: TypeIx,
    /// A response holds all there is, and what is absent from it is gone.
    pub(super) replaces: bool,
    pub(super) subscription: Subscription,
    pub(super) known: Known,
    /// Names to look at in the next send, beside what differs between snapshots.
    pub(super) pending: BTreeMap<Arc<str>, Why>,
    /// Other names that resources were asked for by, until they are sent.
    pub(super) asked_as: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// A first load on its way.
    pub(super) load: Option<Load>,
    /// The first request named just what there is: a load is due.
    pub(super) all_by_name: bool,
    /// An answer is owed even if there is nothing to say (M5, rule 68).
    pub(super) owed: bool,
    /// What make before break holds back.
    pub(super) held: BTreeMap<Arc<str>, Hold>,
    /// Sent although its hold had not ended, because the bound had passed.
    pub(super) overdue: BTreeMap<Arc<str>, Hold>,
    /// Responses without an answer, oldest first; never more than [`OUTSTANDING`].
    pub(super) in_flight: SmallVec<[InFlight; 1]>,
    pub(super) sent: Option<Sent>,
    /// What the client accepted last, but for what `rejected` and `known` except.
    pub(super) accepted: Option<Arc<Snapshot>>,
    pub(super) rejected: BTreeMap<Arc<str>, Rejected>,
    /// Per rejected response, what in it was not blamed: unknown at the client, and sent again with
    /// the next change of any of them (rule 30).
    pub(super) doubts: Doubts,
    /// The client came with state of its own from an earlier stream.
    pub(super) resumed: bool,
    /// The client answered a response: its first load is behind it.
    pub(super) loaded: bool,
}

/// Most responses of one type that may wait for an answer (rule 86).
pub(super) const OUTSTANDING: usize = 3;

/// One response on its way.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) nonce: Nonce,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) at: Instant,
    /// What in it is new to the client, in name order.
    pub(super) resources: Arc<[Arc<Resource>]>,
    pub(super) removed: Vec<Arc<str>>,
    /// What it says is gone or does not exist: for those who watch.
    pub(super) gone: Arc<[Arc<str>]>,
    /// What the client had before, where it had anything.
    pub(super) before: BTreeMap<Arc<str>, Has>,
    /// What its resources stop naming.
    pub(super) drops: BTreeSet<Ref>,
    /// It replaces something of unknown content, which may have named anything.
    pub(super) blind: bool,
}

/// The last response sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) nonce: Nonce,
    pub(super) generation: Generation,
    pub(super) revision: Revision,
    pub(super) version: Arc<str>,
    pub(super) at: Instant,
}

/// What the client said no to.
#[derive(Debug, Clone)]
pub(super) struct Rejected {
    /// Nothing when a removal was rejected.
    pub(super) hash: Option<Hash>,
    pub(super) error: Arc<str>,
    pub(super) at: Instant,
    /// What the client has instead.
    pub(super) before: Has,
}

/// What a client said no to, and with which words.
#[derive(Debug)]
pub(super) struct Rejection {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) names: Vec<(Arc<str>, Option<Hash>)>,
    /// The words named them.
    pub(super) named: bool,
}

impl InFlight {
    pub(super) fn resource(&self, name: &str) -> Option<&Arc<Resource>> {
        let place = self
            .resources
            .binary_search_by(|resource| (**resource.name()).cmp(name))
            .ok()?;
        Some(&self.resources[place])
    }

    fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        let resources = self.resources.iter().map(|resource| resource.name());
        resources.chain(&self.removed)
    }

    pub(super) fn concerns(&self, name: &str) -> bool {
        self.resource(name).is_some() || self.removed.iter().any(|removed| **removed == *name)
    }
}

impl Track {
    pub(super) fn new(ty: TypeIx, legacy_wildcard: bool, replaces: bool) -> Self {
        Self {
            ty,
            replaces,
            subscription: Subscription::new(legacy_wildcard),
            known: Known::default(),
            pending: BTreeMap::new(),
            asked_as: BTreeMap::new(),
            load: None,
            all_by_name: false,
            owed: false,
            held: BTreeMap::new(),
            overdue: BTreeMap::new(),
            in_flight: SmallVec::new(),
            sent: None,
            accepted: None,
            rejected: BTreeMap::new(),
            doubts: Doubts::default(),
            resumed: false,
            loaded: false,
        }
    }

    /// What the client is believed to have, also after it rejected something.
    pub(super) fn actual(&self, name: &str) -> Has {
        match self.rejected.get(name) {
            Some(rejected) => rejected.before.clone(),
            None => self.known.has(self.ty, name),
        }
    }

    pub(super) fn look(&mut self, name: Arc<str>, why: Why) {
        let entry = self.pending.entry(name).or_insert(why);
        *entry = (*entry).max(why);
    }

    /// Forgets what is no longer subscribed.
    pub(super) fn shrink(&mut self) {
        let wants = |name: &str| self.subscription.wants(name);
        self.known.retain(wants);
        self.pending.retain(|name, _| wants(name));
        self.asked_as.retain(|name, _| wants(name));
        self.held.retain(|name, _| wants(name));
        self.overdue.retain(|name, _| wants(name));
        let rejected = self.rejected.len();
        self.rejected.retain(|name, _| wants(name));
        if self.replaces && self.rejected.len() < rejected {
            // Without it the rest is worth another try.
            let rest: Vec<_> = self.rejected.keys().cloned().collect();
            for name in rest {
                self.look(name, Why::Follows);
            }
        }
        self.doubt_without();
    }

    /// Tries again what was rejected together with something that is not wanted any more.
    fn doubt_without(&mut self) {
        let wants = |name: &str| self.subscription.wants(name);
        for name in self.doubts.settle_without(wants) {
            self.look(name, Why::Follows);
        }
    }

    /// Takes note of names that are to be answered.
    pub(super) fn ask(&mut self, names: Vec<Ask>) {
        for ask in names {
            if ask.fresh {
                self.known.set(self.ty, &ask.name, Has::Nothing);
            }
            self.look(ask.name, Why::Asked);
        }
    }

    /// Sends everything that `now` holds, and says of what is gone that it is. What the client has
    /// of `kept` is not sent again.
    pub(super) fn start_over(&mut self, now: Option<&Arc<Snapshot>>, kept: Option<&Names>) {
        self.owed = true;
        self.held.clear();
        let Some(now) = now.filter(|_| !self.known.is_blank()) else {
            return;
        };
        let subscription = &self.subscription;
        let wanted = |name: &str| subscription.wants(name);
        for name in self.known.forget(now, self.ty, wanted, kept) {
            self.look(name, Why::Look);
        }
    }

    /// Whether an evaluation against `now` may find something to send.
    pub(super) fn has_work(&self, now: &Arc<Snapshot>) -> bool {
        self.owed
            || self.load.is_some()
            || !self.pending.is_empty()
            || !self.held.is_empty()
            || !Arc::ptr_eq(self.known.base(), now)
    }

    /// The client took response `place` of those in flight, and with it every older one (M4). Where
    /// a response replaces everything, it took all there is.
    pub(super) fn accept(&mut self, place: usize) -> InFlight {
        let answered = self.in_flight.remove(place);
        for older in self.in_flight.drain(..place) {
            self.rejected.retain(|name, _| !older.concerns(name));
        }
        self.rejected
            .retain(|name, _| !self.replaces && !answered.concerns(name));
        self.accepts(&answered.snapshot);
        self.loaded = true;
        answered
    }

    /// The client has taken what it was sent of `snapshot`; all of it, unless a load goes on.
    fn accepts(&mut self, snapshot: &Arc<Snapshot>) {
        if self.load.is_none() {
            self.accepted = Some(snapshot.clone());
        }
    }

    /// Names that wait to be sent: held, or for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.held.len() + self.pending.len() + usize::from(self.load.is_some())
    }

    /// The client rejected response `place` with these words. Whose words name what is wrong took
    /// the rest: Envoy its clusters and listeners, gRPC clients and netloft's own proxy any type.
    pub(super) fn reject(&mut self, place: usize, error: &Arc<str>, now: Instant) -> Rejection {
        let answered = self.in_flight.remove(place);
        let overtaken: Vec<_> = self.in_flight.drain(..place).collect();
        // What was rejected before is still in a response that replaces everything: when the words
        // are about that, what is new in this one is not to blame.
        let earlier = self.rejected.keys().filter(|_| self.replaces);
        let new = answered.resources.iter().map(|resource| resource.name());
        let blamed = blame::blame(error, new.chain(&answered.removed).chain(earlier));
        let mut names = Vec::new();
        let mut doubt = Doubt::default();
        let resources = answered.resources.iter();
        let resources = resources.map(|resource| (resource.name(), Some(resource.hash())));
        let removed = answered.removed.iter().map(|name| (name, None));
        for (name, hash) in resources.chain(removed) {
            let covered = blamed.covers(name);
            if blamed.is_precise() && covered {
                doubt.blame(name);
            } else {
                doubt.suspect(name, hash);
            }
            // A removal is nothing to object to, unless the words are about it.
            if covered && (hash.is_some() || blamed.is_precise()) {
                names.push((name.clone(), hash));
            }
            if !covered {
                self.rejected.remove(name);
            }
        }
        // What an unanswered older response brought is as unknown as the siblings.
        for older in &overtaken {
            for resource in older.resources.iter() {
                doubt.suspect(resource.name(), Some(resource.hash()));
            }
        }
        if !self.replaces {
            self.doubts.add(doubt);
        }
        // What overtook it may have brought the change already that its rest waits for.
        let newer: BTreeSet<_> = self
            .in_flight
            .iter()
            .flat_map(InFlight::names)
            .cloned()
            .collect();
        for (name, _) in self.doubts.settle_with(&newer) {
            self.look(name, Why::Follows);
        }
        self.doubt_without();
        for (name, hash) in &names {
            // What it asks for no longer, or what is to be gone by now, makes no difference.
            let gone = hash.is_some() && self.known.has(self.ty, name).is_nothing();
            if gone || !self.subscription.wants(name) {
                continue;
            }
            let before = match self.rejected.remove(name) {
                Some(earlier) => earlier.before,
                None => answered.before.get(name).cloned().unwrap_or(Has::Nothing),
            };
            let rejected = Rejected {
                hash: *hash,
                error: error.clone(),
                at: now,
                before,
            };
            self.rejected.insert(name.clone(), rejected);
        }
        self.loaded = true;
        if blamed.is_precise() {
            self.accepts(&answered.snapshot);
        }
        Rejection {
            snapshot: answered.snapshot,
            names,
            named: blamed.is_precise(),
        }
    }
}
