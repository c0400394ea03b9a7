//! One report of one proxy: what it says of each of its clusters.
//!
//! Absent on purpose: what was said before (`series`), and the wire (`receive`).

use std::collections::BTreeMap;

use super::{
    counts::Counts,
    latency::Latency,
    stat::{LONGEST, Stat, is_twin},
};

/// What a proxy reports at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub(super) clusters: BTreeMap<Box<str>, Said>,
    /// Points that cannot be what they are called.
    pub(super) rejected: u64,
    /// What is wrong with the first of them.
    pub(super) reason: Option<String>,
}

/// What is said of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    /// What came since the last report.
    pub(super) delta: Counts,
    /// Totals since the sender began.
    pub(super) totals: Option<Box<Totals>>,
    pub(super) gauges: Gauges,
    /// Points it is made of.
    pub(super) points: u64,
}

/// Counts since the sender began. When that was is not looked at: Envoy 1.36 tells another time in
/// each report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Totals {
    /// Those that were said: a report may come in parts.
    pub(super) counters: Vec<(Stat, u64)>,
    pub(super) times: Option<Latency>,
}

/// What is now; nothing where it was never said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gauges {
    /// Connections open.
    pub open: Option<u64>,
    /// Endpoints that get traffic.
    pub healthy: Option<u64>,
    /// Endpoints there are.
    pub endpoints: Option<u64>,
}

/// One number of one cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// Since the last report.
    Delta(u64),
    /// Since the start.
    Total(u64),
    /// Now.
    Now(u64),
    /// Times since the last report.
    Times(Latency),
    /// Times since the start.
    AllTimes(Latency),
}

impl Report {
    /// Takes one point of `cluster`.
    pub(super) fn add(&mut self, cluster: String, stat: Stat, value: Value) {
        if cluster.len() > LONGEST {
            return self.reject(|| {
                format!(
                    "the name of a cluster has {} bytes, more than {LONGEST}",
                    cluster.len()
                )
            });
        }
        let said = self.clusters.entry(cluster.into()).or_default();
        if said.add(stat, value) {
            said.points += 1;
        } else {
            self.reject(|| format!("{stat:?} cannot be reported as {value:?}"));
        }
    }

    /// Counts a point that cannot be read.
    pub(super) fn reject(&mut self, why: impl FnOnce() -> String) {
        self.rejected += 1;
        self.reason.get_or_insert_with(why);
    }

    /// Takes out what is said of no cluster of the proxy's: `is_known` tells those it had before.
    pub(super) fn keep_clusters(&mut self, is_known: impl Fn(&str) -> bool) {
        // A cluster always has members, be it none; a twin has only requests.
        let tells_members = self
            .clusters
            .values()
            .any(|said| said.gauges.endpoints.is_some());
        self.clusters.retain(|name, said| {
            said.points > 0
                && (said.gauges.endpoints.is_some()
                    || is_known(name)
                    || (!tells_members && !is_twin(name)))
        });
    }
}

impl Said {
    /// Whether `stat` can have such a value; then it is taken.
    fn add(&mut self, stat: Stat, value: Value) -> bool {
        match value {
            Value::Delta(count) => {
                let place = counter(&mut self.delta, stat);
                place
                    .map(|place| *place = place.saturating_add(count))
                    .is_some()
            }
            Value::Total(count) => {
                if counter(&mut Counts::default(), stat).is_none() {
                    return false;
                }
                self.totals.get_or_insert_default().put(stat, count);
                true
            }
            Value::Now(value) => {
                let place = match stat {
                    Stat::Open => &mut self.gauges.open,
                    Stat::Healthy => &mut self.gauges.healthy,
                    Stat::Endpoints => &mut self.gauges.endpoints,
                    _ => return false,
                };
                *place = Some(value);
                true
            }
            Value::Times(times) if stat == Stat::Latency => {
                self.delta.latency.add(&times);
                true
            }
            Value::AllTimes(times) if stat == Stat::Latency => {
                self.totals.get_or_insert_default().times = Some(times);
                true
            }
            Value::Times(_) | Value::AllTimes(_) => false,
        }
    }
}

impl Totals {
    /// Points they are made of.
    pub(super) fn len(&self) -> u64 {
        self.counters.len() as u64 + u64::from(self.times.is_some())
    }

    /// Notes that `stat` stands at `count`; where it stood before.
    pub(super) fn put(&mut self, stat: Stat, count: u64) -> Option<u64> {
        match self.counters.iter_mut().find(|(known, _)| *known == stat) {
            Some((_, place)) => Some(std::mem::replace(place, count)),
            None => {
                self.counters.push((stat, count));
                None
            }
        }
    }
}

/// Where `stat` is counted; nothing for what is no count.
pub(super) fn counter(counts: &mut Counts, stat: Stat) -> Option<&mut u64> {
    match stat {
        Stat::Requests => Some(&mut counts.requests),
        Stat::Class(class) => counts.classes.get_mut(class),
        Stat::Retries => Some(&mut counts.retries),
        Stat::Timeouts => Some(&mut counts.timeouts),
        Stat::Overflows => Some(&mut counts.overflows),
        Stat::Connections => Some(&mut counts.connections),
        Stat::ConnectFailures => Some(&mut counts.connect_failures),
        Stat::Open | Stat::Healthy | Stat::Endpoints | Stat::Latency => None,
    }
}
