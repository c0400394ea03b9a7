//! The scopes that are open: which proxies share one, and what each holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Moved,
    layers::{Layers, Seat, Touched},
    memo::Memo,
};
use crate::{
    compile::{Audience, LayerKey},
    snapshot::{Changed, Generation, Layer, Revision, ScopeId, Snapshot, TYPES, TypeIx},
    view::{Facts, FactsRead, Handle},
};

#[derive(Debug, Clone)]
pub(super) struct Scopes {
    scopes: BTreeMap<ScopeId, Arc<Scope>>,
    /// Which scope proxies of these facts are in; of those facts only that some proxy has.
    seats: BTreeMap<Arc<Facts>, ScopeId>,
    last: u64,
    nobody: Arc<Facts>,
}

#[derive(Debug, Clone)]
struct Scope {
    /// Of the proxy it was opened for.
    facts: Arc<Facts>,
    /// Everything it is made of: its contents and the units of its own layer.
    handles: BTreeSet<Held>,
    /// The facts that any of that depends on. Nothing: it has not been filled yet.
    depends_on: Option<FactsRead>,
    shared: Vec<LayerKey>,
}

/// To which of a scope's two layers a unit belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Own,
    Over,
}

impl Part {
    pub(super) fn seat(self, scope: ScopeId) -> Seat {
        match self {
            Self::Own => Seat::Own(scope),
            Self::Over => Seat::Over(scope),
        }
    }
}

/// One unit of a scope, and to which layer it belongs.
pub(super) type Held = (Handle, Part);

/// What every scope held at some time.
pub(super) type Before = BTreeMap<ScopeId, (Vec<LayerKey>, Stack)>;
type LayerList = Arc<[Arc<Layer>]>;
/// Layers, and what lies over them.
type Stack = (LayerList, Option<Arc<Layer>>);

impl Default for Scopes {
    fn default() -> Self {
        Self {
            scopes: BTreeMap::new(),
            seats: BTreeMap::new(),
            last: 0,
            nobody: Arc::new(Facts::nobody()),
        }
    }
}

impl Scope {
    fn fits(&self, facts: &Facts) -> bool {
        let depends_on = self.depends_on.as_ref();
        depends_on.is_some_and(|depends_on| facts.agree_with(depends_on))
    }

    fn layers(&self, id: ScopeId, layers: &Layers) -> Stack {
        let shared = self
            .shared
            .iter()
            .map(|key| layers.get(&Seat::Layer(key.clone())));
        let list = shared.chain([layers.get(&Seat::Own(id))]).collect();
        (list, layers.find(&Seat::Over(id)))
    }
}

impl Scopes {
    /// What is shared by many is compiled for this proxy.
    pub(super) fn nobody(&self) -> Arc<Facts> {
        self.nobody.clone()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ScopeId> {
        self.scopes.keys().copied()
    }

    pub(super) fn facts(&self, id: ScopeId) -> Option<Arc<Facts>> {
        self.scopes.get(&id).map(|scope| scope.facts.clone())
    }

    /// The scope that proxies of these facts are in, or can join.
    pub(super) fn find(&mut self, facts: &Facts) -> Option<ScopeId> {
        if let Some(id) = self.seats.get(facts) {
            return Some(*id);
        }
        let (id, _) = self.scopes.iter().find(|(_, scope)| scope.fits(facts))?;
        let id = *id;
        self.seats.insert(Arc::new(facts.clone()), id);
        Some(id)
    }

    /// Opens a scope that holds nothing yet.
    pub(super) fn add(&mut self, facts: &Facts) -> ScopeId {
        self.last += 1;
        let id = ScopeId(self.last);
        let facts = Arc::new(facts.clone());
        self.seats.insert(facts.clone(), id);
        let scope = Scope {
            facts,
            handles: BTreeSet::new(),
            depends_on: None,
            shared: Vec::new(),
        };
        self.scopes.insert(id, Arc::new(scope));
        id
    }

    /// Proxies of these facts are no more.
    pub(super) fn forget(&mut self, facts: &Facts) {
        self.seats.remove(facts);
    }

    /// Closes a scope: what it held.
    pub(super) fn remove(&mut self, id: ScopeId) -> Option<BTreeSet<Held>> {
        let scope = self.scopes.remove(&id)?;
        self.seats.retain(|_, seat| *seat != id);
        Some(Arc::unwrap_or_clone(scope).handles)
    }

    /// What `id` is made of from now on: what goes, and what comes.
    pub(super) fn hold(
        &mut self,
        id: ScopeId,
        handles: BTreeSet<Held>,
        shared: Vec<LayerKey>,
        memo: &Memo,
    ) -> (Vec<Held>, Vec<Held>) {
        let Some(scope) = self.scopes.get_mut(&id).map(Arc::make_mut) else {
            return (Vec::new(), Vec::new());
        };
        let gone = scope.handles.difference(&handles).copied().collect();
        let come = handles.difference(&scope.handles).copied().collect();
        let handles_alone = handles.iter().map(|(handle, _)| *handle);
        let read = handles_alone.filter_map(|handle| memo.facts_read(handle));
        let read = read
            .flatten()
            .map(|(fact, value)| (fact.clone(), value.clone()));
        scope.depends_on = Some(read.collect());
        scope.handles = handles;
        scope.shared = shared;
        (gone, come)
    }

    /// Takes proxies out of scopes that came to depend on a fact in which they differ from the one
    /// that the scope was opened for. At most one new scope is opened, and put on `unsettled`:
    /// once it is filled, others may fit into it.
    pub(super) fn split(&mut self, unsettled: &mut BTreeSet<ScopeId>) -> Vec<Moved> {
        let fits = |facts: &Arc<Facts>, id: &ScopeId| {
            let scope = self.scopes.get(id);
            scope.is_none_or(|scope| scope.facts == *facts || scope.fits(facts))
        };
        let seats = self.seats.iter();
        let misfits: Vec<(Arc<Facts>, ScopeId)> = seats
            .filter(|(facts, id)| !fits(facts, id))
            .map(|(facts, id)| (facts.clone(), *id))
            .collect();
        let mut moved = Vec::new();
        for (facts, from) in misfits {
            self.seats.remove(&facts);
            let to = match self.find(&facts) {
                Some(id) => id,
                None if unsettled.is_empty() => {
                    let id = self.add(&facts);
                    unsettled.insert(id);
                    id
                }
                None => {
                    self.seats.insert(facts, from);
                    continue; // next time, when the one just opened is filled
                }
            };
            moved.push(Moved {
                facts: Facts::clone(&facts),
                from,
                to,
            });
        }
        moved
    }

    /// For whom layers are listed, besides Envoys that use ADS.
    pub(super) fn audiences(&self) -> BTreeSet<Audience> {
        let layers = self.scopes.values().flat_map(|scope| &scope.shared);
        let audiences = layers.map(|layer| match layer {
            LayerKey::Mesh(of) | LayerKey::Namespace(_, of) => *of,
            LayerKey::ShortNames(_) | LayerKey::GrpcServers => Audience::Grpc,
            LayerKey::Class(_) => Audience::Envoy,
        });
        audiences.filter(|of| *of != Audience::Envoy).collect()
    }

    pub(super) fn layers_of(&self, id: ScopeId, layers: &Layers) -> Option<Stack> {
        Some(self.scopes.get(&id)?.layers(id, layers))
    }

    /// The layers of every scope, to be compared with what they are later.
    pub(super) fn before(&self, layers: &Layers) -> Before {
        let scopes = self.scopes.iter();
        scopes
            .map(|(id, scope)| (*id, (scope.shared.clone(), scope.layers(*id, layers))))
            .collect()
    }

    /// Names whose bytes differ from those of `before`, by scope and type, when `touched` is what
    /// differs in the layers. Of a scope that was not there before nothing differs.
    pub(super) fn changed(
        &self,
        layers: &Layers,
        before: &Before,
        touched: &Touched,
    ) -> Vec<Changed> {
        let mut changed = Vec::new();
        for (id, scope) in &self.scopes {
            let Some((shared, old)) = before.get(id) else {
                continue;
            };
            let seats = scope.shared.iter().cloned().map(Seat::Layer);
            let mut touched = seats
                .chain([Seat::Own(*id), Seat::Over(*id)])
                .filter_map(|it| touched.get(&it));
            let same_layers = *shared == scope.shared;
            let (first, more) = (touched.next(), touched.next().is_some());
            // What lies over a name hides what changes beneath it.
            let more = more || old.1.is_some() || layers.find(&Seat::Over(*id)).is_some();
            let mut report = |ty, names: Arc<[Arc<str>]>| {
                let scope = *id;
                changed.push(Changed { scope, ty, names });
            };
            match first {
                None if same_layers => {}
                // The usual case: one layer of many scopes, whose lists they share.
                Some(names) if same_layers && !more => {
                    for (ty, names) in names {
                        report(*ty, names.clone());
                    }
                }
                _ => {
                    let old = plain(old.clone());
                    let new = plain(scope.layers(*id, layers));
                    for ty in (0..).zip(&TYPES).map(|(ix, _)| TypeIx(ix)) {
                        let names = new.changes_since(&old, ty);
                        let names: BTreeSet<_> =
                            names.iter().map(|change| change.name().clone()).collect();
                        if !names.is_empty() {
                            report(ty, names.into_iter().collect());
                        }
                    }
                }
            }
        }
        changed
    }

    /// How many scopes, and proxies' facts, so that a test sees none left behind.
    #[cfg(test)]
    pub(super) fn size(&self) -> [usize; 2] {
        [self.scopes.len(), self.seats.len()]
    }
}

/// Layers to be compared, of no matter which publication.
fn plain((layers, over): Stack) -> Snapshot {
    Snapshot::new(Generation::default(), Revision::default(), layers).under(over)
}
