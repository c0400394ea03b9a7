//! Incremental: each request edits what is wanted, and a response says what changed.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use super::{
    Dialect,
    engine::Engine,
    known::Has,
    subscription::Asked,
    track::Why,
    wire::{Claims, Request},
};
use crate::snapshot::TypeIx;

impl Engine {
    pub(super) fn read_delta(&mut self, ty: TypeIx, request: &Request, at: Instant) {
        let first = self.tracks[ty.index()].is_none();
        if first {
            self.begin(ty);
        } else if let Some(nonce) = self.nonces.parse(&request.nonce) {
            // Rules 19, 67: the rest of the request counts whatever the nonce is.
            self.answer(ty, nonce, request.error.as_ref(), at);
        }

        let now = self.now.clone();
        let shared = self.shared.clone();
        let Some(track) = self.track(ty) else { return };
        let before = track.subscription.clone();
        let asked = track.subscription.edit(
            &request.names,
            &request.unwanted,
            &shared.names,
            Self::intern(now.as_ref(), ty),
        );
        if !asked.is_nothing() {
            track.unload(Dialect::Delta);
        }
        if asked.everything {
            // Rule 50: who asks for everything once more may have lost it.
            let kept = (!before.wildcard()).then(|| before.names());
            track.start_over(now.as_ref(), kept.map(|names| &**names));
        }
        if asked.shrank {
            track.shrink();
        }
        let claims = &request.claims;
        if first && !claims.is_empty() {
            self.resume(ty, asked, claims);
        } else {
            self.ask(ty, asked, first);
            self.catch_up(ty, &[]);
        }
    }

    /// Takes what the client brings from an earlier stream (rules 57 to 59).
    fn resume(&mut self, ty: TypeIx, asked: Asked, claims: &Claims) {
        let whole = self.resumes_whole(ty, claims);
        if !whole {
            self.ask(ty, asked, false);
        }
        let now = self.now.clone();
        let intern = Self::intern(now.as_ref(), ty);
        let follows = self.has_unfollowed();
        let Some(track) = self.track(ty) else { return };
        let mut claimed = Vec::new();
        // Sorted, so that nothing depends on the order of a map.
        let claims: BTreeMap<_, _> = claims.iter().filter(|_| !whole || follows).collect();
        for (name, version) in claims {
            if !track.subscription.wants(name) {
                continue;
            }
            let name: Arc<str> = intern(name);
            if !whole {
                let version = version.into();
                track.known.set(ty, &name, Has::Claimed(version));
                track.pending.insert(name.clone(), Why::Look);
            }
            claimed.push(name);
        }
        track.resumed = whole || !claimed.is_empty();
        // A client that brings something has had its first answer already.
        track.owed &= !track.resumed;
        self.catch_up(ty, &claimed);
    }
}
