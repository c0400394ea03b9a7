//! Gates that a test switches off, to see that the search for bad states finds out.

use std::{cell::Cell, collections::BTreeMap};

use super::{Hold, Reason};
use crate::xds::plan::{Act, Decision};

/// What is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::xds) enum Plant {
    /// Nothing waits for this reason.
    Open(Reason),
    /// No wait ends by itself.
    Boundless,
    /// Where one resource of a type waits, all of them do.
    WholeTypes,
}

thread_local! {
    static PLANTED: Cell<Option<Plant>> = const { Cell::new(None) };
}

/// Ends what was planted.
pub(in crate::xds) struct Uproot;

impl Drop for Uproot {
    fn drop(&mut self) {
        PLANTED.set(None);
    }
}

/// Switches `plant` off for this thread until the answer is dropped.
pub(in crate::xds) fn plant(plant: Plant) -> Uproot {
    PLANTED.set(Some(plant));
    Uproot
}

pub(super) fn is(plant: Plant) -> bool {
    PLANTED.get() == Some(plant)
}

/// Lets all of a type wait for what one of them waits for.
pub(in crate::xds) fn hold_all(decisions: &mut [Decision]) {
    if !is(Plant::WholeTypes) {
        return;
    }
    let held: BTreeMap<_, Hold> = decisions
        .iter()
        .filter_map(|decision| match &decision.act {
            Act::Hold(hold) => Some((decision.name.clone(), hold.clone())),
            _ => None,
        })
        .collect();
    if let Some(hold) = held.values().next() {
        for decision in decisions {
            if matches!(decision.act, Act::Send(_) | Act::Remove) {
                decision.act = Act::Hold(hold.clone());
            }
        }
    }
}
