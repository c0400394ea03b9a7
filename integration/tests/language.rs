//! The test language itself, on an Envoy with a static configuration: what it says must be true
//! before anything is concluded from it about netloft.

use std::time::Duration;

use http::StatusCode;
use netloft_integration::{
    backend::{BACKEND, Backend},
    dns::SlowDns,
    envoy::{self, Envoy},
    eventually::{SOON, ensure, eventually},
    http::get_host,
    load::Load,
    ports::Port,
};
use serde_json::{Value, json};

fn endpoint(port: u16) -> Value {
    json!({"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}})
}

fn cluster(name: &str, port: u16) -> Value {
    json!({
        "name": name,
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint(port)]}]},
    })
}

/// A bootstrap that listens on `port` and splits between clusters of (name, port, weight).
fn splitting(port: u16, clusters: &[(&str, u16, u32)]) -> String {
    let weighted: Vec<Value> = clusters
        .iter()
        .map(|(name, _, weight)| json!({"name": name, "weight": weight}))
        .collect();
    let clusters: Vec<Value> = clusters
        .iter()
        .map(|(name, port, _)| cluster(name, *port))
        .collect();
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "http_filters": [{"name": "router", "typed_config":
            {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
        "route_config": {"virtual_hosts": [{"name": "web", "domains": ["web"], "routes": [{
            "match": {"prefix": "/"},
            "route": {"weighted_clusters": {"clusters": weighted}},
        }]}]},
    });
    json!({"static_resources": {
        "clusters": clusters,
        "listeners": [{
            "name": "in",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
        }],
    }})
    .to_string()
}

#[tokio::test]
async fn a_split_of_nine_to_one_is_seen_as_such() {
    let (v1, v2) = (Backend::start("v1").await, Backend::start("v2").await);
    let port = Port::reserve();
    let bootstrap = splitting(
        port.number(),
        &[("v1", v1.port(), 90), ("v2", v2.port(), 10)],
    );
    let envoy = Envoy::start("edge", &bootstrap).await;
    envoy.is_live().await;

    let report = Load::of(port.address(), "web").send(2_000).await;

    assert_eq!(report.by_status(), [(200, 2_000)].into());
    let to_v2 = report.answered_by("v2");
    assert!((140..=260).contains(&to_v2), "{:?}", report.by_backend());
    assert_eq!(v2.requests(), u64::try_from(to_v2).unwrap());
    assert_eq!(
        envoy.stats().await.get("cluster.v2.upstream_rq_200"),
        v2.requests()
    );
}

#[tokio::test]
async fn load_without_a_fault_has_none_failed_and_is_at_its_rate() {
    let v1 = Backend::start("v1").await;
    let port = Port::reserve();
    let envoy = Envoy::start("edge", &splitting(port.number(), &[("v1", v1.port(), 1)])).await;
    envoy.is_live().await;

    let load = Load::of(port.address(), "web").start(&[&envoy]).await;
    load.for_another(Duration::from_secs(2)).await;
    let report = load.stop().await;

    report.must_have_none_failed();
    let connections = envoy.stats().await.get("http.in.downstream_cx_total");
    let sent = u64::try_from(report.sent()).unwrap();
    assert!(
        connections >= sent / 2,
        "half should be new: {connections} for {sent}"
    );
    assert!(
        connections < sent * 3 / 4,
        "half should be kept: {connections} for {sent}"
    );
}

#[tokio::test]
async fn a_backend_that_goes_away_under_load_is_not_called_none_failed() {
    let (v1, v2) = (Backend::start("v1").await, Backend::start("v2").await);
    let port = Port::reserve();
    let bootstrap = splitting(
        port.number(),
        &[("v1", v1.port(), 50), ("v2", v2.port(), 50)],
    );
    let envoy = Envoy::start("edge", &bootstrap).await;
    envoy.is_live().await;

    let load = Load::of(port.address(), "web").start(&[&envoy]).await;
    eventually("v2 is used", SOON, || async {
        ensure(v2.requests() > 20, "not yet")
    })
    .await;
    v2.drain().await;
    load.for_another(Duration::from_secs(1)).await;
    let report = load.stop().await;

    let why = report.none_failed().unwrap_err();
    assert!(report.by_status().contains_key(&503), "{why}");
    let counted = report
        .envoy_errors()
        .get("edge: cluster.v2.upstream_cx_connect_fail");
    assert!(counted.is_some(), "{why}");
}

#[tokio::test]
async fn an_unknown_host_is_counted_by_envoy_as_without_a_route() {
    let v1 = Backend::start("v1").await;
    let port = Port::reserve();
    let envoy = Envoy::start("edge", &splitting(port.number(), &[("v1", v1.port(), 1)])).await;
    envoy.is_live().await;

    let load = Load::of(port.address(), "elsewhere").start(&[&envoy]).await;
    load.for_another(Duration::from_millis(500)).await;
    let report = load.stop().await;

    assert_eq!(report.failed(), report.sent());
    assert!(
        report.envoy_errors().contains_key("edge: http.in.no_route"),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_slow_name_server_is_asked_and_takes_its_time() {
    let v1 = Backend::start("v1").await;
    let delay = Duration::from_millis(600);
    let dns = SlowDns::start(delay).await;
    let port = Port::reserve();
    let mut bootstrap: Value =
        serde_json::from_str(&splitting(port.number(), &[("v1", v1.port(), 1)])).unwrap();
    let cluster = &mut bootstrap["static_resources"]["clusters"][0];
    cluster["type"] = json!("STRICT_DNS");
    let endpoint = &mut cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0];
    endpoint["endpoint"]["address"]["socket_address"]["address"] = json!("somewhere.test");

    let started = std::time::Instant::now();
    let envoy = Envoy::start_with("edge", &bootstrap.to_string(), &dns.overlay()).await;
    envoy.is_live().await;
    assert!(
        started.elapsed() >= delay,
        "live before the name was resolved"
    );
    let answer = get_host(port.address(), "web", "/").await.unwrap();
    assert_eq!(answer.header(BACKEND), "v1");
}

#[tokio::test]
async fn a_backend_does_as_it_is_told() {
    let v1 = Backend::start("v1").await;
    let ask = || async { get_host(v1.address(), "web", "/a?b").await.unwrap() };
    let answer = ask().await;
    assert_eq!(
        (answer.status, answer.header(BACKEND)),
        (StatusCode::OK, "v1")
    );
    assert_eq!(answer.json()["path"], "/a?b");
    assert_eq!(answer.json()["headers"]["host"], "web");

    v1.answers(StatusCode::BAD_GATEWAY);
    assert_eq!(ask().await.status, StatusCode::BAD_GATEWAY);
    v1.answers(StatusCode::OK);
    v1.slow(Duration::from_millis(50));
    let asked = std::time::Instant::now();
    ask().await;
    assert!(asked.elapsed() >= Duration::from_millis(50));

    let health = || async {
        get_host(v1.address(), "web", "/healthz")
            .await
            .unwrap()
            .status
    };
    assert_eq!(health().await, StatusCode::OK);
    v1.unhealthy();
    assert_eq!(health().await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((v1.requests(), v1.health_checks()), (3, 2));
}

#[tokio::test]
async fn a_draining_backend_finishes_what_it_was_asked() {
    let v1 = Backend::start("v1").await;
    v1.slow(Duration::from_millis(300));
    let address = v1.address();
    let asked = tokio::spawn(async move { get_host(address, "web", "/").await });
    eventually("it is asked", SOON, || async {
        ensure(v1.requests() == 1, "not yet")
    })
    .await;
    v1.drain().await;
    assert_eq!(asked.await.unwrap().unwrap().status, StatusCode::OK);
    assert!(
        get_host(address, "web", "/").await.is_err(),
        "it should take no new connection"
    );
}

#[tokio::test]
async fn an_envoy_tells_its_configuration_and_its_hosts() {
    let v1 = Backend::start("v1").await;
    let port = Port::reserve();
    let envoy = Envoy::start("edge", &splitting(port.number(), &[("v1", v1.port(), 1)])).await;
    envoy.is_live().await;
    envoy::validate(&envoy.bootstrap()).unwrap();

    let dump = envoy.config_dump().await;
    let types: Vec<&str> = dump["configs"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|c| c["@type"].as_str())
        .collect();
    assert!(
        types.iter().any(|url| url.ends_with("ClustersConfigDump")),
        "{types:?}"
    );
    let clusters = envoy.clusters().await;
    let host = &clusters["cluster_statuses"][0]["host_statuses"][0]["address"]["socket_address"];
    assert_eq!(host["port_value"], v1.port());
    assert!(
        envoy.certs().await["certificates"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
}

#[test]
fn a_bad_bootstrap_is_not_called_valid() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.yaml");
    std::fs::write(
        &path,
        "static_resources: {clusters: [{name: a, lb_policy: NO_SUCH}]}",
    )
    .unwrap();
    let why = envoy::validate(&path).unwrap_err();
    assert!(why.contains("NO_SUCH"), "{why}");
}
