//! `GET /v1/stats`: what the traffic of each proxy does, by its own reports.

use std::time::Duration;

use axum::{Json, extract::State as Shared};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    State,
    error::ApiError,
    extract::{Query, duration},
    types::{ClusterStats, Endpoints, Stats, StatsKept},
};
use crate::{
    catalog::Current,
    model::{DocumentKey, Kind, Spec},
    telemetry::traffic::{Counts, Latency, Traffic},
};

/// The window where none is asked for.
const USUAL: Duration = Duration::from_secs(60);

/// Shortest window: one report of an Envoy.
const SHORTEST: Duration = Duration::from_secs(5);
/// Longest window: what is kept.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// How far back, 5s to 24h; absent: 1m.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    window: Option<Duration>,
    /// Only this proxy.
    proxy: Option<String>,
    /// Only this cluster.
    cluster: Option<String>,
}

pub(super) async fn list(
    Shared(state): Shared<State>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Stats>, ApiError> {
    let window = wanted.window.unwrap_or(USUAL);
    if !(SHORTEST..=LONGEST).contains(&window) {
        return Err(ApiError::bad_request(format!(
            "window is {window:?}: it is 5s to 24h"
        )));
    }
    let observer = &state.telemetry.traffic;
    let current = state.catalog.current();
    let asked = wanted.cluster.as_deref();
    let asked = asked.and_then(|cluster| service_cluster(&current, cluster));
    if let Some(proxy) = &wanted.proxy
        && !observer
            .proxies()
            .iter()
            .any(|one| one.proxy.as_str() == proxy)
    {
        return Err(ApiError::not_found(format!(
            "no proxy reports as {proxy:?}: `netloft ps` lists those that do"
        )));
    }
    let is_wanted = |traffic: &Traffic| {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == name)
        };
        let cluster = asked.as_ref().or(wanted.cluster.as_ref()).cloned();
        is(&wanted.proxy, traffic.proxy.as_str()) && is(&cluster, &traffic.cluster)
    };
    let kept = observer.kept();
    let traffic = observer.traffic(window).into_iter();
    let traffic = traffic.map(|one| Traffic {
        cluster: service_cluster(&current, &one.cluster).map_or(one.cluster, Into::into),
        ..one
    });
    Ok(Json(Stats {
        window: window.as_secs(),
        clusters: traffic.filter(is_wanted).map(|one| told(&one)).collect(),
        kept: StatsKept {
            series: kept.series,
            bytes: kept.bytes,
            dropped: kept.dropped,
            refused: kept.refused,
        },
    }))
}

/// `orders.shop:80` or `orders.shop:80/v1`, where `cluster` is what Envoy's statistics call that
/// (`orders.shop_80`) and there is such a port of a Service.
fn service_cluster(current: &Current, cluster: &str) -> Option<String> {
    let (of_port, version) = match cluster.split_once('/') {
        Some((of_port, version)) => (of_port, Some(version)),
        None => (cluster, None),
    };
    let (service, port) = of_port.rsplit_once('_')?;
    let (name, namespace) = service.split_once('.')?;
    let key = DocumentKey {
        kind: Kind::Service,
        namespace: namespace.into(),
        name: name.into(),
    };
    let number: u16 = port.parse().ok()?;
    let Spec::Service(service) = &current.get(&key)?.document.spec else {
        return None;
    };
    service.ports.iter().find(|port| port.port == number)?;
    let version = version.map_or_else(String::new, |version| format!("/{version}"));
    Some(format!("{name}.{namespace}:{number}{version}"))
}

// Counts are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn told(traffic: &Traffic) -> ClusterStats {
    let Traffic { counts, gauges, .. } = *traffic;
    let Counts {
        requests,
        classes: [_, _, _, client_errors, server_errors],
        latency,
        ..
    } = counts;
    ClusterStats {
        proxy: traffic.proxy.to_string(),
        cluster: traffic.cluster.to_string(),
        seconds: traffic.seconds,
        requests,
        rate: requests as f64 / traffic.seconds as f64,
        success: (requests > 0)
            .then(|| 100.0 * requests.saturating_sub(server_errors) as f64 / requests as f64),
        client_errors,
        server_errors,
        retries: counts.retries,
        timeouts: counts.timeouts,
        overflows: counts.overflows,
        p50: latency.quantile(0.5),
        p95: latency.quantile(0.95),
        p99: latency.quantile(0.99),
        mean: mean(&latency),
        connections: gauges.open,
        connections_opened: counts.connections,
        connections_failed: counts.connect_failures,
        endpoints: gauges.endpoints.map(|total| Endpoints {
            healthy: gauges.healthy.unwrap_or_default(),
            total,
        }),
    }
}

#[allow(clippy::cast_precision_loss)]
fn mean(latency: &Latency) -> Option<f64> {
    let count = latency.count();
    (count > 0).then(|| latency.sum_us as f64 / 1_000.0 / count as f64)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        api::tests::state,
        catalog::{Edit, Terms},
        check::{Source, documents},
    };

    #[tokio::test]
    async fn a_cluster_is_called_by_its_service_where_there_is_one() {
        let state = state(tokio::sync::watch::channel(false).1).await;
        let text = "{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {ports: [{port: 80}], dns: [a]}}";
        let source = Source { file: None, text };
        let orders = Arc::new(documents(&[source], "default").documents.remove(0));
        let edits = || Ok::<_, ()>(vec![Edit::Put(orders.clone())]);
        let written = state.catalog.write(Terms::default(), |_| edits()).await;
        written.unwrap();
        let current = state.catalog.current();
        for (stat, expected) in [
            ("orders.shop_80", Some("orders.shop:80")),
            ("orders.shop_80/v1", Some("orders.shop:80/v1")),
            ("orders.shop_81", None),
            ("orders.pay_80", None),
            ("orders_80", None),
            ("orders.shop:80", None),
            ("backend", None),
        ] {
            assert_eq!(
                service_cluster(&current, stat).as_deref(),
                expected,
                "{stat}"
            );
        }
    }
}
