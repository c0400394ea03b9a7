//! Changes while requests go on: not one of them fails.
//!
//! "0 failed" is what [`Report::none_failed`](netloft_integration::load::Report::none_failed) says.
//! The last tests switch a mechanism off and must then see failures: a test that cannot tell is none.

use std::time::Duration;

use netloft_integration::{
    backend::Backend,
    dns::SlowDns,
    documents::{dns_service, file, route, service, sidecar, workload, workload_with},
    envoy::Envoy,
    eventually::{SOON, ensure, eventually},
    load::{Load, Report},
    netloft::Netloft,
    ports::Port,
};

/// What the load goes on for after the last change: what comes late, fails late.
const AFTERWARDS: Duration = Duration::from_secs(1);

async fn is_used(backend: &Backend) {
    let before = backend.requests();
    eventually("the backend is used", SOON, || async {
        ensure(
            backend.requests() > before,
            format!("{before} requests, as before"),
        )
    })
    .await;
}

/// Waits until Envoy has no host at `port` that takes new requests.
async fn is_not_a_host(envoy: &Envoy, port: u16) {
    eventually("the host is gone", SOON, || async {
        let clusters = envoy.clusters().await;
        let statuses = clusters["cluster_statuses"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let hosts = statuses
            .iter()
            .filter_map(|status| status["host_statuses"].as_array());
        let taking = hosts.flatten().filter(|host| {
            let draining = host["health_status"]["eds_health_status"] == "DRAINING";
            host["address"]["socket_address"]["port_value"] == port && !draining
        });
        ensure(taking.count() == 0, "still there")
    })
    .await;
}

async fn workloads_come_and_go(dialect: &str) {
    let first = Backend::start("first").await;
    let second = Backend::start("second").await;
    let inside = Port::reserve();
    let netloft = Netloft::start().await;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("web"),
            workload("first", "web", "v1", first.port()),
        ]))
        .await;
    let envoy = netloft
        .envoy("shop-1", &["--class", "sidecar", "--dialect", dialect])
        .await;
    envoy.is_live().await;
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;
    is_used(&first).await;

    netloft
        .apply(&workload("second", "web", "v1", second.port()))
        .await;
    is_used(&second).await;

    let draining = workload_with("first", "web", "v1", first.port(), "draining");
    netloft.apply(&draining).await;
    is_not_a_host(&envoy, first.port()).await;
    netloft
        .cli(&["delete", "workload", "first"])
        .await
        .must_succeed();
    first.drain().await;

    is_used(&second).await;
    load.for_another(AFTERWARDS).await;
    load.stop().await.must_have_none_failed();
}

#[tokio::test]
async fn a_workload_added_drained_and_removed_fails_no_request_in_delta() {
    workloads_come_and_go("delta").await;
}

#[tokio::test]
async fn a_workload_added_drained_and_removed_fails_no_request_in_sotw() {
    workloads_come_and_go("sotw").await;
}

/// Moves `web` to another service again and again: new ones, made in the same apply, and ones whose
/// hosts take long to resolve. What it leaves behind is deleted at once.
async fn a_route_moves(dialect: &str, options: &[&str], edits: usize) -> Report {
    // Longer than a route takes to arrive, shorter than the server waits for a cluster.
    let dns = SlowDns::start(Duration::from_millis(300)).await;
    let backends = [Backend::start("even").await, Backend::start("odd").await];
    let inside = Port::reserve();
    let netloft = Netloft::start_with(options).await;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("web"),
            service("move-0"),
            workload("move-0", "move-0", "v1", backends[0].port()),
            route("web", "web", &["move-0"]),
        ]))
        .await;
    let bootstrap = netloft
        .bootstrap("shop-1", &["--class", "sidecar", "--dialect", dialect])
        .await;
    let envoy = Envoy::start_with("shop-1", &bootstrap, &dns.overlay()).await;
    envoy.is_live().await;
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;
    is_used(&backends[0]).await;

    for edit in 1..=edits {
        let (name, before) = (format!("move-{edit}"), format!("move-{}", edit - 1));
        let backend = &backends[edit % 2];
        let to = if edit % 5 == 0 {
            dns_service(&name, &format!("{name}.test"), backend.port())
        } else {
            file(&[service(&name), workload(&name, &name, "v1", backend.port())])
        };
        netloft
            .apply(&file(&[to, route("web", "web", &[&name])]))
            .await;
        // Nothing waits for the proxy here: the server must.
        netloft
            .cli(&["delete", "service", &before])
            .await
            .must_succeed();
        if edit % 5 == 0 || edit == edits {
            is_used(backend).await;
        }
    }
    load.for_another(AFTERWARDS).await;
    load.stop().await
}

#[tokio::test]
async fn fifty_moves_to_new_services_fail_no_request_in_delta() {
    a_route_moves("delta", &[], 50)
        .await
        .must_have_none_failed();
}

#[tokio::test]
async fn fifty_moves_to_new_services_fail_no_request_in_sotw() {
    a_route_moves("sotw", &[], 50).await.must_have_none_failed();
}
