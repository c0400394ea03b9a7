//! Incremental: each request edits what is wanted, and a response says what changed.

use std::{sync::Arc, time::Instant};

use envoy_types::pb::envoy::service::discovery::v3::DeltaDiscoveryRequest;

use super::{Dialect, engine::Engine, known::Has, track::Why};
use crate::snapshot::TypeIx;

impl Engine {
    pub(super) fn read_delta(&mut self, ty: TypeIx, request: &DeltaDiscoveryRequest, at: Instant) {
        let first = self.tracks[ty.index()].is_none();
        if first {
            self.begin(ty);
        } else if let Some(nonce) = self.nonces.parse(&request.response_nonce) {
            // Rules 19, 67: the rest of the request counts whatever the nonce is.
            self.answer(ty, nonce, request.error_detail.as_ref(), at);
        }

        let now = self.now.clone();
        let shared = self.shared.clone();
        let Some(track) = self.track(ty) else { return };
        let before = track.subscription.clone();
        let asked = track.subscription.edit(
            &request.resource_names_subscribe,
            &request.resource_names_unsubscribe,
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
        let blank = first && request.initial_resource_versions.is_empty();
        self.ask(ty, asked, blank);
        if first {
            self.claim(ty, request);
        }
    }

    /// Takes what the client brings from an earlier stream (rules 57 to 59).
    fn claim(&mut self, ty: TypeIx, request: &DeltaDiscoveryRequest) {
        let now = self.now.clone();
        let intern = Self::intern(now.as_ref(), ty);
        let Some(track) = self.track(ty) else { return };
        let mut claimed = Vec::new();
        for (name, version) in &request.initial_resource_versions {
            if !track.subscription.wants(name) {
                continue;
            }
            let name: Arc<str> = intern(name);
            track
                .known
                .set(ty, &name, Has::Claimed(version.as_str().into()));
            track.pending.insert(name.clone(), Why::Look);
            claimed.push(name);
        }
        track.resumed = !claimed.is_empty();
        // A client that brings something has had its first answer already.
        track.owed &= claimed.is_empty();
        self.catch_up(ty, &claimed);
    }
}
