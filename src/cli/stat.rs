//! `netloft stat`: what the traffic of each proxy does, by the proxies' own reports.

use std::time::Duration;

use super::{
    Failure,
    client::{Server, escaped},
    output::{Output, table},
};
use crate::{
    api::types::{ClusterStats, Stats},
    model,
};

/// Between two looks: an Envoy reports every 5 s.
const PAUSE: Duration = Duration::from_secs(5);

/// Shows rate, errors and times of every cluster of every proxy that reports.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this proxy
    proxy: Option<String>,

    /// Only this cluster
    #[arg(long)]
    cluster: Option<String>,

    /// The time that it tells of, back from now: 5s to 24h
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = window)]
    window: String,

    /// Show it again every 5 s until stopped
    #[arg(short, long)]
    watch: bool,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let mut path = format!("/v1/stats?window={}", escaped(&args.window));
    for (name, value) in [("proxy", &args.proxy), ("cluster", &args.cluster)] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escaped(value)));
        }
    }
    loop {
        let stats: Stats = args.server.get(&path).await?;
        let names = || {
            let clusters = stats.clusters.iter();
            let names = clusters.map(|one| format!("{}/{}", one.proxy, one.cluster));
            names.collect()
        };
        args.output.show(&stats, || text(&stats), names)?;
        if !args.watch {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn window(text: &str) -> Result<String, String> {
    let parsed = model::Duration::parse(text).map_err(|error| error.to_string());
    parsed.map(|_| text.to_owned())
}

fn text(stats: &Stats) -> String {
    if stats.clusters.is_empty() {
        return format!(
            "nothing was reported in the last {} s. `netloft overlay --id NAME` prints what makes an Envoy report.\n",
            stats.window
        );
    }
    let head = [
        "PROXY",
        "CLUSTER",
        "REQ/S",
        "SUCCESS",
        "4XX",
        "5XX",
        "RETRIES",
        "P50",
        "P95",
        "P99",
        "CONN",
        "ENDPOINTS",
    ];
    let rows: Vec<Vec<String>> = stats.clusters.iter().map(row).collect();
    let mut text = table(&head, &rows);
    let requests: u64 = stats.clusters.iter().map(|one| one.requests).sum();
    let proxies: std::collections::BTreeSet<_> =
        stats.clusters.iter().map(|one| &one.proxy).collect();
    text.push_str(&format!(
        "{requests} requests in {} s: {} proxies, {} clusters\n",
        stats.window,
        proxies.len(),
        stats.clusters.len()
    ));
    if stats.kept.dropped + stats.kept.refused > 0 {
        text.push_str(&format!(
            "! there is room for {} pairs of proxy and cluster: {} were dropped, {} points refused\n",
            stats.kept.series, stats.kept.dropped, stats.kept.refused
        ));
    }
    text
}

fn row(one: &ClusterStats) -> Vec<String> {
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    vec![
        one.proxy.clone(),
        one.cluster.clone(),
        format!("{:.1}", one.rate),
        or_none(one.success.map(per_cent)),
        one.client_errors.to_string(),
        one.server_errors.to_string(),
        one.retries.to_string(),
        or_none(one.p50.map(time)),
        or_none(one.p95.map(time)),
        or_none(one.p99.map(time)),
        or_none(one.connections.map(|open| open.to_string())),
        or_none(
            one.endpoints
                .map(|all| format!("{}/{}", all.healthy, all.total)),
        ),
    ]
}

/// Never 100 where anything failed.
fn per_cent(success: f64) -> String {
    let cut = (success * 100.0).floor() / 100.0;
    format!("{cut:.2}%")
}

fn time(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1}ms"),
        ms if ms < 10_000.0 => format!("{ms:.0}ms"),
        ms => format!("{:.0}s", ms / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_in_many_is_never_a_hundred_per_cent() {
        assert_eq!(per_cent(100.0), "100.00%");
        assert_eq!(per_cent(99.999), "99.99%");
    }

    #[test]
    fn times_are_as_exact_as_they_are_useful() {
        for (ms, text) in [
            (0.25, "0.2ms"),
            (12.4, "12ms"),
            (2_500.0, "2500ms"),
            (30_000.0, "30s"),
        ] {
            assert_eq!(time(ms), text);
        }
    }
}
