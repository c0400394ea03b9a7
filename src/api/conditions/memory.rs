//! Since when conditions hold what they hold.
//!
//! A status is computed when it is read, but that it became so is an event: the document changed,
//! something was published, a proxy answered. When a condition is seen to differ from what it was
//! last, it is dated with the newest of those events; as long as it holds the same, the date stays.
//! What is remembered is gone with the process; then a condition begins with the document's last
//! change, or with the newest event where proxies have to answer first.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::condition::Holds;

/// Documents more than there are that are remembered before those that are gone are forgotten.
const SPARE: usize = 1_024;

/// When each condition of each document began, as far as it was looked at.
#[derive(Debug, Default)]
pub struct Memory {
    // std mutex: held for one look-up, never over an await.
    seen: Mutex<HashMap<Uuid, Vec<Seen>>>,
}

#[derive(Debug)]
struct Seen {
    /// Which condition of the document: its name, and the part of the document it is about.
    about: Box<str>,
    holds: Holds,
    /// Unix milliseconds.
    since: u64,
}

impl Memory {
    /// Since when the condition `about` of `document` holds what it does. It was seen to differ from
    /// before: since `newest`, the time of the newest event; it was not seen before: since `first`.
    pub(super) fn since(
        &self,
        document: Uuid,
        about: &str,
        holds: Holds,
        (first, newest): (u64, u64),
    ) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let conditions = seen.entry(document).or_default();
        match conditions.iter_mut().find(|seen| *seen.about == *about) {
            Some(seen) if seen.holds == holds => seen.since,
            Some(seen) => {
                seen.holds = holds;
                // Never backwards, whatever the clock says.
                seen.since = seen.since.max(newest);
                seen.since
            }
            None => {
                conditions.push(Seen {
                    about: about.into(),
                    holds,
                    since: first,
                });
                first
            }
        }
    }

    /// Forgets documents for which `is_there` does not hold, now and then: when there are many more
    /// than `there`.
    pub(super) fn forget_gone(&self, there: usize, is_there: impl Fn(&Uuid) -> bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > there + SPARE {
            seen.retain(|document, _| is_there(document));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_date_until_it_holds_something_else() {
        let memory = Memory::default();
        let document = Uuid::from_u128(1);
        let since = |holds, first, newest| memory.since(document, "A", holds, (first, newest));
        assert_eq!(since(Holds::No, 10, 50), 10);
        assert_eq!(since(Holds::No, 20, 60), 10);
        assert_eq!(since(Holds::Yes, 20, 60), 60);
        assert_eq!(since(Holds::Yes, 20, 70), 60);
        assert_eq!(since(Holds::No, 20, 40), 60, "the clock was set back");
        assert_eq!(memory.since(document, "B", Holds::No, (1, 2)), 1);
        assert_eq!(memory.since(Uuid::from_u128(2), "A", Holds::No, (3, 4)), 3);
    }

    #[test]
    fn what_is_gone_is_forgotten_once_it_is_much() {
        let memory = Memory::default();
        for n in 0..SPARE + 10 {
            memory.since(Uuid::from_u128(n as u128), "A", Holds::Yes, (1, 1));
        }
        memory.forget_gone(100, |_| false);
        assert_eq!(memory.seen.lock().unwrap().len(), SPARE + 10);
        memory.forget_gone(5, |document| document.as_u128() < 5);
        assert_eq!(memory.seen.lock().unwrap().len(), 5);
    }
}
