//! What an Envoy counts as failed while a load runs: a client may not see all of it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    envoy::{Envoy, Stats},
    http,
};

/// Between two readings. Counters of a removed cluster are gone, so the end alone tells too little.
const BETWEEN: Duration = Duration::from_millis(200);

/// Ends of the names of counters that mean a request or a connection for one failed.
const BAD: [&str; 7] = [
    ".no_route",
    ".no_cluster",
    ".upstream_cx_connect_fail",
    ".upstream_cx_connect_timeout",
    ".upstream_rq_5xx",
    ".upstream_cx_none_healthy",
    ".downstream_rq_5xx",
];

/// A watch over one Envoy's error counters.
#[derive(Debug)]
pub(super) struct Errors {
    counting: JoinHandle<BTreeMap<String, u64>>,
}

impl Errors {
    /// Starts from what is counted now; ends a last reading after `stopped`.
    pub(super) async fn watch(envoy: &Envoy, stopped: watch::Receiver<bool>) -> Self {
        let bootstrap_clusters = bootstrap_clusters(&envoy.config_dump().await);
        let mut counter = Counter {
            name: envoy.name().to_owned(),
            bootstrap_clusters,
            last: envoy.stats().await,
            sums: BTreeMap::new(),
        };
        let admin = envoy.admin();
        Self {
            counting: tokio::spawn(async move { counter.run(admin, stopped).await }),
        }
    }

    /// What went up since the start, by counter.
    pub(super) async fn counted(self) -> BTreeMap<String, u64> {
        self.counting.await.expect("reading stats does not panic")
    }
}

struct Counter {
    name: String,
    bootstrap_clusters: Vec<String>,
    last: Stats,
    sums: BTreeMap<String, u64>,
}

impl Counter {
    async fn run(
        &mut self,
        admin: SocketAddr,
        mut stopped: watch::Receiver<bool>,
    ) -> BTreeMap<String, u64> {
        loop {
            let ending = stopped.wait_for(|stop| *stop);
            let last_time = tokio::time::timeout(BETWEEN, ending).await.is_ok();
            match http::get(admin, "/stats").await {
                Ok(answer) => self.add(Stats::parse(&answer.text())),
                // An Envoy that is gone fails the test by what it no longer serves.
                Err(why) => eprintln!("{}: no stats: {why}", self.name),
            }
            if last_time {
                return std::mem::take(&mut self.sums);
            }
        }
    }

    fn add(&mut self, now: Stats) {
        let counted = now.iter().filter(|(name, _)| self.counts(name));
        let rises: Vec<(String, u64)> = counted
            .map(|(name, value)| {
                // A counter that went down is of a cluster that was removed and came again.
                let before = Some(self.last.get(name)).filter(|before| *before <= value);
                (
                    format!("{}: {name}", self.name),
                    value - before.unwrap_or_default(),
                )
            })
            .filter(|(_, rise)| *rise > 0)
            .collect();
        for (name, rise) in rises {
            *self.sums.entry(name).or_default() += rise;
        }
        self.last = now;
    }

    /// Whether a counter is about the load: not the admin port's, nor the control plane's cluster.
    fn counts(&self, name: &str) -> bool {
        BAD.iter().any(|bad| name.ends_with(bad))
            && !name.starts_with("http.admin.")
            && !name.starts_with("listener.admin.")
            && !self
                .bootstrap_clusters
                .iter()
                .any(|cluster| name.starts_with(&format!("cluster.{cluster}.")))
    }
}

/// Clusters of the bootstrap of an Envoy with a control plane: those lead to it, not to backends.
fn bootstrap_clusters(config_dump: &Value) -> Vec<String> {
    let sections = config_dump["configs"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let dynamic = sections
        .iter()
        .any(|section| section["bootstrap"]["dynamic_resources"].is_object());
    if !dynamic {
        return Vec::new();
    }
    let clusters = sections
        .iter()
        .filter_map(|section| section["static_clusters"].as_array());
    clusters
        .flatten()
        .filter_map(|cluster| Some(cluster["cluster"]["name"].as_str()?.to_owned()))
        .collect()
}
