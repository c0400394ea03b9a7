//! Changes while requests go on: not one of them fails.
//!
//! "0 failed" is what [`Report::none_failed`](netloft_integration::load::Report::none_failed) says.
//! The last tests switch a mechanism off and must then see failures: a test that cannot tell is none.

use std::time::Duration;

use netloft_integration::{
    backend::Backend,
    dns::SlowDns,
    documents::{
        dns_service, file, health_checked_service, route, service, service_speaking, sidecar,
        workload, workload_with,
    },
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

/// How a route moves.
struct Moves<'a> {
    dialect: &'a str,
    /// Further options of `netloft up`.
    options: &'a [&'a str],
    count: usize,
    /// One in so many goes to a cluster whose hosts take long to resolve, and the one after it to
    /// one whose endpoints are asked for their health first.
    slow: usize,
}

/// Moves `web` to another service again and again: to new ones, made in the same apply. What it
/// leaves behind is deleted at once.
async fn a_route_moves(moves: Moves<'_>) -> Report {
    // Longer than a route takes to arrive, shorter than the server waits for a cluster.
    let dns = SlowDns::start(Duration::from_millis(300)).await;
    let backends = [Backend::start("even").await, Backend::start("odd").await];
    let inside = Port::reserve();
    let netloft = Netloft::start_with(moves.options).await;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("web"),
            service("move-0"),
            workload("move-0", "move-0", "v1", backends[0].port()),
            route("web", "web", &["move-0"]),
        ]))
        .await;
    let words = ["--class", "sidecar", "--dialect", moves.dialect];
    let bootstrap = netloft.bootstrap("shop-1", &words).await;
    let envoy = Envoy::start_with("shop-1", &bootstrap, &dns.overlay()).await;
    envoy.is_live().await;
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;
    is_used(&backends[0]).await;

    for number in 1..=moves.count {
        let (name, before) = (format!("move-{number}"), format!("move-{}", number - 1));
        let backend = &backends[number % 2];
        let slow = number % moves.slow == 0;
        let instance = workload(&name, &name, "v1", backend.port());
        let to = if slow {
            dns_service(&name, &format!("{name}.test"), backend.port())
        } else if number % moves.slow == 1 {
            file(&[health_checked_service(&name), instance])
        } else {
            file(&[service(&name), instance])
        };
        netloft
            .apply(&file(&[to, route("web", "web", &[&name])]))
            .await;
        // Nothing waits for the proxy here: the server must.
        netloft
            .cli(&["delete", "service", &before])
            .await
            .must_succeed();
        if slow || number == moves.count {
            is_used(backend).await;
        }
    }
    load.for_another(AFTERWARDS).await;
    if moves.slow > 1 {
        let checks: u64 = backends.iter().map(Backend::health_checks).sum();
        assert!(checks > 0, "nothing was asked for its health");
    }
    load.stop().await
}

#[tokio::test]
async fn fifty_moves_to_new_services_fail_no_request_in_delta() {
    let moves = Moves {
        dialect: "delta",
        options: &[],
        count: 50,
        slow: 5,
    };
    a_route_moves(moves).await.must_have_none_failed();
}

#[tokio::test]
async fn fifty_moves_to_new_services_fail_no_request_in_sotw() {
    let moves = Moves {
        dialect: "sotw",
        options: &[],
        count: 50,
        slow: 5,
    };
    a_route_moves(moves).await.must_have_none_failed();
}

#[tokio::test]
async fn without_its_order_moves_fail_requests() {
    let options = ["--without", "order"];
    let moves = Moves {
        dialect: "delta",
        options: &options,
        count: 4,
        slow: 2,
    };
    assert!(a_route_moves(moves).await.failed() > 0);
}

#[tokio::test]
async fn without_deferred_removal_moves_fail_requests() {
    let options = ["--without", "deferred-removal"];
    let moves = Moves {
        dialect: "delta",
        options: &options,
        count: 4,
        slow: 1,
    };
    assert!(a_route_moves(moves).await.failed() > 0);
}

/// Lets `web` speak another protocol: its clusters change, its endpoints do not. Tells how many
/// clusters still warm once the change has arrived and `settle` has passed.
async fn a_cluster_changes(dialect: &str, options: &[&str], settle: Duration) -> (u64, Report) {
    let backend = Backend::start("v1").await;
    let inside = Port::reserve();
    let netloft = Netloft::start_with(options).await;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("web"),
            workload("web-1", "web", "v1", backend.port()),
        ]))
        .await;
    let envoy = netloft
        .envoy("shop-1", &["--class", "sidecar", "--dialect", dialect])
        .await;
    envoy.is_live().await;
    let updates = envoy.stats().await.get("cluster_manager.cluster_modified");
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;
    is_used(&backend).await;

    netloft.apply(&service_speaking("http2", "web")).await;
    envoy
        .until("the change has arrived", |stats| {
            let warming = stats.get("cluster_manager.warming_clusters");
            stats.get("cluster_manager.cluster_modified") > updates || warming > 0
        })
        .await;
    load.for_another(settle).await;
    let warming = envoy.stats().await.get("cluster_manager.warming_clusters");
    (warming, load.stop().await)
}

#[tokio::test]
async fn a_changed_cluster_of_old_endpoints_warms_at_once_and_fails_no_request() {
    for dialect in ["delta", "sotw"] {
        let (warming, report) = a_cluster_changes(dialect, &[], AFTERWARDS).await;
        assert_eq!(warming, 0, "{dialect}");
        report.must_have_none_failed();
    }
}

#[tokio::test]
async fn without_endpoints_behind_it_a_changed_cluster_never_warms() {
    let options = ["--without", "endpoints-behind-clusters"];
    let (warming, _) = a_cluster_changes("delta", &options, AFTERWARDS).await;
    assert!(warming > 0);
}

/// An endpoint that calls itself unhealthy is taken out by whom it serves, without any document.
#[tokio::test]
async fn an_endpoint_that_calls_itself_unhealthy_is_sent_nothing() {
    let backends = [Backend::start("well").await, Backend::start("ill").await];
    let inside = Port::reserve();
    let netloft = Netloft::start().await;
    let [well, ill] = &backends;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            health_checked_service("web"),
            workload("well", "web", "v1", well.port()),
            workload("ill", "web", "v1", ill.port()),
        ]))
        .await;
    let envoy = netloft.envoy("shop-1", &["--class", "sidecar"]).await;
    envoy.is_live().await;
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;
    is_used(ill).await;

    ill.unhealthy();
    envoy
        .until("it is known to be unhealthy", |stats| {
            stats.get("cluster.web.default_80.membership_healthy") == 1
        })
        .await;
    let before = (well.requests(), ill.requests());
    load.for_another(AFTERWARDS).await;
    load.stop().await.must_have_none_failed();
    // One that was under way at that moment may still have come.
    assert!(ill.requests() - before.1 <= 4, "{before:?}");
    assert!(well.requests() > before.0);
}
