//! What is kept of reports, and how reports are received.

mod bounds;
mod counting;
mod receiving;

use std::net::SocketAddr;

use netloft_proto::ProxyId;

use super::{
    fleet::{Fleet, Limits},
    report::{Report, Value},
    stat::Stat,
};

fn id(name: &str) -> ProxyId {
    ProxyId::new(name).unwrap()
}

fn at(port: u16) -> Option<SocketAddr> {
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// A report of `cluster`, which is known by its members, with `values`.
fn report(cluster: &str, values: &[(Stat, Value)]) -> Report {
    let mut report = Report::default();
    report.add(cluster.to_owned(), Stat::Endpoints, Value::Now(1));
    for (stat, value) in values {
        report.add(cluster.to_owned(), *stat, *value);
    }
    report
}

fn requests(count: u64) -> [(Stat, Value); 1] {
    [(Stat::Requests, Value::Delta(count))]
}

/// Requests of `cluster` within the last `window` seconds.
fn counted(fleet: &Fleet, cluster: &str, window: u64, second: u64) -> u64 {
    let all = fleet.traffic(window, second);
    let of = all.filter(|traffic| &*traffic.cluster == cluster);
    of.map(|traffic| traffic.counts.requests).sum()
}
