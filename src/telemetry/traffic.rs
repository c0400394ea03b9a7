//! What the traffic of each proxy does, as the proxies report it: rates, errors and times by cluster.
//!
//! Any Envoy with an OpenTelemetry stats sink reports, whoever configures it; `netloft overlay` and
//! `netloft bootstrap` write such a sink. What is kept is bounded ([`Limits`]): an hour in spans of
//! 5 s and a day in spans of a minute for each pair of proxy and cluster, in memory alone.
//!
//! Absent on purpose: the store (a restart begins anew; for longer times there is Prometheus), and
//! what a cluster means (`api` and `compile` know documents).

mod collector;
mod counts;
mod fleet;
mod latency;
mod observer;
mod otlp;
mod receive;
mod report;
mod reporters;
mod ring;
mod series;
mod stat;
#[cfg(test)]
mod tests;

pub(super) use collector::Observed;
pub use counts::Counts;
pub use fleet::{Fleet, Kept, Limits, Outcome, Reporting, TooMany, Traffic};
pub use latency::{BOUNDS, BUCKETS, Latency, Unreadable};
pub use observer::Observer;
pub use otlp::read;
pub use receive::Receiver;
pub use report::{Gauges, Report};
