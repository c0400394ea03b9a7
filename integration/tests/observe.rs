//! Envoys that netloft does not configure: what they report is seen, and nothing else changes.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use http::StatusCode;
use netloft_integration::{
    backend::Backend,
    binary,
    envoy::Envoy,
    eventually::{SOON, ensure, eventually},
    http::{Failure, get},
    netloft::{Netloft, run},
    ports::Port,
};
use serde_json::{Value, json};

/// A configuration of a user's own: two clusters, one of them with a dot in its name.
fn theirs(listen: &Port, web: &Backend, pay: &Backend) -> String {
    let cluster = |name: &str, port: u16| {
        json!({
            "name": name,
            "type": "STATIC",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address":
                {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}]}]},
        })
    };
    let routes = json!([
        {"match": {"prefix": "/pay"}, "route": {"cluster": "payments.v1", "retry_policy": {"retry_on": "5xx", "num_retries": 1}}},
        {"match": {"prefix": "/"}, "route": {"cluster": "web"}},
    ]);
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "generate_request_id": false,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                "suppress_envoy_headers": true,
            },
        }],
    });
    let bootstrap = json!({"static_resources": {
        "listeners": [{
            "name": "edge",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": listen.number()}},
            "filter_chains": [{"filters": [
                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager},
            ]}],
        }],
        "clusters": [cluster("web", web.port()), cluster("payments.v1", pay.port())],
    }});
    bootstrap.to_string()
}

/// What `netloft overlay` prints, reporting every second.
async fn overlay(netloft: &Netloft, id: &str) -> Value {
    let grpc = netloft.grpc().to_string();
    let words = [
        "overlay",
        "--id",
        id,
        "--cluster",
        "edge",
        "--every",
        "1s",
        "--grpc",
        &grpc,
        "-o",
        "json",
    ];
    let printed = run(&words, &[]).await.must_succeed().stdout;
    serde_json::from_str(&printed).unwrap()
}

async fn stats(netloft: &Netloft, proxy: &str, cluster: &str) -> Value {
    let words = [
        "stat",
        "--cluster",
        cluster,
        "--window",
        "10m",
        "-o",
        "json",
    ];
    let told = netloft.cli(&words).await.must_succeed().stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    let all = told["clusters"].as_array().unwrap();
    let of = all.iter().find(|one| one["proxy"] == proxy);
    of.cloned().unwrap_or_default()
}

async fn counted(netloft: &Netloft, proxy: &str, cluster: &str, requests: u64) -> Value {
    let what = format!("{requests} requests of {proxy} to {cluster} are counted");
    eventually(&what, SOON, || async {
        let told = stats(netloft, proxy, cluster).await;
        if told["requests"] == requests {
            Ok(told)
        } else {
            Err(told.to_string())
        }
    })
    .await
}

async fn send(listen: &Port, path: &str, requests: u64) {
    for _ in 0..requests {
        get(listen.address(), path).await.unwrap();
    }
}

#[tokio::test]
async fn every_request_is_counted_and_no_answer_changes() {
    let (web, pay) = (Backend::start("web").await, Backend::start("pay").await);
    pay.answers(StatusCode::SERVICE_UNAVAILABLE);
    let mut netloft = Netloft::start().await;
    let new = binary::envoy().to_owned();
    for (id, binary) in [("new", new), ("old", binary::oldest_envoy())] {
        let (plain_port, port) = (Port::reserve(), Port::reserve());
        let plain = theirs(&plain_port, &web, &pay);
        let plain = Envoy::start_binary(&binary, "plain", &plain, &json!({})).await;
        let overlay = overlay(&netloft, id).await;
        let observed = theirs(&port, &web, &pay);
        let observed = Envoy::start_binary(&binary, id, &observed, &overlay).await;
        plain.is_live().await;
        observed.is_live().await;

        for path in ["/", "/any?x=1", "/pay"] {
            let host = "shop.test";
            let ask = async |port: &Port| {
                let request = netloft_integration::http::get_host(port.address(), host, path);
                let answer = request.await.unwrap();
                let mut headers = answer.headers;
                headers.remove("date");
                (answer.status, headers, answer.body)
            };
            assert_eq!(ask(&plain_port).await, ask(&port).await, "{path}");
        }
        web.answers(StatusCode::NOT_FOUND);
        send(&port, "/", 3).await;
        web.answers(StatusCode::OK);
        send(&port, "/", 15).await;
        send(&port, "/pay", 4).await;

        let told = counted(&netloft, id, "web", 20).await;
        assert_eq!(
            (&told["clientErrors"], &told["serverErrors"]),
            (&json!(3), &json!(0))
        );
        assert_eq!(told["endpoints"], json!({"healthy": 1, "total": 1}));
        assert!(
            told["p50"].as_f64().unwrap() <= told["p99"].as_f64().unwrap(),
            "{told}"
        );
        assert!(told["rate"].as_f64().unwrap() > 0.0, "{told}");
        let told = counted(&netloft, id, "payments.v1", 5).await;
        assert_eq!(
            (&told["serverErrors"], &told["retries"]),
            (&json!(5), &json!(5)),
            "{told}"
        );

        let proxy = netloft.proxy_is(id, "observed").await;
        assert_eq!(proxy["cluster"], "edge");
        let stats = observed.stats().await;
        assert_eq!(
            stats.get("cluster.web.upstream_rq_completed"),
            20,
            "its own statistics are whole"
        );
        assert!(stats.get("server.live") == 1);

        // The control plane goes and comes back, with nothing of before.
        netloft.restart().await;
        netloft.proxy_is(id, "observed").await;
        let before = stats_requests(&netloft, id).await;
        send(&port, "/", 6).await;
        counted(&netloft, id, "web", before + 6).await;
    }
    let metrics = netloft.get("/metrics").await.unwrap().text();
    let series = "netloft_requests_total{proxy=\"old\",cluster=\"web\",code_class=\"2xx\"}";
    assert!(metrics.contains(series), "{metrics}");
}

async fn stats_requests(netloft: &Netloft, proxy: &str) -> u64 {
    stats(netloft, proxy, "web").await["requests"]
        .as_u64()
        .unwrap_or_default()
}

#[tokio::test]
async fn an_envoy_starts_and_serves_while_nobody_is_there_to_report_to() {
    let (web, pay) = (Backend::start("web").await, Backend::start("pay").await);
    let nobody = Port::reserve();
    let server = format!("http://{}", nobody.address());
    let printed = run(
        &["overlay", "--id", "edge-1", "-o", "json"],
        &[("NETLOFT_SERVER", &server)],
    )
    .await;
    let printed = printed.must_succeed();
    assert!(
        printed.stderr.contains("127.0.0.1:7701"),
        "{}",
        printed.stderr
    );
    let mut overlay: Value = serde_json::from_str(&printed.stdout).unwrap();
    let endpoints = &mut overlay["static_resources"]["clusters"][0]["load_assignment"]["endpoints"];
    endpoints[0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]["port_value"] =
        json!(nobody.number());
    overlay["stats_flush_interval"] = json!("1s");

    for binary in [binary::envoy().to_owned(), binary::oldest_envoy()] {
        let port = Port::reserve();
        let envoy =
            Envoy::start_binary(&binary, "alone", &theirs(&port, &web, &pay), &overlay).await;
        envoy.is_live().await;
        assert_eq!(
            get(port.address(), "/").await.unwrap().status,
            StatusCode::OK
        );
        // Nothing was fetched, so nothing was waited for.
        let stats = envoy.stats().await;
        assert!(
            stats
                .with("update_attempt")
                .values()
                .all(|count| *count == 0),
            "{stats:?}"
        );
        assert_eq!(stats.get("cluster_manager.warming_clusters"), 0);
        // It tries to report, fails, and serves all the same.
        envoy
            .until("it cannot report", |stats| {
                stats.get("cluster.netloft.upstream_cx_connect_fail") > 0
            })
            .await;
        assert_eq!(
            get(port.address(), "/").await.unwrap().status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn two_envoys_of_one_name_are_told_and_a_managed_one_reports_too() {
    let (web, pay) = (Backend::start("web").await, Backend::start("pay").await);
    let netloft = Netloft::start().await;
    let overlay = overlay(&netloft, "twin").await;
    let ports = [Port::reserve(), Port::reserve()];
    let one = Envoy::start_with("one", &theirs(&ports[0], &web, &pay), &overlay).await;
    let two = Envoy::start_with("two", &theirs(&ports[1], &web, &pay), &overlay).await;
    one.is_live().await;
    two.is_live().await;
    eventually("both are told", SOON, || async {
        let told = netloft.cli(&["ps"]).await.must_succeed().stdout;
        ensure(told.contains("2 report as twin"), told).map_err(Failure::from)
    })
    .await;
    send(&ports[0], "/", 2).await;
    send(&ports[1], "/", 3).await;
    counted(&netloft, "twin", "web", 5).await;

    drop((one, two));

    let managed = netloft.envoy("managed", &[]).await;
    managed.is_live().await;
    eventually("the managed one reports", SOON, || async {
        let proxy = netloft.proxy("managed").await;
        let holds = proxy["state"] == "synced" && proxy["reports"]["last"].is_string();
        ensure(holds, proxy.to_string()).map_err(Failure::from)
    })
    .await;

    netloft.proxy_is("twin", "offline").await;
}
