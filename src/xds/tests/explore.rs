//! Make before break, explored: every order of answers, rejections, reconnects and time-outs in small
//! worlds, and what must hold in each state on the way.
//!
//! Two boats, two voyages, three publications. A state that was seen is not looked at again; what is
//! searched is counted, so that a search which stops short is noticed. The rules are those of ADR 4;
//! each of its gates is switched off in turn, and the search has to find out.

mod client;
mod world;

use std::{
    collections::HashSet,
    fmt::Write as _,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use client::{Answer, Ship};
use world::{World, histories};

use super::harbour::{BOAT, VOYAGE};
use crate::xds::{
    Dialect, Manners, Reason,
    order::planted::{self, Plant},
};

/// What may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Budget {
    rejections: u8,
    reconnects: u8,
    timeouts: u8,
}

const FEW: Budget = Budget {
    rejections: 1,
    reconnects: 1,
    timeouts: 1,
};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The next world is published.
    Publish,
    /// The oldest response of a type is answered.
    Answer(crate::snapshot::TypeIx, Answer),
    /// The client asks for the sails of its boats.
    Rig,
    /// The stream breaks, and the client comes back.
    Reconnect,
    /// Nothing happens until the engine wants to look again.
    TimeOut,
}

/// Longest that anything may take once the client answers everything.
const IN_THE_END: Duration = Duration::from_secs(60);

struct Search<'a> {
    history: &'a [World],
    seen: HashSet<u64>,
}

impl Search<'_> {
    /// Looks at everything that can follow.
    ///
    /// # Errors
    /// What does not hold, and the steps that lead there, last first.
    fn explore(&mut self, ship: &Ship, published: usize, budget: Budget) -> Result<(), String> {
        let mut hasher = DefaultHasher::new();
        (
            published,
            budget.rejections,
            budget.reconnects,
            budget.timeouts,
        )
            .hash(&mut hasher);
        ship.fingerprint().hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return Ok(());
        }
        ship.holds_only_what_the_change_names()?;
        if published == self.history.len() {
            let last = self.history.last().ok_or("no history")?;
            ship.clone().settles(last, IN_THE_END)?;
        }
        for (step, budget) in steps(ship, published < self.history.len(), budget) {
            let mut next = ship.clone();
            let mut published = published;
            let done = match step {
                Step::Publish => {
                    let snapshot = self.history[published].snapshot(published);
                    published += 1;
                    next.given(snapshot)
                }
                Step::Answer(ty, answer) => next.answers(ty, answer),
                Step::Rig => next.rigs(),
                Step::Reconnect => next.reconnects(),
                Step::TimeOut => next.waits(),
            };
            done.and_then(|()| self.explore(&next, published, budget))
                .map_err(|mut why| {
                    let _ = write!(why, "\n  after {step:?}");
                    why
                })?;
        }
        Ok(())
    }
}

/// What can happen next, and what may happen after it.
fn steps(ship: &Ship, more: bool, budget: Budget) -> Vec<(Step, Budget)> {
    let mut steps = Vec::new();
    if more {
        steps.push((Step::Publish, budget));
    }
    if ship.is_to_rig() {
        steps.push((Step::Rig, budget));
    }
    for ty in [BOAT, VOYAGE] {
        if !ship.owes(ty) {
            continue;
        }
        steps.push((Step::Answer(ty, Answer::Ack), budget));
        if let Some(rejections) = budget.rejections.checked_sub(1)
            && ship.can_reject(ty)
        {
            let left = Budget {
                rejections,
                ..budget
            };
            steps.push((Step::Answer(ty, Answer::Named), left));
            steps.push((Step::Answer(ty, Answer::Vague), left));
        }
    }
    if let Some(reconnects) = budget.reconnects.checked_sub(1) {
        let left = Budget {
            reconnects,
            ..budget
        };
        steps.push((Step::Reconnect, left));
    }
    if let Some(timeouts) = budget.timeouts.checked_sub(1)
        && ship.deadline().is_some()
    {
        steps.push((Step::TimeOut, Budget { timeouts, ..budget }));
    }
    steps
}

/// Searches every history; how many states there were.
fn search(dialect: Dialect, manners: Manners, budget: Budget) -> Result<usize, String> {
    let mut states = 0;
    for history in histories() {
        let ship = Ship::sets_out(dialect, manners, &history[0])?;
        let mut search = Search {
            history: &history,
            seen: HashSet::new(),
        };
        let found = search.explore(&ship, 1, budget);
        found.map_err(|why| format!("{why}\n  {dialect:?} {history:?}"))?;
        states += search.seen.len();
    }
    Ok(states)
}

const BOTH: [Dialect; 2] = [Dialect::Delta, Dialect::Sotw];

/// Nothing is wrong in any state that can be reached, and there are as many as there should be.
fn all_is_well(dialect: Dialect, at_least: usize) {
    let mut budget = FEW;
    if std::env::var_os("NETLOFT_LONG").is_some() {
        budget.rejections = 2;
    }
    let states = search(dialect, Manners::default(), budget).unwrap_or_else(|why| panic!("{why}"));
    assert!(states > at_least, "{states} states are not all");
}

#[test]
fn in_delta_no_order_of_events_leads_a_voyage_to_a_boat_that_was_not_given() {
    all_is_well(Dialect::Delta, 10_000);
}

#[test]
fn in_sotw_no_order_of_events_leads_a_voyage_to_a_boat_that_was_not_given() {
    all_is_well(Dialect::Sotw, 10_000);
}

#[test]
fn each_mechanism_that_is_switched_off_is_missed() {
    type Off = fn(&mut Manners);
    let mechanisms: [(&str, Off); 3] = [
        ("order", |manners| manners.order = false),
        ("deferred removal", |manners| {
            manners.deferred_removal = false;
        }),
        ("endpoints behind clusters", |manners| {
            manners.endpoints_behind_clusters = false;
        }),
    ];
    for dialect in BOTH {
        for (name, off) in mechanisms {
            let mut manners = Manners::default();
            off(&mut manners);
            let found = search(dialect, manners, FEW);
            assert!(found.is_err(), "{dialect:?} without {name}");
        }
    }
}

#[test]
fn each_gate_that_is_switched_off_is_missed() {
    let gates = [
        Plant::Open(Reason::NotSent),
        Plant::Open(Reason::NotAcknowledged),
        Plant::Open(Reason::FollowersNotSent),
        Plant::Open(Reason::Rejected),
        Plant::Open(Reason::InUse),
        Plant::Open(Reason::InUseAfterRejection),
        Plant::Open(Reason::NotSettled),
        Plant::Boundless,
        Plant::WholeTypes,
    ];
    let missed: Vec<_> = gates
        .into_iter()
        .filter(|gate| {
            let _off = planted::plant(*gate);
            search(Dialect::Delta, Manners::default(), FEW).is_ok()
        })
        .collect();
    assert!(missed.is_empty(), "nobody misses {missed:?}");
}
