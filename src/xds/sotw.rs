//! State of the world: each request lists what is wanted, and a full-state response lists all of it.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use super::{
    Dialect,
    engine::{Engine, Shared},
    known::Has,
    track::Track,
    wire::Request,
};
use crate::snapshot::{Resource, Snapshot, TypeIx};

impl Engine {
    pub(super) fn read_sotw(&mut self, ty: TypeIx, request: &Request, at: Instant) {
        let first = self.tracks[ty.index()].is_none();
        if first {
            // Rule 16: whatever nonce it carries is not of this stream.
            self.begin(ty).resumed = !request.version.is_empty();
        } else if !self.is_current(ty, request, at) {
            return;
        }

        let now = self.now.clone();
        let shared = self.shared.clone();
        let Some(track) = self.track(ty) else { return };
        let before = track.subscription.names().clone();
        let asked = track.subscription.replace(
            &request.names,
            &shared.names,
            Self::intern(now.as_ref(), ty),
        );
        if !asked.is_nothing() {
            track.unload(Dialect::Sotw);
        }
        if asked.everything {
            track.start_over(now.as_ref(), Some(&before));
        }
        if asked.shrank {
            track.shrink();
        }
        self.ask(ty, asked, first);
        self.catch_up(ty, &[]);
    }

    /// Takes the answer in a later request. Whether its list of names counts.
    fn is_current(&mut self, ty: TypeIx, request: &Request, at: Instant) -> bool {
        let text = &request.nonce;
        let nonce = self.nonces.parse(text);
        let Some(track) = self.track(ty) else {
            return true;
        };
        let Some(last) = track.sent.as_ref().map(|sent| sent.nonce) else {
            // Nothing was sent yet: it can only be about names (B31).
            return true;
        };
        let several = track.in_flight.len() > 1;
        if let Some(nonce) = nonce {
            self.answer(ty, nonce, request.error.as_ref(), at);
        }
        // Rules 17, 18, 24: the answer to the newest response brings the newest names; where two
        // are out, the older one's names count as well.
        text.is_empty() || nonce == Some(last) || several
    }
}

/// Everything of a full-state type that `track` is to have once the response is applied.
pub(super) fn full_list(
    shared: &Shared,
    track: &Track,
    now: &Arc<Snapshot>,
) -> Arc<[Arc<Resource>]> {
    let ty = track.ty;
    let exceptions = track.known.exceptions();
    if track.subscription.wildcard() {
        let body = shared.bodies.of(now, ty);
        if exceptions.is_empty() {
            return body.resources.clone();
        }
        let mut all: BTreeMap<_, _> = body
            .resources
            .iter()
            .map(|resource| (resource.name().clone(), resource.clone()))
            .collect();
        for (name, has) in exceptions {
            match has {
                Has::Nothing => {
                    all.remove(name);
                }
                Has::This(old) => {
                    all.insert(name.clone(), old.clone());
                }
                Has::Claimed(_) => {}
            }
        }
        return all.into_values().collect();
    }
    track
        .subscription
        .names()
        .iter()
        .filter_map(|name| match track.known.has(ty, name) {
            Has::This(resource) => Some(resource),
            _ => None,
        })
        .collect()
}
