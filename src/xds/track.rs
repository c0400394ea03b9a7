//! One type on one stream: what is wanted, known, in flight, held and rejected.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use smallvec::SmallVec;

use super::{
    blame,
    known::{Has, Known},
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
#[derive(Debug)]
pub(super) struct Track {
    pub(super) ty: TypeIx,
    pub(super) subscription: Subscription,
    pub(super) known: Known,
    /// Names to look at in the next send, beside what differs between snapshots.
    pub(super) pending: BTreeMap<Arc<str>, Why>,
    /// An answer is owed even if there is nothing to say (M5, rule 68).
    pub(super) owed: bool,
    /// What make before break holds back.
    pub(super) held: BTreeMap<Arc<str>, Hold>,
    /// Sent although its hold had not ended, because the bound had passed.
    pub(super) overdue: BTreeMap<Arc<str>, Hold>,
    /// Responses without an answer, oldest first; never more than [`OUTSTANDING`].
    pub(super) in_flight: SmallVec<[InFlight; OUTSTANDING]>,
    pub(super) sent: Option<Sent>,
    /// What the client accepted last, but for what `rejected` and `known` except.
    pub(super) accepted: Option<Arc<Snapshot>>,
    pub(super) rejected: BTreeMap<Arc<str>, Rejected>,
    /// Per rejected response, what in it was not blamed: unknown at the client, and sent again with
    /// the next change of any of them (rule 30).
    doubts: Vec<BTreeMap<Arc<str>, Option<Hash>>>,
    /// The client came with state of its own from an earlier stream.
    pub(super) resumed: bool,
    /// The client answered a response: its first load is behind it.
    pub(super) loaded: bool,
}

/// Most responses of one type that may wait for an answer (rule 86).
pub(super) const OUTSTANDING: usize = 2;

/// One response on its way.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) nonce: Nonce,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) at: Instant,
    /// What in it is new to the client, in name order.
    pub(super) resources: Arc<[Arc<Resource>]>,
    pub(super) removed: Vec<Arc<str>>,
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

impl InFlight {
    pub(super) fn resource(&self, name: &str) -> Option<&Arc<Resource>> {
        let place = self
            .resources
            .binary_search_by(|resource| (**resource.name()).cmp(name))
            .ok()?;
        Some(&self.resources[place])
    }

    pub(super) fn concerns(&self, name: &str) -> bool {
        self.resource(name).is_some() || self.removed.iter().any(|removed| **removed == *name)
    }
}

impl Track {
    pub(super) fn new(ty: TypeIx, legacy_wildcard: bool) -> Self {
        Self {
            ty,
            subscription: Subscription::new(legacy_wildcard),
            known: Known::default(),
            pending: BTreeMap::new(),
            owed: false,
            held: BTreeMap::new(),
            overdue: BTreeMap::new(),
            in_flight: SmallVec::new(),
            sent: None,
            accepted: None,
            rejected: BTreeMap::new(),
            doubts: Vec::new(),
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
        self.held.retain(|name, _| wants(name));
        self.overdue.retain(|name, _| wants(name));
        self.rejected.retain(|name, _| wants(name));
        // Without what is no longer wanted, the rest of a rejected response is worth another try.
        let mut again = Vec::new();
        self.doubts.retain(|doubt| {
            let whole = doubt.keys().all(|name| wants(name));
            if !whole {
                again.extend(doubt.keys().filter(|name| wants(name)).cloned());
            }
            whole
        });
        for name in again {
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
        for gone in self.known.forget(now, self.ty, wanted, kept) {
            self.look(gone, Why::Look);
        }
    }

    /// Whether an evaluation against `now` may find something to send.
    pub(super) fn has_work(&self, now: &Arc<Snapshot>) -> bool {
        self.owed
            || !self.pending.is_empty()
            || !self.held.is_empty()
            || !Arc::ptr_eq(self.known.base(), now)
    }

    /// Adds to `names`, which are about to be sent, what is in doubt with any of them.
    pub(super) fn doubtful_with(
        &mut self,
        names: &BTreeSet<Arc<str>>,
    ) -> Vec<(Arc<str>, Option<Hash>)> {
        let mut siblings = Vec::new();
        self.doubts.retain(|doubt| {
            let touched = doubt.keys().any(|name| names.contains(name));
            if touched {
                siblings.extend(doubt.iter().map(|(name, &hash)| (name.clone(), hash)));
            }
            !touched
        });
        siblings
    }

    pub(super) fn has_doubts(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// The client took response `place` of those in flight, and with it every older one (M4). Where
    /// a response replaces everything, it took all there is.
    pub(super) fn accept(&mut self, place: usize, replaces: bool) -> InFlight {
        let answered = self.in_flight.remove(place);
        for older in self.in_flight.drain(..place) {
            self.rejected.retain(|name, _| !older.concerns(name));
        }
        self.rejected
            .retain(|name, _| !replaces && !answered.concerns(name));
        self.accepted = Some(answered.snapshot.clone());
        self.loaded = true;
        answered
    }

    /// The client rejected response `place` with these words. Returns it and what is to blame.
    pub(super) fn reject(
        &mut self,
        place: usize,
        error: &Arc<str>,
        now: Instant,
        replaces: bool,
    ) -> (InFlight, Vec<(Arc<str>, Option<Hash>)>) {
        let answered = self.in_flight.remove(place);
        let overtaken: Vec<_> = self.in_flight.drain(..place).collect();
        // What was rejected before is still in a response that replaces everything: when the words
        // are about that, what is new in this one is not to blame.
        let earlier = self.rejected.keys().filter(|_| replaces);
        let new = answered.resources.iter().map(|resource| resource.name());
        let blamed = blame::blame(error, new.chain(&answered.removed).chain(earlier));
        let mut names = Vec::new();
        let mut doubt = BTreeMap::new();
        for resource in answered.resources.iter() {
            let to_blame = blamed.covers(resource.name());
            if to_blame {
                names.push((resource.name().clone(), Some(resource.hash())));
            }
            if !to_blame || !blamed.is_precise() {
                doubt.insert(resource.name().clone(), Some(resource.hash()));
            }
        }
        for name in &answered.removed {
            if blamed.is_precise() && blamed.covers(name) {
                names.push((name.clone(), None));
            } else if answered.before.contains_key(name) {
                doubt.insert(name.clone(), None);
            }
        }
        // What it asks for no longer is no difference to anything.
        let wanted = |name: &Arc<str>| self.subscription.wants(name);
        for (name, hash) in names.iter().filter(|(name, _)| wanted(name)) {
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
        // What an unanswered older response brought is as unknown as the siblings.
        for older in &overtaken {
            let resources = older.resources.iter();
            doubt.extend(resources.map(|r| (r.name().clone(), Some(r.hash()))));
        }
        if !replaces && doubt.len() > 1 {
            self.doubts.push(doubt);
        }
        self.loaded = true;
        (answered, names)
    }
}
