//! Where all connections write down what they see, and whoever measures waits for it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::proxy::Step;

/// What is seen in one phase of a run.
#[derive(Debug)]
pub(super) struct Board {
    begun: Instant,
    tally: Mutex<Tally>,
    told: Notify,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    responses: AtomicU64,
    resources: AtomicU64,
}

/// What is counted under one lock.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Proxies that are expected to answer.
    pub(super) expected: usize,
    /// How long each took to have all it asks for.
    pub(super) loaded: Vec<Duration>,
    /// The changes made.
    pub(super) changes: Vec<Change>,
    /// For each proxy and change, the time from asking for the change to the proxy's
    /// acknowledgement of it or of a newer one.
    pub(super) arrivals: Vec<Duration>,
    /// Proxies whose stream was lost, and why the first one was.
    pub(super) lost: usize,
    pub(super) reason: Option<String>,
}

/// One change on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    asked: Instant,
    /// Proxies that acknowledged it or a newer one.
    pub(super) acknowledged: usize,
    /// Those among them that saw a newer one instead.
    pub(super) overtaken: usize,
    /// From asking for it to the last of them.
    pub(super) last: Duration,
}

/// What has crossed the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traffic {
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) responses: u64,
    pub(super) resources: u64,
}

impl Traffic {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            bytes_in: self.bytes_in - before.bytes_in,
            bytes_out: self.bytes_out - before.bytes_out,
            responses: self.responses - before.responses,
            resources: self.resources - before.resources,
        }
    }
}

impl Board {
    pub(super) fn new(expected: usize) -> Self {
        Self {
            begun: Instant::now(),
            tally: Mutex::new(Tally {
                expected,
                ..Default::default()
            }),
            told: Notify::new(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            responses: AtomicU64::new(0),
            resources: AtomicU64::new(0),
        }
    }

    // std mutex: never held over an await.
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted so far.
    pub(super) fn counted(&self) -> Tally {
        self.tally().clone()
    }

    /// How many proxies have all they ask for, and how many were lost.
    pub(super) fn standing(&self) -> (usize, usize) {
        let tally = self.tally();
        (tally.loaded.len(), tally.lost)
    }

    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            responses: self.responses.load(Relaxed),
            resources: self.resources.load(Relaxed),
        }
    }

    /// A proxy has taken and answered a response.
    pub(super) fn heard(&self, step: Step) {
        self.responses.fetch_add(1, Relaxed);
        self.resources.fetch_add(step.resources as u64, Relaxed);
        if !step.loaded && step.changes.is_none() {
            return;
        }
        let now = Instant::now();
        let mut tally = self.tally();
        if step.loaded {
            let took = now - self.begun;
            tally.loaded.push(took);
        }
        if let Some((first, newest)) = step.changes {
            tally.arrived(first, newest, now);
        }
        drop(tally);
        self.told.notify_one();
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn read(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Relaxed);
    }

    /// `proxies` lost their stream.
    pub(super) fn lost(&self, proxies: usize, reason: String) {
        let mut tally = self.tally();
        tally.lost += proxies;
        tally.reason.get_or_insert(reason);
        drop(tally);
        self.told.notify_one();
    }

    /// The next change is asked for now; its number.
    pub(super) fn change(&self) -> u32 {
        let mut tally = self.tally();
        // Bounded far below by `change::MOST`.
        let number = u32::try_from(tally.changes.len()).unwrap_or(u32::MAX);
        tally.changes.push(Change {
            asked: Instant::now(),
            acknowledged: 0,
            overtaken: 0,
            last: Duration::ZERO,
        });
        number
    }

    /// Waits until `done`, at most `bound`; whether it came to that.
    pub(super) async fn until(&self, bound: Duration, done: impl Fn(&Tally) -> bool) -> bool {
        let reached = async {
            while !done(&self.tally()) {
                self.told.notified().await;
            }
        };
        tokio::time::timeout(bound, reached).await.is_ok()
    }
}

impl Tally {
    /// Whether every proxy that is left has all it asks for.
    pub(super) fn all_loaded(&self) -> bool {
        self.loaded.len() + self.lost >= self.expected
    }

    /// Whether every proxy that is left has the newest change.
    pub(super) fn all_changed(&self) -> bool {
        let newest = self.changes.last();
        newest.is_none_or(|change| change.acknowledged + self.lost >= self.expected)
    }

    fn arrived(&mut self, first: u32, newest: u32, now: Instant) {
        for number in first..=newest {
            let Some(change) = self.changes.get_mut(number as usize) else {
                return;
            };
            let took = now.saturating_duration_since(change.asked);
            change.acknowledged += 1;
            change.overtaken += usize::from(number < newest);
            change.last = took;
            self.arrivals.push(took);
        }
    }
}
