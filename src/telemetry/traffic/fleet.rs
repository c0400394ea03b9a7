//! The proxies that report, and the bounds of what is kept of them.
//!
//! Time is handed in, as seconds of a clock that never goes back. Whatever is reported, no more is
//! kept than [`Limits`] say: a new series takes the place of the one that is idle longest, what is
//! idle itself never pushes anything out, and history is shortened at its oldest end.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
};

use netloft_proto::ProxyId;

use super::{
    counts::Counts,
    report::{Gauges, Report},
    reporters::Reporters,
    series::Series,
};

/// Most of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pairs of a proxy and a cluster. Each costs about 1.5 KiB beside its history.
    pub series: usize,
    /// Proxies that report.
    pub proxies: usize,
    /// History of all series together, in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            series: 20_000,
            proxies: 5_000,
            bytes: 128 << 20,
        }
    }
}

/// A series that was counted in later than this is never dropped for another. Seconds.
const IDLE: u64 = 600;
/// Between two looks for what is too old. Seconds.
const SWEEP: u64 = 60;
/// A proxy or cluster of which nothing was said for this long is forgotten. Seconds.
const FORGOTTEN: u64 = 24 * 3_600;
/// Reports in parts come together: what comes later is the next report. Seconds.
const TOGETHER: u64 = 1;

/// All proxies that report.
#[derive(Debug)]
pub struct Fleet {
    limits: Limits,
    proxies: BTreeMap<ProxyId, Observed>,
    /// Every series by when it was counted in last.
    idle: BTreeSet<(u64, ProxyId, Arc<str>)>,
    bytes: usize,
    dropped: u64,
    refused: u64,
    swept: u64,
}

#[derive(Debug)]
struct Observed {
    group: String,
    first: u64,
    reporters: Reporters,
    clusters: BTreeMap<Arc<str>, Series>,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Points that were not taken.
    pub rejected: u64,
    /// Why the first of them was not.
    pub reason: Option<String>,
}

/// There are as many proxies as are kept, and none that is silent long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} proxies report already, and no more are kept")]
pub struct TooMany(pub usize);

/// One proxy that reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporting {
    /// Its name.
    pub proxy: ProxyId,
    /// The group it says it is of; often empty.
    pub group: String,
    /// Second of its first report.
    pub first: u64,
    /// Second of its last.
    pub last: u64,
    /// It has missed several reports.
    pub silent: bool,
    /// Where the Envoys are that report by this name at the same time.
    pub from: Vec<SocketAddr>,
}

/// What one proxy told of one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// The proxy.
    pub proxy: ProxyId,
    /// The cluster, as Envoy calls it in statistics: `:` is `_`.
    pub cluster: Arc<str>,
    /// What was counted in the window.
    pub counts: Counts,
    /// The part of the window for which it was watched, in seconds; at least 1.
    pub seconds: u64,
    /// What is now.
    pub gauges: Gauges,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Series there are.
    pub series: usize,
    /// Bytes of history.
    pub bytes: usize,
    /// Series that made room for others.
    pub dropped: u64,
    /// Points there was no room for.
    pub refused: u64,
}

impl Fleet {
    /// Keeps no more than `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            proxies: BTreeMap::new(),
            idle: BTreeSet::new(),
            bytes: 0,
            dropped: 0,
            refused: 0,
            swept: 0,
        }
    }

    /// Takes what `proxy` of `group` reports over its connection `from`.
    ///
    /// # Errors
    /// [`TooMany`] when there is no room for another proxy; nothing of it is kept then.
    pub fn add(
        &mut self,
        proxy: &ProxyId,
        group: &str,
        from: Option<SocketAddr>,
        mut report: Report,
        second: u64,
    ) -> Result<Outcome, TooMany> {
        self.sweep(second);
        if !self.proxies.contains_key(proxy) {
            self.admit(proxy, second)?;
        }
        let mut outcome = Outcome {
            rejected: report.rejected,
            reason: report.reason.take(),
        };
        let Some(observed) = self.proxies.get_mut(proxy) else {
            return Ok(outcome);
        };
        if observed.group != group {
            group.clone_into(&mut observed.group);
        }
        observed.reporters.heard(from, second);
        let known = second > observed.first + TOGETHER;
        report.keep_clusters(|cluster| observed.clusters.contains_key(cluster));
        let several = observed.reporters.at_once(second).len() > 1;
        for (cluster, mut said) in report.clusters {
            if several && let Some(totals) = said.totals.take() {
                outcome.rejected += totals.len();
                outcome.reason.get_or_insert_with(|| {
                    format!("several report totals as {proxy}: they cannot be told apart")
                });
            }
            let busy = !said.delta.is_zero() || said.totals.is_some();
            if !self.make_room(proxy, &cluster, busy, second) {
                self.refused += said.points;
                outcome.rejected += said.points;
                outcome.reason.get_or_insert_with(|| {
                    format!("{} series are kept already", self.limits.series)
                });
                continue;
            }
            let Some(observed) = self.proxies.get_mut(proxy) else {
                continue;
            };
            let name: Arc<str> = cluster.into();
            let series = observed.clusters.entry(name.clone());
            let series = series.or_insert_with(|| Series::new(second));
            let (bytes, active) = (series.bytes(), series.active);
            series.add(&said, known, second);
            self.bytes = self.bytes + series.bytes() - bytes;
            let now = series.active;
            if active != now {
                self.idle.remove(&(active, proxy.clone(), name.clone()));
            }
            self.idle.insert((now, proxy.clone(), name));
        }
        self.shorten();
        Ok(outcome)
    }

    /// Every proxy, by name.
    pub fn proxies(&self, second: u64) -> impl Iterator<Item = Reporting> {
        self.proxies.iter().map(move |(proxy, one)| Reporting {
            proxy: proxy.clone(),
            group: one.group.clone(),
            first: one.first,
            last: one.reporters.last(),
            silent: one.reporters.are_silent(second),
            from: one.reporters.at_once(second),
        })
    }

    /// What was counted in the last `window` seconds, by proxy and cluster: of those clusters that
    /// were told of in that time. The window of a proxy that reports ends with its last report, since
    /// nothing is known of the time behind it.
    pub fn traffic(&self, window: u64, second: u64) -> impl Iterator<Item = Traffic> {
        self.proxies.iter().flat_map(move |(proxy, one)| {
            let silent = one.reporters.are_silent(second);
            let end = if silent { second } else { one.reporters.last() };
            let from = end.saturating_sub(window);
            // The first report tells of the time before it.
            let begin = one.first.saturating_sub(one.reporters.interval());
            let seconds = end.saturating_sub(from.max(begin)).max(1);
            let told = one.clusters.iter();
            let told = told.filter(move |(_, series)| series.said >= from);
            told.map(move |(cluster, series)| Traffic {
                proxy: proxy.clone(),
                cluster: cluster.clone(),
                counts: series.after(from, end),
                seconds,
                gauges: series.gauges,
            })
        })
    }

    /// All that was ever counted, by proxy and cluster; it goes with its series.
    pub fn totals(&self) -> impl Iterator<Item = (&ProxyId, &str, &Counts)> {
        self.proxies.iter().flat_map(|(proxy, one)| {
            let clusters = one.clusters.iter();
            clusters.map(move |(cluster, series)| (proxy, &**cluster, &series.all))
        })
    }

    /// How much is kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept {
            series: self.idle.len(),
            bytes: self.bytes,
            dropped: self.dropped,
            refused: self.refused,
        }
    }

    /// Bytes of history, counted anew.
    #[cfg(test)]
    pub(super) fn measure(&self) -> usize {
        let all = self.proxies.values().flat_map(|one| one.clusters.values());
        all.map(Series::bytes).sum()
    }

    fn admit(&mut self, proxy: &ProxyId, second: u64) -> Result<(), TooMany> {
        if self.proxies.len() >= self.limits.proxies {
            let silent = self
                .proxies
                .iter()
                .min_by_key(|(_, one)| one.reporters.last());
            let silent = silent.filter(|(_, one)| one.reporters.last() + IDLE < second);
            let Some(silent) = silent.map(|(proxy, _)| proxy.clone()) else {
                return Err(TooMany(self.limits.proxies));
            };
            self.forget(&silent);
        }
        self.proxies.insert(
            proxy.clone(),
            Observed {
                group: String::new(),
                first: second,
                reporters: Reporters::default(),
                clusters: BTreeMap::new(),
            },
        );
        Ok(())
    }

    /// Whether there is room for what is said of `cluster`; made where it is worth it.
    fn make_room(&mut self, proxy: &ProxyId, cluster: &str, busy: bool, second: u64) -> bool {
        let known = self.proxies.get(proxy);
        if known.is_some_and(|one| one.clusters.contains_key(cluster)) {
            return true;
        }
        if self.idle.len() < self.limits.series {
            return true;
        }
        let longest = self
            .idle
            .first()
            .filter(|(active, ..)| active + IDLE < second);
        let Some((_, proxy, cluster)) = longest.filter(|_| busy).cloned() else {
            return false;
        };
        self.drop_series(&proxy, &cluster);
        self.dropped += 1;
        true
    }

    fn drop_series(&mut self, proxy: &ProxyId, cluster: &Arc<str>) {
        let observed = self.proxies.get_mut(proxy);
        if let Some(series) = observed.and_then(|one| one.clusters.remove(cluster)) {
            self.bytes -= series.bytes();
            self.idle
                .remove(&(series.active, proxy.clone(), cluster.clone()));
        }
    }

    fn forget(&mut self, proxy: &ProxyId) {
        let clusters = self
            .proxies
            .get(proxy)
            .map(|one| one.clusters.keys().cloned());
        for cluster in clusters.into_iter().flatten().collect::<Vec<_>>() {
            self.drop_series(proxy, &cluster);
        }
        self.proxies.remove(proxy);
    }

    /// Drops what is too old, once in a while.
    fn sweep(&mut self, second: u64) {
        if second < self.swept + SWEEP {
            return;
        }
        self.swept = second;
        let mut gone = Vec::new();
        for (proxy, one) in &mut self.proxies {
            for (cluster, series) in &mut one.clusters {
                let bytes = series.bytes();
                series.fine.expire(second);
                series.coarse.expire(second);
                self.bytes = self.bytes + series.bytes() - bytes;
                if series.said + FORGOTTEN < second {
                    gone.push((proxy.clone(), cluster.clone()));
                }
            }
        }
        for (proxy, cluster) in gone {
            self.drop_series(&proxy, &cluster);
        }
        self.proxies
            .retain(|_, one| one.reporters.last() + FORGOTTEN >= second);
    }

    /// Drops the oldest hours of all, then the oldest minutes, until the rest fits.
    fn shorten(&mut self) {
        let all = |proxies: &mut BTreeMap<ProxyId, Observed>, coarse: bool| -> usize {
            let mut rings: Vec<_> = proxies
                .values_mut()
                .flat_map(|one| one.clusters.values_mut())
                .map(|series| {
                    if coarse {
                        &mut series.coarse
                    } else {
                        &mut series.fine
                    }
                })
                .collect();
            let Some(oldest) = rings.iter().filter_map(|ring| ring.oldest()).min() else {
                return 0;
            };
            rings.retain(|ring| ring.oldest() == Some(oldest));
            let before: usize = rings.iter().map(|ring| ring.bytes()).sum();
            rings.iter_mut().for_each(|ring| ring.shorten());
            before - rings.iter().map(|ring| ring.bytes()).sum::<usize>()
        };
        while self.bytes > self.limits.bytes {
            let freed = match all(&mut self.proxies, true) {
                0 => all(&mut self.proxies, false),
                freed => freed,
            };
            self.bytes -= freed;
            if freed == 0 {
                return;
            }
        }
    }
}
