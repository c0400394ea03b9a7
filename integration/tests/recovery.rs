//! Processes that die, start in the wrong order, or have nothing to say yet.

use std::time::Duration;

use netloft_integration::{
    backend::Backend,
    documents::{file, route, service, sidecar, workload},
    envoy::Envoy,
    eventually::{SOON, ensure, eventually},
    http::get_host,
    load::Load,
    netloft::Netloft,
    ports::Port,
};
use serde_json::Value;

fn documents(inside: &Port, backend: &Backend) -> String {
    file(&[
        sidecar(inside.number()),
        service("web"),
        service("api"),
        workload("web-1", "web", "v1", backend.port()),
        workload("api-1", "api", "v1", backend.port()),
        route("web", "web", &["api"]),
    ])
}

/// Every dynamic resource Envoy holds with its version and the time it came: equal when nothing was
/// sent again.
async fn received(envoy: &Envoy) -> Vec<String> {
    let dump = envoy.config_dump().await;
    let mut found = Vec::new();
    collect(&dump, &mut found);
    found.sort();
    assert!(
        found.len() >= 5,
        "clusters, endpoints, listener and routes: {found:#?}"
    );
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(version), Some(at)) =
                (fields.get("version_info"), fields.get("last_updated"))
            {
                let names = fields
                    .values()
                    .filter_map(|inner| inner.get("name").or_else(|| inner.get("cluster_name")));
                let name: Vec<String> = names.map(ToString::to_string).collect();
                found.push(format!("{} {version} {at}", name.join(" ")));
            }
            fields.values().for_each(|inner| collect(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, found)),
        _ => {}
    }
}

async fn is_connected(envoy: &Envoy, connected: u64) {
    let what = if connected == 1 {
        "it is connected"
    } else {
        "it has lost its server"
    };
    envoy
        .until(what, |stats| {
            stats.get("control_plane.connected_state") == connected
        })
        .await;
}

async fn killed_and_restarted(dialect: &str) {
    let backend = Backend::start("v1").await;
    let inside = Port::reserve();
    let mut netloft = Netloft::start().await;
    netloft.apply(&documents(&inside, &backend)).await;
    let envoy = netloft
        .envoy("shop-1", &["--class", "sidecar", "--dialect", dialect])
        .await;
    envoy.is_live().await;
    is_connected(&envoy, 1).await;
    let before = received(&envoy).await;
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;

    netloft.kill();
    is_connected(&envoy, 0).await;
    load.for_another(Duration::from_millis(500)).await;
    netloft.restart().await;
    is_connected(&envoy, 1).await;
    load.for_another(Duration::from_secs(1)).await;

    load.stop().await.must_have_none_failed();
    assert_eq!(
        received(&envoy).await,
        before,
        "the same versions, nothing sent again"
    );

    // It is the same mesh: the next change arrives.
    netloft
        .apply(&workload("web-1", "web", "v1", backend.port()))
        .await;
    netloft
        .cli(&["delete", "httproute", "web"])
        .await
        .must_succeed();
    let newer = Backend::start("v2").await;
    netloft
        .apply(&workload("web-2", "web", "v2", newer.port()))
        .await;
    eventually("the new workload is used", SOON, || async {
        get_host(inside.address(), "web", "/").await?;
        ensure(newer.requests() > 0, "no request yet")
            .map_err(Into::<netloft_integration::http::Failure>::into)
    })
    .await;
}

#[tokio::test]
async fn a_killed_netloft_is_missed_by_no_request_and_sends_nothing_again_in_delta() {
    killed_and_restarted("delta").await;
}

#[tokio::test]
async fn a_killed_netloft_is_missed_by_no_request_and_sends_the_same_versions_in_sotw() {
    killed_and_restarted("sotw").await;
}

#[tokio::test]
async fn an_envoy_that_was_there_first_is_configured_when_netloft_comes() {
    let backend = Backend::start("v1").await;
    let inside = Port::reserve();
    let mut netloft = Netloft::start().await;
    netloft.apply(&documents(&inside, &backend)).await;
    let bootstrap = netloft.bootstrap("shop-1", &["--class", "sidecar"]).await;
    netloft.kill();

    let envoy = Envoy::start("shop-1", &bootstrap).await;
    envoy
        .until("it has tried", |stats| {
            stats.with("upstream_cx_connect_fail").values().sum::<u64>() > 0
        })
        .await;
    netloft.restart().await;

    envoy.is_live_within(Duration::from_secs(40)).await;
    assert_eq!(
        get_host(inside.address(), "web", "/").await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn an_envoy_of_an_empty_netloft_is_live_at_once_and_configured_later() {
    for dialect in ["delta", "sotw"] {
        let backend = Backend::start("v1").await;
        let inside = Port::reserve();
        let netloft = Netloft::start().await;
        let envoy = netloft
            .envoy("shop-1", &["--class", "sidecar", "--dialect", dialect])
            .await;
        // Unanswered, each of CDS and LDS would be waited for 15 s.
        envoy.is_live_within(Duration::from_secs(10)).await;

        netloft.apply(&documents(&inside, &backend)).await;
        eventually("the service answers", SOON, || async {
            let answer = get_host(inside.address(), "web", "/").await?;
            ensure(answer.status == 200, answer.status.to_string())
                .map_err(Into::<netloft_integration::http::Failure>::into)
        })
        .await;
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_kill() {
    let mut netloft = Netloft::start().await;
    for round in 0..5 {
        let name = format!("web-{round}");
        netloft.apply(&service(&name)).await;
        netloft.kill();
        netloft.restart().await;
        let listed = netloft
            .cli(&["get", "services", "-o", "name"])
            .await
            .must_succeed();
        for earlier in 0..=round {
            let name = format!("web-{earlier}");
            assert!(
                listed.stdout.contains(&name),
                "round {round}: {name}: {}",
                listed.stdout
            );
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_changes_by_name_and_serves_proxies_on() {
    let backend = Backend::start("v1").await;
    let inside = Port::reserve();
    let mut netloft = Netloft::start().await;
    netloft.apply(&documents(&inside, &backend)).await;
    let envoy = netloft.envoy("shop-1", &["--class", "sidecar"]).await;
    envoy.is_live().await;
    let load = Load::of(inside.address(), "web").start(&[&envoy]).await;

    // Room for a few changes, not for many.
    netloft
        .restart_with_files_up_to(netloft.largest_file() + 64)
        .await;
    is_connected(&envoy, 1).await;
    let mut refused = None;
    for number in 0..200 {
        let annotation = "x".repeat(8 * 1024);
        let name = format!("filler-{number}");
        let document = service(&name).replace(
            &format!("{{name: {name}}}"),
            &format!("{{name: {name}, annotations: {{note: {annotation}}}}}"),
        );
        let path = netloft.write("filler.yaml", &document);
        let output = netloft.cli(&["apply", "-f", &path]).await;
        if output.code != 0 {
            refused = Some((name, output));
            break;
        }
    }
    let (name, refused) = refused.expect("200 documents of 8 KiB do not fit into 64 KiB");
    assert_eq!(refused.code, 7, "{}", refused.stderr);
    assert!(refused.stderr.contains("space"), "{}", refused.stderr);
    // It reads on, and what was refused is not there.
    netloft.cli(&["get", "service", "web"]).await.must_succeed();
    netloft
        .cli(&["get", "service", &name])
        .await
        .must_exit_with(4);
    is_connected(&envoy, 1).await;
    load.stop().await.must_have_none_failed();

    // With room again it takes changes again.
    netloft.restart().await;
    netloft.apply(&service(&name)).await;
}
