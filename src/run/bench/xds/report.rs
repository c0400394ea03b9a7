//! What a run has shown: for people a table, for programs JSON.

use std::{
    fmt::{Display, Write as _},
    time::Duration,
};

use serde::Serialize;

use super::{
    board::{Tally, Traffic},
    process::Usage,
    wire::Dialect,
};

/// Everything that one run has shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) server: String,
    pub(super) dialect: Dialect,
    pub(super) proxies: usize,
    pub(super) connections: usize,
    /// Proxies whose stream was lost on the way, and why the first one was.
    pub(super) lost: usize,
    pub(super) reason: Option<String>,
    pub(super) connect: Loads,
    pub(super) changes: Option<Changes>,
    pub(super) reconnect: Option<Loads>,
    pub(super) idle: Option<Idle>,
}

/// Proxies that connect, or come back.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Loads {
    /// Proxies that got all they asked for.
    pub(super) loaded: usize,
    /// Until a proxy had it, from the begin of all.
    pub(super) until_loaded: Times,
    #[serde(flatten)]
    pub(super) traffic: Traffic,
    pub(super) cost: Option<Cost>,
    /// Resident memory that each added to the server, in bytes.
    pub(super) memory_each: Option<f64>,
}

/// Changes made while all are connected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changes {
    pub(super) made: usize,
    /// Proxies and changes that an acknowledgement was seen of, and of how many a newer one came
    /// instead.
    pub(super) acknowledged: usize,
    pub(super) overtaken: usize,
    /// From the first change to the last acknowledgement, in seconds.
    pub(super) seconds: f64,
    /// From asking for a change to one proxy's acknowledgement of it or of a newer one.
    pub(super) until_acknowledged: Times,
    /// The same to the last proxy's.
    pub(super) until_all: Times,
    #[serde(flatten)]
    pub(super) traffic: Traffic,
    /// Each: for one change and one proxy.
    pub(super) cost: Option<Cost>,
}

/// Nothing happens.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Idle {
    pub(super) seconds: f64,
    pub(super) cost: Option<Cost>,
    /// Resident memory of the whole server, in bytes.
    pub(super) resident: Option<u64>,
}

/// Processor time of the server.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    pub(super) seconds: f64,
    /// In microseconds.
    pub(super) each: f64,
    /// Of one core.
    pub(super) percent: f64,
    /// What the simulated proxies used beside it, in seconds.
    pub(super) simulation_seconds: f64,
}

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Times {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Times {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times
                .get(place)
                .map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self {
            p50: at(50),
            p99: at(99),
            max: at(100),
        }
    }
}

/// Usage of the server, and of this process.
pub(super) type Used = (Option<Usage>, Option<Usage>);

#[allow(clippy::cast_precision_loss)] // Figures are read by people.
impl Cost {
    /// Of what was used from `before` to `after` in `wall`, for `times` things done.
    pub(super) fn of(before: Used, after: Used, wall: Duration, times: usize) -> Option<Self> {
        let seconds = |before: Option<Usage>, after: Option<Usage>| {
            let used = after?.processor.saturating_sub(before?.processor);
            Some(used.as_secs_f64())
        };
        let server = seconds(before.0, after.0)?;
        Some(Self {
            seconds: server,
            each: server * 1e6 / times.max(1) as f64,
            percent: server * 100.0 / wall.as_secs_f64().max(1e-3),
            simulation_seconds: seconds(before.1, after.1).unwrap_or_default(),
        })
    }
}

#[allow(clippy::cast_precision_loss)] // Figures are read by people.
impl Loads {
    pub(super) fn new(tally: Tally, traffic: Traffic, before: Used, after: Used) -> Self {
        let wall = tally.loaded.iter().copied().max().unwrap_or_default();
        let loaded = tally.loaded.len();
        let memory = |(before, after): (Usage, Usage)| {
            (after.resident as f64 - before.resident as f64) / loaded.max(1) as f64
        };
        Self {
            loaded,
            until_loaded: Times::of(tally.loaded),
            traffic,
            cost: Cost::of(before, after, wall, loaded),
            memory_each: before.0.zip(after.0).map(memory),
        }
    }
}

/// How the table writes what was not measured.
const NONE: &str = "-";

impl Report {
    /// Rows of a table: what, figure.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Rows::default();
        let Self {
            proxies,
            connections,
            ..
        } = self;
        let streams = format!("{proxies} on {connections} connections");
        rows.add("proxies", streams);
        rows.loads("connect", &self.connect);
        if let Some(changes) = &self.changes {
            rows.changes(changes, *proxies);
        }
        if let Some(loads) = &self.reconnect {
            rows.loads("reconnect", loads);
        }
        if let Some(idle) = &self.idle {
            let what = format!("idle for {:.0} s", idle.seconds);
            rows.add(&what, percent(idle.cost));
            let resident = idle.resident.map(|bytes| size(bytes as f64));
            rows.add("  server's memory", resident.unwrap_or(NONE.to_owned()));
        }
        if self.lost > 0 {
            let reason = self.reason.as_deref().unwrap_or_default();
            rows.add("LOST", format!("{} proxies: {reason}", self.lost));
        }
        rows.0
    }
}

#[derive(Default)]
struct Rows(Vec<Vec<String>>);

#[allow(clippy::cast_precision_loss)] // Figures are read by people.
impl Rows {
    fn add(&mut self, what: &str, figure: impl Display) {
        self.0.push(vec![what.to_owned(), figure.to_string()]);
    }

    fn loads(&mut self, what: &str, loads: &Loads) {
        self.add(what, format!("{} have all they ask for", loads.loaded));
        self.add("  time", times(loads.until_loaded));
        self.traffic(loads.traffic);
        self.add("  server's CPU, a proxy", each(loads.cost));
        let memory = loads.memory_each.map(size);
        self.add(
            "  server's memory, a proxy",
            memory.unwrap_or(NONE.to_owned()),
        );
    }

    fn changes(&mut self, changes: &Changes, proxies: usize) {
        let due = changes.made * proxies;
        let mut figure = format!("{} in {:.1} s, ", changes.made, changes.seconds);
        // Writing to a String cannot fail.
        let _ = write!(figure, "{} of {due} acknowledged", changes.acknowledged);
        if changes.overtaken > 0 {
            let _ = write!(figure, ", {} by a newer one", changes.overtaken);
        }
        self.add("changes", figure);
        self.add("  time, a proxy", times(changes.until_acknowledged));
        self.add("  time, all proxies", times(changes.until_all));
        self.traffic(changes.traffic);
        self.add("  server's CPU, a push", each(changes.cost));
        self.add("  server's CPU", percent(changes.cost));
    }

    fn traffic(&mut self, traffic: Traffic) {
        let figure = format!(
            "{} in {} responses, {} in requests",
            size(traffic.bytes_in as f64),
            traffic.responses,
            size(traffic.bytes_out as f64),
        );
        self.add("  bytes", figure);
    }
}

fn times(times: Times) -> String {
    let Times { p50, p99, max } = times;
    format!("p50 {p50:.1} ms, p99 {p99:.1} ms, last {max:.1} ms")
}

fn each(cost: Option<Cost>) -> String {
    cost.map_or(NONE.to_owned(), |cost| format!("{:.1} us", cost.each))
}

fn percent(cost: Option<Cost>) -> String {
    cost.map_or(NONE.to_owned(), |cost| {
        let simulation = cost.simulation_seconds;
        format!(
            "{:.1} % of a core ({:.2} s; the simulation {simulation:.2} s)",
            cost.percent, cost.seconds
        )
    })
}

fn size(bytes: f64) -> String {
    if bytes.abs() < 1024.0 * 1024.0 {
        format!("{:.1} KiB", bytes / 1024.0)
    } else {
        format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_seen() {
        let ms = |n: u64| Duration::from_millis(n);
        assert_eq!(Times::of(Vec::new()), Times::default());
        let one = Times::of(vec![ms(3)]);
        assert_eq!((one.p50, one.p99, one.max), (3.0, 3.0, 3.0));
        let many = Times::of((1..=200).rev().map(ms).collect());
        assert_eq!((many.p50, many.p99, many.max), (100.0, 198.0, 200.0));
    }
}
