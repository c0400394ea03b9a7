//! Names that are asked for and are nobody's own, but another name of a resource (rule 66).
//!
//! The answer goes by the resource's own name and says which it was asked for by. Who is not given
//! everything goes on being told of that resource while it asks for it by any name. Where there is
//! no such resource, the name alone is the answer; it stays asked for.
//!
//! Absent on purpose: which names stand for which. The type says so.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    engine::Engine,
    known::Has,
    track::{Track, Why},
};
use crate::snapshot::Snapshot;

impl Engine {
    /// Puts the resources' own names in the place of other names that they were asked for by.
    pub(super) fn resolve(&mut self, index: usize, now: &Arc<Snapshot>) -> Option<()> {
        let stands_for = self.shared.types[index].aliases?;
        let track = self.tracks[index].as_deref_mut()?;
        let ty = track.ty;
        for (name, why) in track.to_resolve(now) {
            let Some(resource) = now.found_by(ty, &stands_for(&name)) else {
                continue;
            };
            let own = resource.name().clone();
            track.pending.remove(&name);
            if !track.subscription.wildcard()
                && track
                    .subscription
                    .stand_for(&name, &own, &self.shared.names)
            {
                track.known.set(ty, &own, Has::Nothing);
            }
            track.look(own.clone(), why);
            let asked = track.asked_as.entry(own).or_default();
            if !asked.contains(&name) {
                asked.push(name);
            }
        }
        Some(())
    }
}

impl Track {
    /// What is asked for and is no resource's own name: what is new, and, where there is another
    /// snapshot, what was not found before.
    fn to_resolve(&self, now: &Arc<Snapshot>) -> BTreeMap<Arc<str>, Why> {
        let unknown = |name: &Arc<str>| {
            let has = self.known.has(self.ty, name);
            has.is_nothing() && now.get(self.ty, name).is_none()
        };
        let names = self.subscription.names();
        let asked = self.pending.iter();
        let asked = asked.filter(|(name, _)| names.contains(name) && unknown(name));
        let mut found: BTreeMap<_, _> = asked.map(|(name, why)| (name.clone(), *why)).collect();
        if !self.subscription.wildcard() && !Arc::ptr_eq(self.known.base(), now) {
            let open = names
                .iter()
                .filter(|name| !self.subscription.is_resolved(name) && unknown(name));
            for name in open {
                found.entry(name.clone()).or_insert(Why::Look);
            }
        }
        found
    }
}
