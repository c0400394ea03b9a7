//! One stream as a state machine: requests and snapshots in, responses out. No IO, no clock.
//!
//! Absent on purpose: who the client is and what it may see (`directory`), sockets (`stream`),
//! and what the types mean.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use envoy_types::pb::google::rpc;

use super::{
    Dialect, Manners,
    bodies::Bodies,
    event::What,
    names::NamePool,
    nonce::{Nonce, Nonces},
    response::Response,
    subscription::{Ask, Asked},
    track::{OUTSTANDING, Track, Why},
    wire::Request,
};
use crate::snapshot::{Resource, Snapshot, TypeIx, TypeSet};

/// A response of a full-state type may be overtaken by newer content after this long without an
/// answer: Envoy answers a cluster response only when its clusters have warmed (rule 86).
pub const OVERTAKE_AFTER: Duration = Duration::from_millis(250);

/// Any response may be overtaken by newer content after this long, and the client counts as stale.
/// At most three are then without an answer; the next waits for one.
pub const STALE_AFTER: Duration = Duration::from_secs(10);

/// Longest text of a rejection that is kept, in bytes.
pub const MAX_ERROR: usize = 4 * 1024;

/// Parents remembered for followers that the client has not asked about yet.
const MAX_UNFOLLOWED: usize = 8;

/// What a stream of this client is to be like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    pub(super) dialect: Dialect,
    /// An empty first list means everything, for the types that have it so.
    pub(super) legacy_wildcard: bool,
    /// In SotW, names that do not exist are told with a placeholder (M6).
    pub(super) placeholders: bool,
    /// The only type of this stream; nothing: it is aggregated.
    pub(super) only: Option<TypeIx>,
}

/// What the streams of one process share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) types: TypeSet,
    pub(super) manners: Manners,
    pub(super) names: NamePool,
    pub(super) bodies: Bodies,
}

/// A request that ends the stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Rule 4.
    #[error("type_url is empty: on an aggregated stream each request names its type")]
    Unnamed,
    /// Rule 5.
    #[error("{0} is of the xDS API v2: set resource_api_version and transport_api_version to V3")]
    OldType(String),
    /// Rule 3.
    #[error("type_url is {found}: this stream is for {only} alone")]
    OtherType {
        /// What the request names.
        found: String,
        /// What the method is for.
        only: &'static str,
    },
}

/// The state of one stream.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) habits: Habits,
    pub(super) tracks: Vec<Option<Box<Track>>>,
    pub(super) now: Option<Arc<Snapshot>>,
    pub(super) nonces: Nonces,
    /// Resources that were sent before their followers' type was subscribed.
    unfollowed: Vec<Arc<[Arc<Resource>]>>,
    /// More than [`MAX_UNFOLLOWED`] of them were sent: all followers follow.
    all_unfollowed: bool,
    pub(super) events: Vec<What>,
}

impl Engine {
    pub(super) fn new(shared: Arc<Shared>, habits: Habits, seed: u32) -> Self {
        Self {
            tracks: shared.types.iter().map(|_| None).collect(),
            shared,
            habits,
            now: None,
            nonces: Nonces::new(seed),
            unfollowed: Vec::new(),
            all_unfollowed: false,
            events: Vec::new(),
        }
    }

    /// What the client is to have from now on.
    pub(super) fn on_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.now = Some(snapshot);
    }

    /// Takes what the client says, in the dialect that it always speaks.
    pub(super) fn on_request(&mut self, request: &Request, at: Instant) -> Result<(), Fault> {
        if let Some(ty) = self.type_of(&request.type_url)? {
            match self.habits.dialect {
                Dialect::Sotw => self.read_sotw(ty, request, at),
                Dialect::Delta => self.read_delta(ty, request, at),
            }
        }
        Ok(())
    }

    /// The next response, if one may go out at `at`.
    pub(super) fn poll(&mut self, at: Instant) -> Option<Response> {
        let snapshot = self.now.clone()?;
        let types = self.tracks.len();
        (0..types).find_map(|turn| {
            let index = if self.shared.manners.order {
                turn
            } else {
                types - 1 - turn
            };
            let opens = self.tracks[index]
                .as_deref()
                .filter(|track| track.has_work(&snapshot))
                .and_then(|track| self.opens(track, at))?;
            (opens <= at).then(|| self.turn(index, &snapshot, at))?
        })
    }

    /// When [`poll`](Self::poll) may have something to send without anything happening before.
    pub(super) fn next_deadline(&self, at: Instant) -> Option<Instant> {
        let now = self.now.as_ref()?;
        self.tracks
            .iter()
            .flatten()
            .filter_map(|track| {
                let opens = self.opens(track, at)?;
                let fresh = track.owed
                    || track.load.is_some()
                    || !track.pending.is_empty()
                    || !Arc::ptr_eq(track.known.base(), now);
                let held = track
                    .held
                    .values()
                    .filter_map(super::order::Hold::deadline)
                    .min();
                let wakes = if fresh { Some(opens) } else { held };
                wakes.map(|wakes| wakes.max(opens))
            })
            .min()
    }

    /// From when on another response of this type may go out; nothing while that takes an answer
    /// (rules 85, 86). So what a client that never answers costs is bounded (rule 33).
    fn opens(&self, track: &Track, at: Instant) -> Option<Instant> {
        let full_state = self.shared.types[track.ty.index()].full_state;
        match &*track.in_flight {
            [] => Some(at),
            [only] if full_state => Some(only.at + OVERTAKE_AFTER),
            all if all.len() < OUTSTANDING => all.last().map(|last| last.at + STALE_AFTER),
            _ => None,
        }
    }

    /// The type that `url` names, or nothing for one that is not served here.
    fn type_of(&mut self, url: &str) -> Result<Option<TypeIx>, Fault> {
        if let Some(only) = self.habits.only {
            let info = &self.shared.types[only.index()];
            // Rule 2: the method names the type.
            if url.is_empty() || url == info.url {
                return Ok(Some(only));
            }
            return Err(Fault::OtherType {
                found: url.to_owned(),
                only: info.url,
            });
        }
        if url.is_empty() {
            return Err(Fault::Unnamed);
        }
        let known = (0_u8..)
            .map(TypeIx)
            .zip(self.shared.types)
            .filter(|(_, info)| self.habits.dialect == Dialect::Delta || !info.delta_only)
            .find_map(|(ty, info)| (info.url == url).then_some(ty));
        if known.is_none() {
            if url.contains("/envoy.api.v2.") {
                return Err(Fault::OldType(url.to_owned()));
            }
            self.events.push(What::Ignored {
                type_url: url.into(),
            });
        }
        Ok(known)
    }

    /// Begins the first subscription of `ty` on this stream.
    pub(super) fn begin(&mut self, ty: TypeIx) -> &mut Track {
        let info = &self.shared.types[ty.index()];
        let legacy = info.legacy_wildcard && self.habits.legacy_wildcard;
        let replaces = info.full_state && self.habits.dialect == Dialect::Sotw;
        self.tracks[ty.index()].insert(Box::new(Track::new(ty, legacy, replaces)))
    }

    pub(super) fn track(&mut self, ty: TypeIx) -> Option<&mut Track> {
        self.tracks[ty.index()].as_deref_mut()
    }

    /// Takes note of what is to be answered, by a client that is `blank` when this is its first
    /// request for the type and it claims nothing.
    pub(super) fn ask(&mut self, ty: TypeIx, asked: Asked, blank: bool) {
        let all_by_name = blank && !asked.everything && self.names_all(ty);
        let now = self.now.clone();
        let Some(track) = self.track(ty) else { return };
        if all_by_name {
            track.all_by_name = true;
            track.owed = true;
            return;
        }
        let blank = track.known.is_blank() && track.pending.is_empty();
        if let Some(now) = now.filter(|_| blank && !track.subscription.wildcard()) {
            // Nothing is known, and what is named is asked for: no need to look further.
            track.known.arrive(&now);
        }
        if asked.all {
            let names = track.subscription.names().clone();
            let fresh = |name: &Arc<str>| Ask {
                name: name.clone(),
                fresh: true,
            };
            track.ask(names.iter().map(fresh).collect());
        }
        track.ask(asked.names);
    }

    /// The shared copy of a name of type `ty`, so that a subscription to what exists holds no text.
    pub(super) fn intern<'a>(
        now: Option<&'a Arc<Snapshot>>,
        ty: TypeIx,
    ) -> impl Fn(&str) -> Arc<str> + 'a {
        move |name| {
            now.and_then(|now| now.get(ty, name))
                .map_or_else(|| name.into(), |resource| resource.name().clone())
        }
    }

    /// Takes the answer to response `nonce`: an acknowledgement, or a rejection with `error`.
    /// Answers to what is not in flight any more mean nothing (rules 19, 32).
    pub(super) fn answer(
        &mut self,
        ty: TypeIx,
        nonce: Nonce,
        error: Option<&rpc::Status>,
        at: Instant,
    ) {
        let Some(track) = self.track(ty) else { return };
        let Some(place) = track.in_flight.iter().position(|sent| sent.nonce == nonce) else {
            return;
        };
        let event = if let Some(error) = error {
            let text: Arc<str> = cut(&error.message).into();
            let rejection = track.reject(place, &text, at);
            What::Rejected {
                ty,
                generation: rejection.snapshot.generation,
                revision: rejection.snapshot.revision,
                nonce: nonce.number(),
                names: rejection.names,
                named: rejection.named,
                error: text,
            }
        } else {
            let sent = track.accept(place);
            What::Acked {
                ty,
                generation: sent.snapshot.generation,
                revision: sent.snapshot.revision,
                nonce: nonce.number(),
                resources: sent.resources,
                gone: sent.gone,
                took: at.saturating_duration_since(sent.at),
                waiting: track.waiting(),
            }
        };
        self.events.push(event);
    }

    /// Lets what `sent` refers to follow it, where its type does so.
    pub(super) fn follow(&mut self, sent: &Arc<[Arc<Resource>]>) {
        let alone = self.habits.only.is_some();
        if alone || !self.shared.manners.endpoints_behind_clusters || sent.is_empty() {
            return;
        }
        let types = self.shared.types;
        let followers = || (0..types.len()).filter(|&index| types[index].follows_parent);
        if followers().any(|index| self.tracks[index].is_none()) {
            if self.unfollowed.len() < MAX_UNFOLLOWED {
                self.unfollowed.push(sent.clone());
            } else {
                self.all_unfollowed = true;
            }
        }
        if followers().all(|index| self.tracks[index].is_none()) {
            return;
        }
        let references = sent.iter().flat_map(|resource| resource.refs().iter());
        for reference in references.filter(|to| types[to.to.index()].follows_parent) {
            if let Some(track) = self.tracks[reference.to.index()].as_deref_mut()
                && track.subscription.wants(&reference.name)
            {
                track.look(reference.name.clone(), Why::Follows);
            }
        }
    }

    /// Whether parents were sent whose followers' type was not subscribed yet.
    pub(super) fn has_unfollowed(&self) -> bool {
        self.all_unfollowed || !self.unfollowed.is_empty()
    }

    /// Lets `claimed` names of type `ty`, which is subscribed only now, follow what was sent
    /// before and refers to them (rule 78).
    pub(super) fn catch_up(&mut self, ty: TypeIx, claimed: &[Arc<str>]) {
        if !self.shared.types[ty.index()].follows_parent {
            return;
        }
        let waiting: std::collections::BTreeSet<_> = if claimed.is_empty() {
            Default::default()
        } else {
            self.unfollowed
                .iter()
                .flat_map(|sent| sent.iter())
                .flat_map(|resource| resource.refs().iter())
                .filter(|reference| reference.to == ty)
                .map(|reference| reference.name.clone())
                .collect()
        };
        let all = self.all_unfollowed;
        if let Some(track) = self.track(ty) {
            for name in claimed.iter().filter(|name| all || waiting.contains(*name)) {
                track.look(name.clone(), Why::Follows);
            }
        }
        let types = self.shared.types;
        let complete = (0..types.len())
            .all(|index| !types[index].follows_parent || self.tracks[index].is_some());
        if complete {
            self.unfollowed = Vec::new();
        }
    }
}

/// The first [`MAX_ERROR`] bytes of a client's words, at a character's end.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_ERROR)]
}
