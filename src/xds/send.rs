//! One type's turn: looks at what may differ, and makes a response of what is to be said.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use super::{
    Dialect,
    bodies::Part,
    engine::Engine,
    event::What,
    known::Has,
    order::{Gates, dropped},
    plan::{Act, Decision, Planner},
    response::{Response, Tail, entry_len},
    sotw::full_list,
    track::{InFlight, Sent, Track, Why},
};
use crate::snapshot::{Ref, Resource, Snapshot, TypeVersion};

/// Size at which a response is split where its type allows that, in bytes. gRPC clients refuse
/// messages of more than 4 MiB (M13, rule 90).
pub const SPLIT_AT: usize = 2 * 1024 * 1024;

/// Size from which on a response that cannot be split is warned about, in bytes.
pub const WARN_AT: usize = 3 * 1024 * 1024 + 512 * 1024;

/// What a response says, before it is written.
#[derive(Debug, Default)]
struct Draft {
    resources: Vec<Arc<Resource>>,
    /// Told that they are gone (delta), or missing (SotW).
    gone: Vec<Arc<str>>,
    /// Told by the name alone, which stands for nothing.
    unresolved: Vec<Arc<str>>,
    removed: Vec<Arc<str>>,
    /// Both of these.
    absent: Vec<Arc<str>>,
    before: BTreeMap<Arc<str>, Has>,
    drops: BTreeSet<Ref>,
    blind: bool,
}

/// A response that is decided.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// What stands in it.
    listed: Part,
    /// What of that is new to the client, in name order.
    changed: Part,
    draft: Draft,
}

impl Outgoing {
    /// All of `part`, to a client that has none of it.
    pub(super) fn whole(part: Part) -> Self {
        Self {
            listed: part.clone(),
            changed: part,
            draft: Draft::default(),
        }
    }
}

impl Engine {
    /// Lets type `index` say what there is to say. Its gate is open.
    pub(super) fn turn(
        &mut self,
        index: usize,
        now: &Arc<Snapshot>,
        at: Instant,
    ) -> Option<Response> {
        let track = self.tracks[index].as_deref_mut()?;
        if track.subscription.wants_nothing() {
            track.known.arrive(now);
            track.pending.clear();
            track.owed = false;
            return None;
        }
        self.begin_load(index, now);
        if self.tracks[index].as_deref()?.load.is_some() {
            return self.continue_load(index, at);
        }
        let names = self.collect(index, now)?;
        let decisions = self.decide(index, now, names, at)?;
        let (draft, asked) = self.settle(index, decisions)?;

        let track = self.tracks[index].as_deref_mut()?;
        if draft.says_nothing() && !track.owed && !asked {
            if track.in_flight.is_empty() {
                // Nothing of it concerns this client, or it has it already.
                track.accepted = Some(now.clone());
            }
            return None;
        }
        let changed: Arc<[Arc<Resource>]> = draft.resources.as_slice().into();
        let listed = if track.replaces {
            full_list(&self.shared, track, now)
        } else {
            changed.clone()
        };
        let outgoing = Outgoing {
            listed,
            changed,
            draft,
        };
        self.push(index, now, outgoing, at)
    }

    /// The names to look at, and why. Nothing is known of them but through exceptions afterwards.
    fn collect(&mut self, index: usize, now: &Arc<Snapshot>) -> Option<BTreeMap<Arc<str>, Why>> {
        self.resolve(index, now);
        let track = self.tracks[index].as_deref_mut()?;
        let mut names = std::mem::take(&mut track.pending);
        let subscription = &track.subscription;
        track.known.advance(
            now,
            track.ty,
            |name| subscription.wants(name),
            |name| {
                names.entry(name).or_insert(Why::Look);
            },
        );
        for name in track.held.keys() {
            names.entry(name.clone()).or_insert(Why::Look);
        }
        Some(names)
    }

    fn decide(
        &mut self,
        index: usize,
        now: &Arc<Snapshot>,
        names: BTreeMap<Arc<str>, Why>,
        at: Instant,
    ) -> Option<Vec<Decision>> {
        let mut decisions = self.planner(index, now, at)?.decide(names);
        if self.tracks[index]
            .as_deref()
            .is_some_and(|track| !track.doubts.is_empty())
        {
            let moved = |d: &&Decision| !matches!(d.act, Act::Settle(Some(_)) | Act::Hold(_));
            let touched = decisions
                .iter()
                .filter(moved)
                .map(|d| d.name.clone())
                .collect();
            let siblings = self.tracks[index]
                .as_deref_mut()?
                .doubts
                .settle_with(&touched);
            let again = self
                .planner(index, now, at)?
                .decide_siblings(siblings, &decisions);
            decisions.extend(again);
            decisions.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Some(decisions)
    }

    fn planner<'a>(&'a self, index: usize, now: &'a Snapshot, at: Instant) -> Option<Planner<'a>> {
        Some(Planner {
            gates: self.gates(now),
            info: &self.shared.types[index],
            track: self.tracks[index].as_deref()?,
            placeholders: self.habits.placeholders,
            at,
        })
    }

    pub(super) fn gates<'a>(&'a self, now: &'a Snapshot) -> Gates<'a> {
        Gates {
            types: self.shared.types,
            dialect: self.habits.dialect,
            manners: match self.habits.only {
                // (d): what the other streams of the client have is not known here.
                Some(_) => &super::order::ALONE,
                None => &self.shared.manners,
            },
            tracks: &self.tracks,
            now,
        }
    }

    /// Carries the decisions out, up to the size of a response; the rest stays pending. The second
    /// is true when a full-state answer is owed although nothing changed.
    fn settle(&mut self, index: usize, decisions: Vec<Decision>) -> Option<(Draft, bool)> {
        let dialect = self.habits.dialect;
        let info = &self.shared.types[index];
        let splits = dialect == Dialect::Delta || info.splittable();
        let track = self.tracks[index].as_deref_mut()?;
        let whole = track.replaces;
        let ty = track.ty;
        let mut draft = Draft::default();
        let mut asked = false;
        let mut size = 0;
        for decision in decisions {
            let Decision {
                name,
                why,
                has,
                act,
                overdue,
            } = decision;
            let cost = match &act {
                Act::Send(resource) => entry_len(resource, dialect),
                Act::Remove | Act::Miss => name.len() + 8,
                Act::Settle(_) | Act::Hold(_) => 0,
            };
            if splits && cost > 0 && size > 0 && size + cost > SPLIT_AT {
                track.look(name, why);
                continue;
            }
            size += cost;
            if let Act::Hold(hold) = act {
                let news = track
                    .held
                    .get(&name)
                    .is_none_or(|old| old.reason != hold.reason);
                if news {
                    self.events.push(What::held(ty, &name, &hold, false));
                }
                track.held.insert(name, hold);
                continue;
            }
            track.held.remove(&name);
            // What was rejected is no more, and there is nothing left to tell the client of.
            if matches!(act, Act::Settle(None))
                || has.is_nothing() && matches!(act, Act::Remove | Act::Miss)
            {
                track.rejected.remove(&name);
            }
            match act {
                Act::Send(resource) => {
                    draft.replace(&name, has, Some(&resource));
                    track.known.set(ty, &name, Has::This(resource.clone()));
                    draft.resources.push(match track.asked_as.remove(&name) {
                        Some(names) => Arc::new(resource.asked_for_as(&names)),
                        None => resource,
                    });
                }
                Act::Remove => {
                    draft.replace(&name, has, None);
                    track.known.set(ty, &name, Has::Nothing);
                    if !whole {
                        draft.gone.push(name.clone());
                    }
                    draft.removed.push(name.clone());
                    draft.absent.push(name.clone());
                }
                Act::Miss => {
                    track.known.set(ty, &name, Has::Nothing);
                    if info.aliases.is_some() {
                        draft.unresolved.push(name.clone());
                    } else {
                        draft.gone.push(name.clone());
                    }
                    draft.absent.push(name.clone());
                }
                Act::Settle(has) => {
                    let has = has.map_or(Has::Nothing, Has::This);
                    track.known.set(ty, &name, has);
                }
                Act::Hold(_) => {}
            }
            asked |= whole && why == Why::Asked;
            if let Some(hold) = overdue {
                self.events.push(What::held(ty, &name, &hold, true));
                track.overdue.insert(name, hold);
            } else if cost > 0 {
                track.overdue.remove(&name);
            }
        }
        Some((draft, asked))
    }

    /// Sends what was drafted from `now`.
    pub(super) fn push(
        &mut self,
        index: usize,
        now: &Arc<Snapshot>,
        outgoing: Outgoing,
        at: Instant,
    ) -> Option<Response> {
        let Outgoing {
            listed,
            changed,
            draft,
        } = outgoing;
        let info = &self.shared.types[index];
        let nonce = self.nonces.next();
        let track = self.tracks[index].as_deref_mut()?;
        let version: Arc<str> = version(track, now).to_wire().into();
        let tail = Tail {
            url: info.url,
            nonce: &self.nonces.text(nonce),
            version: &version,
            gone: &draft.gone,
            unresolved: &draft.unresolved,
        };
        let response = Response {
            ty: track.ty,
            dialect: self.habits.dialect,
            resources: listed,
            tail: tail.write(self.habits.dialect),
        };
        let bytes = response.encoded_len();
        if bytes > WARN_AT {
            tracing::warn!(
                api = info.api,
                bytes,
                "a response is too large for gRPC clients, which take 4 MiB at most"
            );
        }
        track.owed = false;
        track.sent = Some(Sent {
            nonce,
            generation: now.generation,
            revision: now.revision,
            version,
            at,
        });
        let gone: Arc<[Arc<str>]> = draft.absent.into();
        track.in_flight.push(InFlight {
            nonce,
            snapshot: now.clone(),
            at,
            resources: changed.clone(),
            removed: draft.removed,
            gone: gone.clone(),
            before: draft.before,
            drops: draft.drops,
            blind: draft.blind,
        });
        self.events.push(What::Sent {
            ty: response.ty,
            generation: now.generation,
            revision: now.revision,
            nonce: nonce.number(),
            resources: changed.clone(),
            gone,
            bytes,
        });
        self.follow(&changed);
        Some(response)
    }
}

impl Draft {
    fn says_nothing(&self) -> bool {
        let names = [&self.gone, &self.unresolved, &self.removed];
        self.resources.is_empty() && names.into_iter().all(Vec::is_empty)
    }

    /// Notes what the client had under `name`, and what it stops naming with `new`.
    fn replace(&mut self, name: &Arc<str>, has: Has, new: Option<&Arc<Resource>>) {
        match has.refs() {
            Some(old) => self.drops.extend(dropped(old, new).cloned()),
            None => self.blind = true,
        }
        if !has.is_nothing() {
            self.before.insert(name.clone(), has);
        }
    }
}

/// The version of what the client has once this is applied: the snapshot's, but for exceptions.
fn version(track: &Track, now: &Snapshot) -> TypeVersion {
    let mut version = now.version(track.ty);
    for (name, has) in track.known.exceptions() {
        if let Some(current) = now.get(track.ty, name) {
            version = version.without(current.hash());
        }
        if let Has::This(old) = has {
            version = version.with(old.hash());
        }
    }
    version
}
