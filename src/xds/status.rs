//! What one stream was given, and what it took: read at any time, for `ps`.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Dialect,
    engine::{Engine, STALE_AFTER},
    known::Has,
    names::Names,
    order::Reason,
    track::Track,
};
use crate::snapshot::{Change, Generation, Hash, Ref, Revision, Snapshot, TypeIx};

/// Where one type of one stream stands.
#[derive(Debug, Clone)]
pub struct TypeStatus {
    /// The type.
    pub ty: TypeIx,
    /// It wants everything of this type.
    pub wildcard: bool,
    names: Arc<Names>,
    /// The last response sent.
    pub sent: Option<SentStatus>,
    /// What the client accepted last; nothing before its first answer.
    pub accepted: Option<Arc<Snapshot>>,
    /// What it is to have: what its scope is given now, whether or not its task has looked. Nothing
    /// where that is not decided yet.
    pub current: Option<Arc<Snapshot>>,
    /// Responses without an answer.
    pub in_flight: usize,
    /// It has not answered for [`STALE_AFTER`].
    pub stale: bool,
    /// What it said no to, and has not accepted another version of.
    pub rejected: Vec<RejectedStatus>,
    /// What make before break holds back.
    pub held: Vec<HeldStatus>,
    /// What was sent before its hold had ended, because the bound had passed.
    pub overdue: Vec<HeldStatus>,
    /// Names that are not, or not yet, as in the snapshots above.
    exceptions: BTreeMap<Arc<str>, Option<Hash>>,
    /// A first load is on its way, in parts.
    pub loading: bool,
    /// An answer is due, even if it says nothing new.
    pub owed: bool,
}

/// One response.
#[derive(Debug, Clone)]
pub struct SentStatus {
    /// The publication it was computed from.
    pub generation: Generation,
    /// The documents' revision of that publication.
    pub revision: Revision,
    /// The version of the type that it brought the client to.
    pub version: Arc<str>,
    /// Which response of the stream it is, from 1.
    pub nonce: u64,
    /// Time since then.
    pub ago: Duration,
}

/// One rejected resource.
#[derive(Debug, Clone)]
pub struct RejectedStatus {
    /// Its name.
    pub name: Arc<str>,
    /// What was sent; nothing when its removal was rejected.
    pub hash: Option<Hash>,
    /// The client's words, at most 4 KiB.
    pub error: Arc<str>,
    /// The client goes on with an earlier version of it.
    pub has_earlier: bool,
    /// Time since then.
    pub ago: Duration,
}

/// One resource that waits for another.
#[derive(Debug, Clone)]
pub struct HeldStatus {
    /// Its name.
    pub name: Arc<str>,
    /// Why.
    pub reason: Reason,
    /// What it waits for.
    pub on: Ref,
    /// Time since it began to wait.
    pub since: Duration,
}

/// How one name differs between what a client is to have and what it accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The name.
    pub name: Arc<str>,
    /// What it is to have; nothing when it is to go.
    pub wanted: Option<Hash>,
}

impl TypeStatus {
    /// Whether the client asked for `name`.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.wildcard || self.names.contains(name)
    }

    /// The names it asked for one by one.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names.iter()
    }

    /// Whether both ask for the same: sets of names that are equal are one, so this costs nothing.
    #[must_use]
    pub fn asks_like(&self, other: &Self) -> bool {
        self.ty == other.ty
            && self.wildcard == other.wildcard
            && Arc::ptr_eq(&self.names, &other.names)
    }

    /// Number of names it asked for one by one.
    #[must_use]
    pub fn named(&self) -> usize {
        self.names.len()
    }

    /// What it is to have and has not accepted, in name order. Costs what differs.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let (Some(current), ty) = (&self.current, self.ty) else {
            return Vec::new();
        };
        let accepted = self.accepted.clone().unwrap_or_default();
        let mut differences: BTreeMap<_, _> = current
            .changes_since(&accepted, ty)
            .into_iter()
            .map(|change| match change {
                Change::Set(resource) => (resource.name().clone(), Some(resource.hash())),
                Change::Gone(name) => (name, None),
            })
            .filter(|(name, _)| self.wants(name))
            .collect();
        let excepted = self.rejected.iter().map(|rejected| &rejected.name);
        for name in excepted.chain(self.exceptions.keys()) {
            let wanted = current.get(ty, name).map(|resource| resource.hash());
            differences.insert(name.clone(), wanted);
        }
        differences
            .into_iter()
            .map(|(name, wanted)| Difference { name, wanted })
            .collect()
    }

    /// Whether what the client has of `name` is not, or not yet, as in what it accepted: it was not
    /// sent, is held back, or was given another way.
    #[must_use]
    pub fn is_excepted(&self, name: &str) -> bool {
        self.exceptions.contains_key(name)
    }

    /// Whether `name` as it was accepted has the bytes that it is to have now.
    #[must_use]
    pub fn has_now(&self, name: &str) -> bool {
        let hash = |snapshot: &Option<Arc<Snapshot>>| {
            let snapshot = snapshot.as_ref()?;
            Some(snapshot.get(self.ty, name).map(|resource| resource.hash()))
        };
        let accepted = hash(&self.accepted);
        accepted.is_some() && accepted == hash(&self.current)
    }

    /// Whether it has accepted all that it is to have.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        let busy = self.in_flight > 0 || self.loading || self.owed;
        self.current.is_some() && !busy && self.differences().is_empty()
    }

    /// The documents' revision that it has accepted all of: where it is synced the newest one its
    /// scope was given, although the last response may be older.
    #[must_use]
    pub fn accepted_revision(&self) -> Option<Revision> {
        let synced = self.current.as_ref().filter(|_| self.is_synced());
        let snapshot = synced.or(self.accepted.as_ref())?;
        Some(snapshot.revision)
    }
}

impl Engine {
    /// Where each subscribed type stands at `at`, when the client is to have `given`.
    pub(super) fn status(&self, given: Option<&Arc<Snapshot>>, at: Instant) -> Vec<TypeStatus> {
        self.tracks
            .iter()
            .flatten()
            .map(|track| self.type_status(track, given, at))
            .collect()
    }

    fn type_status(&self, track: &Track, given: Option<&Arc<Snapshot>>, at: Instant) -> TypeStatus {
        let ago = |then: Instant| at.saturating_duration_since(then);
        let held = |(name, hold): (&Arc<str>, &super::order::Hold)| HeldStatus {
            name: name.clone(),
            reason: hold.reason,
            on: hold.on.clone(),
            since: ago(hold.first),
        };
        // A placeholder stands for nothing.
        let real = |(name, has): (&Arc<str>, &Has)| {
            let placeholder = self.habits.dialect == Dialect::Sotw
                && matches!(has, Has::This(_))
                && given.is_some_and(|given| given.get(track.ty, name).is_none())
                && !track.held.contains_key(name);
            (!placeholder).then(|| {
                let hash = match has {
                    Has::This(resource) => Some(resource.hash()),
                    _ => None,
                };
                (name.clone(), hash)
            })
        };
        TypeStatus {
            ty: track.ty,
            wildcard: track.subscription.wildcard(),
            names: track.subscription.names().clone(),
            sent: track.sent.as_ref().map(|sent| SentStatus {
                generation: sent.generation,
                revision: sent.revision,
                version: sent.version.clone(),
                nonce: sent.nonce.number(),
                ago: ago(sent.at),
            }),
            accepted: track.accepted.clone(),
            current: given.cloned(),
            owed: track.owed,
            loading: track.load.is_some() || track.all_by_name,
            in_flight: track.in_flight.len(),
            stale: track
                .in_flight
                .first()
                .is_some_and(|sent| ago(sent.at) >= STALE_AFTER),
            rejected: track
                .rejected
                .iter()
                .map(|(name, rejected)| RejectedStatus {
                    name: name.clone(),
                    hash: rejected.hash,
                    error: rejected.error.clone(),
                    has_earlier: !rejected.before.is_nothing(),
                    ago: ago(rejected.at),
                })
                .collect(),
            held: track.held.iter().map(held).collect(),
            overdue: track.overdue.iter().map(held).collect(),
            exceptions: track.known.exceptions().iter().filter_map(real).collect(),
        }
    }
}
