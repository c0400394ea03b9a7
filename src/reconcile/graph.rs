//! What is compiled, and what has to be compiled again: the pure part of reconciling.
//!
//! The graph remembers every unit's output and everything that was read for it. A revision's
//! changed keys lead to the units that read them; those are compiled again, in phases, and where
//! an output differs, so are the units that read that output. What differs in the end is put into
//! the layers that hold it. The cost follows the change.
//!
//! ```text
//! changed keys -> roots come and go -> stale units, phase by phase -> placements -> layers -> Step
//! ```
//!
//! Roots are the units that exist because a document does: a Service's roster, an HTTPRoute's
//! parents, the contents of a class of gateways; they say which others are wanted. A unit goes
//! when nothing wants it and nothing reads it.
//!
//! Absent on purpose: time, publications' history, and which stream is in which scope.

mod layers;
mod memo;
mod scopes;
mod step;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::OrdMap;

use self::{
    layers::{Layers, Seat},
    memo::{Fresh, Memo},
    scopes::{Part, Scopes},
};
pub use step::{Counts, Moved, Step};

use crate::{
    compile::{Audience, Placement, Product, Unit},
    model::Kind,
    snapshot::{Generation, Problem, Revision, ScopeId, Snapshot},
    view::{Facts, Handle, Index, MeshView, ReadKey},
};

/// Everything compiled from one view, for the scopes that are open. A clone shares what neither
/// changes: to try a change on one costs that change.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    view: MeshView,
    generation: Generation,
    memo: Memo,
    layers: Layers,
    scopes: Scopes,
    roots: OrdMap<Unit, Arc<Root>>,
    /// Whether services' rosters for gRPC clients are roots: while a scope lists such a layer.
    audiences: BTreeSet<Audience>,
}

/// A unit that exists because a document does, and what it asked for.
#[derive(Debug, Clone)]
struct Root {
    handle: Handle,
    placed: BTreeMap<Placement, Handle>,
}

/// What one update has found out and not yet acted on.
#[derive(Debug, Default)]
struct Work {
    /// Roots whose output may differ from what is placed.
    roots: BTreeSet<Unit>,
    /// Scopes whose contents, or the facts they depend on, may differ from what they hold.
    scopes: BTreeSet<ScopeId>,
    counts: Counts,
    problems_changed: bool,
}

impl Graph {
    /// The view that was compiled last.
    #[must_use]
    pub fn view(&self) -> &MeshView {
        &self.view
    }

    /// The last update's number; 0 before the first.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Goes on to `view`, in which exactly `changed` differs, and tells what that changed.
    pub fn update(&mut self, view: MeshView, changed: &[ReadKey]) -> Step {
        self.view = view;
        self.generation = Generation(self.generation.0 + 1);
        let before = self.scopes.before(&self.layers);
        let mut work = Work::default();

        for key in changed {
            self.root_of(key, &mut work);
        }
        self.memo.sweep();
        self.compile_stale(changed, &mut work);
        let moved = self.settle(&mut work);

        let touched = self.layers.finish();
        let changed_names = self.scopes.changed(&self.layers, &before, &touched);
        Step {
            generation: self.generation,
            revision: self.revision(),
            changed: changed_names,
            moved,
            compiled: work.counts,
            classes_changed: changed.iter().any(is_of_a_class),
            problems_changed: work.problems_changed,
        }
    }

    /// The scope for a proxy of these facts, which is opened if there is none that fits, and what
    /// it holds. Two proxies are in one scope when all facts that anything in it depends on agree.
    pub fn open_scope(&mut self, facts: &Facts) -> (ScopeId, Snapshot) {
        let id = self.scopes.find(facts).unwrap_or_else(|| {
            let id = self.scopes.add(facts);
            let mut work = Work::default();
            work.scopes.insert(id);
            self.settle(&mut work);
            self.layers.finish();
            id
        });
        (id, self.snapshot(id).unwrap_or_default())
    }

    /// Forgets where proxies of these facts sit: the last of them is gone. Their scope stays.
    pub fn forget(&mut self, facts: &Facts) {
        self.scopes.forget(facts);
    }

    /// How many different facts are remembered.
    #[cfg(test)]
    pub(super) fn seats(&self) -> usize {
        self.scopes.size()[1]
    }

    /// Forgets the scope `id`: its last stream is gone. Whether there was one.
    pub fn close_scope(&mut self, id: ScopeId) -> bool {
        let Some(handles) = self.scopes.remove(id) else {
            return false;
        };
        for (handle, part) in handles {
            let _ = self.memo.leave(handle, &part.seat(id));
        }
        self.layers.remove(&Seat::Own(id));
        self.layers.remove(&Seat::Over(id));
        self.settle(&mut Work::default());
        self.layers.finish();
        true
    }

    /// What the scope `id` holds now.
    #[must_use]
    pub fn snapshot(&self, id: ScopeId) -> Option<Snapshot> {
        let (layers, over) = self.scopes.layers_of(id, &self.layers)?;
        let snapshot = Snapshot::new(self.generation, self.revision(), layers);
        Some(snapshot.under(over))
    }

    /// The scopes that are open, oldest first.
    pub fn scopes(&self) -> impl Iterator<Item = ScopeId> {
        self.scopes.ids()
    }

    /// Everything that did not compile as declared, sorted, each once.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.memo.problems()
    }

    fn revision(&self) -> Revision {
        Revision(self.view.revision())
    }

    /// Makes the root that `key` calls for, or takes it away.
    fn root_of(&mut self, key: &ReadKey, work: &mut Work) {
        let mut roots = Vec::new();
        let there = match key {
            ReadKey::Outline(service) => {
                roots.push(Unit::Roster(service.clone(), Audience::Envoy));
                let others = self.audiences.iter();
                roots.extend(others.map(|of| Unit::Roster(service.clone(), *of)));
                self.view.outline(service).is_some()
            }
            ReadKey::Attachment(route) => {
                roots.push(Unit::Parents(route.clone()));
                self.view.attachment(route).is_some()
            }
            ReadKey::Entry(index @ Index::GatewaysOf(class)) => {
                roots.push(Unit::GatewayContents(class.clone()));
                !self.view.entry(index).is_empty()
            }
            ReadKey::Entry(index @ Index::ClassNamed(class)) => {
                roots.push(Unit::ProxyClass(class.clone()));
                !self.view.entry(index).is_empty()
            }
            _ => return,
        };
        for root in roots {
            if there {
                work.roots.insert(root);
            } else {
                self.drop_root(&root);
            }
        }
    }

    fn drop_root(&mut self, unit: &Unit) {
        let Some(root) = self.roots.remove(unit) else {
            return;
        };
        for (placement, handle) in &root.placed {
            self.unplace(*handle, &seat(placement));
        }
        let _ = self.memo.leave(root.handle, &Seat::Root);
    }

    /// Compiles what read `changed`, then what read an output that differs, and so on.
    fn compile_stale(&mut self, changed: &[ReadKey], work: &mut Work) {
        let mut stale = BTreeSet::new();
        for key in changed {
            stale.extend(self.memo.readers(key));
        }
        while let Some((_, handle)) = stale.pop_first() {
            let fresh = self
                .memo
                .compile_again(handle, &self.view, &mut work.counts);
            let Some(Fresh {
                unit,
                seats,
                old,
                new,
                facts_differ,
                dependents,
            }) = fresh
            else {
                continue; // the same again
            };
            stale.extend(dependents);
            work.problems_changed |= old.problems != new.problems;
            for seat in &seats {
                match seat {
                    Seat::Root => {
                        work.roots.insert(unit.clone());
                    }
                    Seat::Own(scope) | Seat::Over(scope)
                        if facts_differ || unit == Unit::Contents =>
                    {
                        work.scopes.insert(*scope);
                    }
                    _ => {}
                }
                self.layers.replace(seat, &old.product, &new.product);
            }
        }
    }

    /// Brings what is placed into line with what roots and scopes ask for, until nothing is left
    /// to do. Proxies whose scope no longer fits them are moved.
    fn settle(&mut self, work: &mut Work) -> Vec<Moved> {
        let mut moved = Vec::new();
        loop {
            self.place_roots(work);
            if !work.scopes.is_empty() {
                self.place_scopes(work);
                moved.extend(self.scopes.split(&mut work.scopes));
            }
            self.switch_audiences(work);
            if work.roots.is_empty() && work.scopes.is_empty() {
                break;
            }
        }
        work.problems_changed |= self.memo.sweep();
        moved
    }

    fn place_roots(&mut self, work: &mut Work) {
        let nobody = self.scopes.nobody();
        let mut wanted = Vec::new();
        for unit in std::mem::take(&mut work.roots) {
            let handle = match self.roots.get(&unit) {
                Some(root) => root.handle,
                None => {
                    let handle = self.ensure(&unit, &nobody, work);
                    self.memo.enter(handle, Seat::Root);
                    let placed = BTreeMap::new();
                    let root = Arc::new(Root { handle, placed });
                    self.roots.insert(unit.clone(), root);
                    handle
                }
            };
            let asked: BTreeSet<Placement> = match self.memo.product(handle) {
                Some(Product::Placements(placements)) => placements.iter().cloned().collect(),
                _ => BTreeSet::new(),
            };
            wanted.push((unit, asked));
        }
        // Everything goes before anything comes: a name may move from one unit to another.
        for (unit, asked) in &wanted {
            let Some(root) = self.roots.get_mut(unit).map(Arc::make_mut) else {
                continue;
            };
            let gone: Vec<_> = root
                .placed
                .extract_if(.., |it, _| !asked.contains(it))
                .collect();
            for (placement, handle) in gone {
                self.unplace(handle, &seat(&placement));
            }
        }
        for (unit, asked) in wanted {
            for placement in asked {
                if self
                    .roots
                    .get(&unit)
                    .is_none_or(|root| root.placed.contains_key(&placement))
                {
                    continue;
                }
                let handle = self.ensure(&placement.unit, &nobody, work);
                self.place(handle, seat(&placement));
                if let Some(root) = self.roots.get_mut(&unit).map(Arc::make_mut) {
                    root.placed.insert(placement, handle);
                }
            }
        }
    }

    fn place_scopes(&mut self, work: &mut Work) {
        for id in std::mem::take(&mut work.scopes) {
            let Some(facts) = self.scopes.facts(id) else {
                continue;
            };
            let contents = self.ensure(&Unit::Contents, &facts, work);
            let has = match self.memo.product(contents) {
                Some(Product::Contents(contents)) => contents.clone(),
                _ => Arc::default(),
            };
            let shared = has.shared.clone();
            let mut handles = BTreeSet::from([(contents, Part::Own)]);
            for (units, part) in [(&has.own, Part::Own), (&has.over, Part::Over)] {
                for unit in units {
                    handles.insert((self.ensure(unit, &facts, work), part));
                }
            }
            let (gone, come) = self.scopes.hold(id, handles, shared, &self.memo);
            for (handle, part) in gone {
                self.unplace(handle, &part.seat(id));
            }
            for (handle, part) in come {
                self.place(handle, part.seat(id));
            }
        }
    }

    /// Services have rosters for others than Envoys with ADS only while there are such proxies.
    fn switch_audiences(&mut self, work: &mut Work) {
        let wanted = self.scopes.audiences();
        if wanted == self.audiences {
            return;
        }
        let before = std::mem::replace(&mut self.audiences, wanted);
        let services = self.view.entry(&Index::All(Kind::Service)).clone();
        for audience in before.symmetric_difference(&self.audiences.clone()) {
            for service in &services {
                let root = Unit::Roster(service.clone(), *audience);
                if before.contains(audience) {
                    self.drop_root(&root);
                } else {
                    work.roots.insert(root);
                }
            }
        }
    }

    fn ensure(&mut self, unit: &Unit, facts: &Arc<Facts>, work: &mut Work) -> Handle {
        let handle = self.memo.ensure(unit, facts, &self.view, &mut work.counts);
        work.problems_changed |= self.memo.take_new_problems();
        handle
    }

    fn place(&mut self, handle: Handle, seat: Seat) {
        if let Some(product) = self.memo.product(handle) {
            self.layers.replace(&seat, &Product::Nothing, product);
        }
        self.memo.enter(handle, seat);
    }

    fn unplace(&mut self, handle: Handle, seat: &Seat) {
        let stays = self.memo.leave(handle, seat);
        if let Some(product) = self.memo.product(handle)
            && !stays
        {
            self.layers.replace(seat, product, &Product::Nothing);
        }
    }
}

fn seat(placement: &Placement) -> Seat {
    match &placement.layer {
        Some(layer) => Seat::Layer(layer.clone()),
        None => Seat::Nowhere,
    }
}

/// Whether which class a proxy belongs to may depend on it.
fn is_of_a_class(key: &ReadKey) -> bool {
    match key {
        ReadKey::Document(key) => key.kind == Kind::ProxyClass,
        _ => false,
    }
}
