//! What one proxy has reported of one cluster.

use super::{
    counts::Counts,
    latency::Latency,
    report::{Gauges, Said, Totals, counter},
    ring::{COARSE, FINE, Ring},
};

/// Counts by time, and what is now. Times are in seconds of a clock that never goes back.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) fine: Ring,
    pub(super) coarse: Ring,
    /// All that was counted.
    pub(super) all: Counts,
    pub(super) gauges: Gauges,
    /// When anything was said of it last.
    pub(super) said: u64,
    /// When something was counted last, or when it began.
    pub(super) active: u64,
    /// The last totals of a sender that reports totals.
    totals: Option<Box<Totals>>,
}

impl Series {
    pub(super) fn new(second: u64) -> Self {
        Self {
            fine: Ring::new(FINE),
            coarse: Ring::new(COARSE),
            all: Counts::default(),
            gauges: Gauges::default(),
            said: second,
            active: second,
            totals: None,
        }
    }

    /// Takes what is said at `second`. `known` is whether the proxy reported before this report: then
    /// a total that was not there began at zero since.
    pub(super) fn add(&mut self, said: &Said, known: bool, second: u64) {
        let mut counts = said.delta;
        if let Some(totals) = &said.totals {
            self.advance(totals, known, &mut counts);
        }
        self.said = second;
        let now = said.gauges;
        self.gauges.open = now.open.or(self.gauges.open);
        self.gauges.healthy = now.healthy.or(self.gauges.healthy);
        self.gauges.endpoints = now.endpoints.or(self.gauges.endpoints);
        if !counts.is_zero() {
            self.active = second;
            self.all.add(&counts);
            self.fine.add(second, &counts);
            self.coarse.add(second, &counts);
        }
    }

    /// Adds to `counts` by how much `totals` are above the last ones.
    fn advance(&mut self, totals: &Totals, known: bool, counts: &mut Counts) {
        let before = self.totals.get_or_insert_default();
        for (stat, count) in &totals.counters {
            let grown = match before.put(*stat, *count) {
                // A total that falls has begun anew.
                Some(last) => count.checked_sub(last).unwrap_or(*count),
                None if known => *count,
                None => 0,
            };
            if let Some(place) = counter(counts, *stat) {
                *place = place.saturating_add(grown);
            }
        }
        if let Some(times) = totals.times {
            let grown = match before.times.replace(times) {
                Some(last) => times.since(&last).unwrap_or(times),
                None if known => times,
                None => Latency::default(),
            };
            counts.latency.add(&grown);
        }
    }

    /// Bytes of its history.
    pub(super) fn bytes(&self) -> usize {
        self.fine.bytes() + self.coarse.bytes()
    }

    /// What was counted after `from`; by the minute where the finer ring does not reach at `second`.
    pub(super) fn after(&self, from: u64, second: u64) -> Counts {
        if from + FINE.kept * FINE.seconds >= second {
            self.fine.after(from)
        } else {
            self.coarse.after(from)
        }
    }
}
