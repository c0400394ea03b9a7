//! Outputs that are finished, what was read for each, and who reads whom.

use std::{collections::BTreeSet, sync::Arc};

use imbl::{HashMap, OrdSet, Vector};
use smallvec::SmallVec;

use super::{Counts, layers::Seat};
use crate::{
    compile::{Lens, Output, Phase, Product, Unit, compile},
    snapshot::Problem,
    view::{Facts, FactsRead, Handle, MeshView, Outputs, ReadKey, Reads},
};

/// Output by unit and by the facts it depends on. A clone costs next to nothing: it shares all that
/// neither of the two changes later.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo {
    slots: Vector<Option<Arc<Slot>>>,
    /// Free places, and those that became free in this update: a handle means one thing during it.
    free: Vec<Handle>,
    freed: Vec<Handle>,
    /// The variants of each unit: they differ in a fact that they read.
    variants: HashMap<Unit, SmallVec<[Handle; 1]>>,
    readers: HashMap<ReadKey, SmallVec<[Handle; 2]>>,
    with_problems: OrdSet<Handle>,
    new_problems: bool,
    /// Slots that lost a seat or a reader and may be wanted by nobody.
    loose: BTreeSet<Handle>,
    /// Reads that are not written down, as if they went past the lens: a test plants them.
    #[cfg(test)]
    pub(super) forget: Option<fn(&ReadKey) -> bool>,
}

#[derive(Debug, Clone)]
struct Slot {
    unit: Unit,
    /// Of the proxy it was compiled for first; all that matters is in `facts_read`.
    facts: Arc<Facts>,
    output: Output,
    /// Sorted, each once.
    keys: Box<[ReadKey]>,
    outputs: Box<[Handle]>,
    facts_read: FactsRead,
    /// Slots that read this output.
    dependents: BTreeSet<Handle>,
    seats: SmallVec<[Seat; 2]>,
}

/// A unit that came out differently.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) unit: Unit,
    pub(super) seats: SmallVec<[Seat; 2]>,
    pub(super) old: Output,
    pub(super) new: Output,
    /// Whether it depends on other facts than before.
    pub(super) facts_differ: bool,
    /// What reads it, by phase.
    pub(super) dependents: Vec<(Phase, Handle)>,
}

impl Outputs<Unit, Output> for Memo {
    fn find(&self, unit: &Unit, facts: &Facts) -> Option<(Handle, &Output, &FactsRead)> {
        let handle = self.variant(unit, facts)?;
        let slot = self.slot(handle)?;
        Some((handle, &slot.output, &slot.facts_read))
    }
}

impl Memo {
    fn slot(&self, handle: Handle) -> Option<&Slot> {
        self.slots.get(handle.0 as usize)?.as_deref()
    }

    fn slot_mut(&mut self, handle: Handle) -> Option<&mut Slot> {
        self.slots
            .get_mut(handle.0 as usize)?
            .as_mut()
            .map(Arc::make_mut)
    }

    /// The variant of `unit` whose facts agree with these.
    fn variant(&self, unit: &Unit, facts: &Facts) -> Option<Handle> {
        let variants = self.variants.get(unit)?;
        let fits = |handle: &&Handle| {
            self.slot(**handle)
                .is_some_and(|slot| facts.agree_with(&slot.facts_read))
        };
        variants.iter().find(fits).copied()
    }

    pub(super) fn product(&self, handle: Handle) -> Option<&Product> {
        self.slot(handle).map(|slot| &slot.output.product)
    }

    pub(super) fn facts_read(&self, handle: Handle) -> Option<&FactsRead> {
        self.slot(handle).map(|slot| &slot.facts_read)
    }

    /// What read `key`, by phase.
    pub(super) fn readers(&self, key: &ReadKey) -> Vec<(Phase, Handle)> {
        let readers = self.readers.get(key).into_iter().flatten();
        readers
            .filter_map(|handle| self.in_phase(*handle))
            .collect()
    }

    fn in_phase(&self, handle: Handle) -> Option<(Phase, Handle)> {
        Some((self.slot(handle)?.unit.phase(), handle))
    }

    /// The output of `unit` for these facts, compiled if it is not there.
    pub(super) fn ensure(
        &mut self,
        unit: &Unit,
        facts: &Arc<Facts>,
        view: &MeshView,
        counts: &mut Counts,
    ) -> Handle {
        if let Some(handle) = self.variant(unit, facts) {
            return handle;
        }
        let (output, reads) = self.run(unit, facts, view, counts);
        let handle = self.free.pop().unwrap_or_else(|| {
            self.slots.push_back(None);
            // 2^32 outputs do not fit into memory.
            Handle(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
        });
        let slot = Slot {
            unit: unit.clone(),
            facts: facts.clone(),
            output: Output::default(),
            keys: Box::default(),
            outputs: Box::default(),
            facts_read: FactsRead::new(),
            dependents: BTreeSet::new(),
            seats: SmallVec::new(),
        };
        if let Some(place) = self.slots.get_mut(handle.0 as usize) {
            *place = Some(Arc::new(slot));
        }
        self.variants.entry(unit.clone()).or_default().push(handle);
        self.note_reads(handle, reads);
        self.new_problems |= !output.problems.is_empty();
        self.note_output(handle, output);
        self.loose.insert(handle); // until somebody takes it
        handle
    }

    /// Compiles the output of `handle` anew. Nothing where it came out the same.
    pub(super) fn compile_again(
        &mut self,
        handle: Handle,
        view: &MeshView,
        counts: &mut Counts,
    ) -> Option<Fresh> {
        let slot = self.slot(handle)?;
        let (unit, facts) = (slot.unit.clone(), slot.facts.clone());
        let (new, reads) = self.run(&unit, &facts, view, counts);
        let facts_before = self.slot(handle)?.facts_read.clone();
        let facts_differ = facts_before != reads.facts;
        self.note_reads(handle, reads);
        let old = self.slot(handle)?.output.clone();
        if old == new && !facts_differ {
            return None;
        }
        self.note_output(handle, new.clone());
        let slot = self.slot(handle)?;
        let dependents = slot.dependents.iter();
        Some(Fresh {
            unit,
            seats: slot.seats.clone(),
            old,
            new,
            facts_differ,
            dependents: dependents.filter_map(|it| self.in_phase(*it)).collect(),
        })
    }

    /// Compiles `unit`, and first whatever it reads that is not finished.
    fn run(
        &mut self,
        unit: &Unit,
        facts: &Arc<Facts>,
        view: &MeshView,
        counts: &mut Counts,
    ) -> (Output, Reads<Unit>) {
        loop {
            let mut lens = Lens::new(view, facts, self);
            let output = compile(unit, &mut lens);
            let reads = lens.into_reads();
            if reads.missing.is_empty() {
                *counts.entry(unit.kind()).or_default() += 1;
                return (output, reads);
            }
            for missing in &reads.missing {
                self.ensure(missing, facts, view, counts);
            }
        }
    }

    fn note_reads(&mut self, handle: Handle, reads: Reads<Unit>) {
        #[cfg(test)]
        let reads = self.forgetful(reads);
        let keys = reads.keys.into_boxed_slice();
        let outputs = reads.outputs.into_boxed_slice();
        let Some(slot) = self.slot_mut(handle) else {
            return;
        };
        slot.facts_read = reads.facts;
        let old_keys = std::mem::replace(&mut slot.keys, keys.clone());
        let old_outputs = std::mem::replace(&mut slot.outputs, outputs.clone());
        for key in without(&old_keys, &keys) {
            self.unread(key, handle);
        }
        for key in without(&keys, &old_keys) {
            self.readers.entry(key.clone()).or_default().push(handle);
        }
        for other in without(&old_outputs, &outputs) {
            self.unread_output(*other, handle);
        }
        for other in without(&outputs, &old_outputs) {
            if let Some(slot) = self.slot_mut(*other) {
                slot.dependents.insert(handle);
            }
        }
    }

    fn unread(&mut self, key: &ReadKey, handle: Handle) {
        if let Some(readers) = self.readers.get_mut(key) {
            readers.retain(|reader| *reader != handle);
            if readers.is_empty() {
                self.readers.remove(key);
            }
        }
    }

    fn unread_output(&mut self, other: Handle, handle: Handle) {
        if let Some(slot) = self.slot_mut(other) {
            slot.dependents.remove(&handle);
            self.loose.insert(other);
        }
    }

    fn note_output(&mut self, handle: Handle, output: Output) {
        if output.problems.is_empty() {
            self.with_problems.remove(&handle);
        } else {
            self.with_problems.insert(handle);
        }
        if let Some(slot) = self.slot_mut(handle) {
            slot.output = output;
        }
    }

    /// Whether an output with problems came since this was asked last.
    pub(super) fn take_new_problems(&mut self) -> bool {
        std::mem::take(&mut self.new_problems)
    }

    pub(super) fn enter(&mut self, handle: Handle, seat: Seat) {
        if let Some(slot) = self.slot_mut(handle) {
            slot.seats.push(seat);
        }
    }

    /// Whether it is still on that seat: several may have put it there.
    pub(super) fn leave(&mut self, handle: Handle, seat: &Seat) -> bool {
        let Some(slot) = self.slot_mut(handle) else {
            return false;
        };
        if let Some(place) = slot.seats.iter().position(|it| it == seat) {
            slot.seats.swap_remove(place);
        }
        let stays = slot.seats.contains(seat);
        self.loose.insert(handle);
        stays
    }

    /// Forgets what nobody wants and nobody reads. Whether problems went with it.
    pub(super) fn sweep(&mut self) -> bool {
        self.free.append(&mut self.freed);
        let mut problems = false;
        while let Some(handle) = self.loose.pop_first() {
            let unwanted = |slot: &Slot| slot.seats.is_empty() && slot.dependents.is_empty();
            if !self.slot(handle).is_some_and(unwanted) {
                continue;
            }
            let Some(slot) = self.slots.get_mut(handle.0 as usize).and_then(Option::take) else {
                continue;
            };
            for key in &slot.keys {
                self.unread(key, handle);
            }
            for other in &slot.outputs {
                self.unread_output(*other, handle);
            }
            if let Some(variants) = self.variants.get_mut(&slot.unit) {
                variants.retain(|variant| *variant != handle);
                if variants.is_empty() {
                    self.variants.remove(&slot.unit);
                }
            }
            problems |= self.with_problems.remove(&handle).is_some();
            self.freed.push(handle);
        }
        problems
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let slots = self
            .with_problems
            .iter()
            .filter_map(|handle| self.slot(*handle));
        let problems: BTreeSet<&Problem> = slots.flat_map(|slot| &slot.output.problems).collect();
        problems.into_iter().cloned().collect()
    }

    /// Units in shared layers that depend on a fact of one proxy: there must be none.
    #[cfg(test)]
    pub(super) fn shared_but_particular(&self) -> Vec<&Unit> {
        let shared = |slot: &&Slot| {
            let seats = &slot.seats;
            seats.iter().any(|seat| matches!(seat, Seat::Layer(_))) && !slot.facts_read.is_empty()
        };
        self.slots
            .iter()
            .flatten()
            .map(|slot| &**slot)
            .filter(shared)
            .map(|slot| &slot.unit)
            .collect()
    }

    #[cfg(test)]
    fn forgetful(&self, mut reads: Reads<Unit>) -> Reads<Unit> {
        if let Some(forget) = self.forget {
            reads.keys.retain(|key| !forget(key));
        }
        reads
    }

    /// Outputs, variants, keys with a reader: all of it, so that a test sees nothing left behind.
    #[cfg(test)]
    pub(super) fn size(&self) -> [usize; 4] {
        let slots = self.slots.iter().flatten();
        [
            slots.clone().count(),
            self.variants.len(),
            self.readers.values().map(SmallVec::len).sum(),
            self.with_problems.len(),
        ]
    }
}

/// What of `these` is not in `those`; both are sorted.
fn without<'a, T: Ord>(these: &'a [T], those: &'a [T]) -> impl Iterator<Item = &'a T> {
    let mut those = those.iter().peekable();
    these.iter().filter(move |this| {
        while those.next_if(|that| that < this).is_some() {}
        those.peek() != Some(this)
    })
}
