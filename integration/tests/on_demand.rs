//! What a real Envoy asks for only when a request needs it: virtual hosts and clusters.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    backend::Backend,
    documents::file,
    envoy::Envoy,
    netloft::Netloft,
    ports::Port,
    raw::{ads, answers, cluster, listener, raw, router, says},
};
use serde_json::{Value, json};

const OPTIONS: [&str; 2] = ["--class", "gateway"];

fn virtual_host(name: &str, domain: &str, words: &str) -> String {
    raw(
        name,
        "envoy.config.route.v3.VirtualHost",
        json!({"name": format!("front/{name}"), "domains": [domain], "routes": [says(words)]}),
    )
}

fn on_demand(more: &Value) -> Value {
    let mut config = more.clone();
    config["@type"] =
        json!("type.googleapis.com/envoy.extensions.filters.http.on_demand.v3.OnDemand");
    json!([{"name": "on-demand", "typed_config": config}, router()])
}

#[tokio::test]
async fn rules_66_and_100_virtual_hosts_come_apart_and_by_the_host_that_is_asked_for() {
    let port = Port::reserve();
    let netloft = Netloft::start().await;
    let manager = json!({
        "rds": {"route_config_name": "front", "config_source": ads()},
        "http_filters": on_demand(&json!({})),
    });
    let routes = json!({"name": "front", "vhds": {"config_source": ads()}});
    netloft
        .apply(&file(&[
            listener(&port, &manager),
            raw("routes", "envoy.config.route.v3.RouteConfiguration", routes),
            virtual_host("web", "web.example", "web"),
            virtual_host("rest", "*.rest.example", "rest"),
        ]))
        .await;
    let envoy = netloft.envoy("edge-1", &OPTIONS).await;
    envoy.is_live().await;
    answers(&port, &[("host", "web.example")], 200, "web").await;
    answers(&port, &[("host", "a.rest.example")], 200, "rest").await;
    // Nobody is called so. The request is held until that is known, and no longer.
    answers(&port, &[("host", "nobody.example")], 404, "").await;
    netloft.proxy_is("edge-1", "synced").await;

    netloft
        .apply(&virtual_host("web", "web.example", "new"))
        .await;
    answers(&port, &[("host", "web.example")], 200, "new").await;
    netloft
        .apply(&virtual_host("nobody", "nobody.example", "now"))
        .await;
    answers(&port, &[("host", "nobody.example")], 200, "now").await;
    let words = ["delete", "EnvoyResource", "web"];
    netloft.cli(&words).await.must_succeed();
    answers(&port, &[("host", "web.example")], 404, "").await;
    netloft.proxy_is("edge-1", "synced").await;
}

#[tokio::test]
async fn rule_99_a_cluster_comes_when_a_request_names_it_and_its_lack_is_known_at_once() {
    let port = Port::reserve();
    let (one, two) = (Backend::start("one").await, Backend::start("two").await);
    let netloft = Netloft::start().await;
    let route = json!({
        "match": {"prefix": "/"},
        "route": {"cluster_header": "x-cluster"},
    });
    let manager = json!({
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": on_demand(&json!({"odcds": {"source": ads(), "timeout": "60s"}})),
    });
    netloft
        .apply(&file(&[
            listener(&port, &manager),
            cluster("one", one.port()),
            cluster("two", two.port()),
        ]))
        .await;
    let bootstrap = netloft.bootstrap("edge-1", &OPTIONS).await;
    // With it Envoy would hold all clusters, and never ask for one.
    let all = "  cds_config:\n    ads: {}\n    resource_api_version: V3\n";
    let without = bootstrap.replace(all, "");
    assert_ne!(without, bootstrap);
    let envoy = Envoy::start("edge-1", &without).await;
    envoy.is_live().await;
    let holds = async |name: &str| {
        let clusters = envoy.asked("/clusters").await.unwrap();
        let start = format!("{name}::");
        clusters.lines().any(|line| line.starts_with(&start))
    };
    assert!(holds("netloft").await && !holds("one").await);
    answers(&port, &[("x-cluster", "one")], 200, "").await;
    assert!(holds("one").await && !holds("two").await);
    // Long before the filter's own patience of a minute.
    answers(&port, &[("x-cluster", "three")], 503, "").await;
    netloft.apply(&cluster("three", two.port())).await;
    answers(&port, &[("x-cluster", "three")], 200, "").await;
    netloft.proxy_is("edge-1", "synced").await;
}
