//! The first path: documents applied, a real Envoy configured, requests answered as declared.

use netloft_integration::{
    backend::{BACKEND, Backend},
    documents::{file, gateway, gateway_class, route, rule, service, sidecar, workload},
    eventually::{SOON, ensure, eventually},
    http::get_host,
    load::{Load, Report},
    netloft::Netloft,
    ports::Port,
};

/// 10 % of 2,000 requests: 200, give or take 4.5 standard deviations.
#[track_caller]
fn is_nine_to_one(report: &Report) {
    assert_eq!(
        report.by_status(),
        [(200, 2_000)].into(),
        "{:?}",
        report.by_backend()
    );
    let to_v2 = report.answered_by("v2");
    assert!((140..=260).contains(&to_v2), "{:?}", report.by_backend());
}

async fn a_canary(dialect: &str) {
    let (v1, v2) = (Backend::start("v1").await, Backend::start("v2").await);
    let (inside, outside) = (Port::reserve(), Port::reserve());
    let netloft = Netloft::start().await;
    let canary = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs:
  - {group: \"\", kind: Service, name: web}
  - {name: edge}
  rules:
  - name: canary
    backendRefs:
    - {group: netloft.dev, kind: ServiceVersion, name: web.v1, port: 80, weight: 90}
    - {group: netloft.dev, kind: ServiceVersion, name: web.v2, port: 80, weight: 10}
";
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            gateway_class(),
            gateway("edge", outside.number()),
            service("web"),
            workload("web-v1", "web", "v1", v1.port()),
            workload("web-v2", "web", "v2", v2.port()),
            canary.to_owned(),
        ]))
        .await;
    let dialect = ["--dialect", dialect];
    let beside = netloft
        .envoy(
            "shop-1",
            &[&["--class", "sidecar"], dialect.as_slice()].concat(),
        )
        .await;
    let edge = netloft
        .envoy(
            "edge-1",
            &[&["--class", "gateway"], dialect.as_slice()].concat(),
        )
        .await;
    beside.is_live().await;
    edge.is_live().await;

    is_nine_to_one(&Load::of(inside.address(), "web").send(2_000).await);
    is_nine_to_one(
        &Load::of(outside.address(), "web.example.com")
            .send(2_000)
            .await,
    );
}

#[tokio::test]
async fn a_canary_gets_its_tenth_by_sidecar_and_gateway_in_delta() {
    a_canary("delta").await;
}

#[tokio::test]
async fn a_canary_gets_its_tenth_by_sidecar_and_gateway_in_sotw() {
    a_canary("sotw").await;
}

#[tokio::test]
async fn a_service_without_a_route_is_reached_by_its_names() {
    let v1 = Backend::start("v1").await;
    let inside = Port::reserve();
    let netloft = Netloft::start().await;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("web"),
            workload("web-1", "web", "v1", v1.port()),
        ]))
        .await;
    let envoy = netloft.envoy("shop-1", &["--class", "sidecar"]).await;
    envoy.is_live().await;
    for host in ["web", "web:80", "web.default", "web.default.mesh"] {
        let answer = get_host(inside.address(), host, "/").await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.header(BACKEND)),
            (200, "v1"),
            "{host}"
        );
    }
    let unknown = get_host(inside.address(), "nowhere", "/").await.unwrap();
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_route_matches_changes_and_redirects_as_declared() {
    let (old, new) = (Backend::start("old").await, Backend::start("new").await);
    let inside = Port::reserve();
    let netloft = Netloft::start().await;
    let rules = "  - name: by-header
    matches: [{headers: [{name: x-tester, value: \"yes\"}]}]
    backendRefs: [{name: new, port: 80}]
  - name: by-path
    matches: [{path: {type: PathPrefix, value: /v2}, method: GET}]
    filters:
    - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-by, value: mesh}]}}
    backendRefs: [{name: new, port: 80}]
  - name: moved
    matches: [{path: {type: Exact, value: /moved}}]
    filters:
    - {type: RequestRedirect, requestRedirect: {hostname: elsewhere.test, statusCode: 301}}
  - name: by-pattern
    matches: [{path: {type: RegularExpression, value: \"/(january|february|march|april|may|june|july|august|september|october|november|december)/[0-9]{1,2}\"}}]
    backendRefs: [{name: new, port: 80}]
  - name: rest
    backendRefs: [{name: old, port: 80}]
";
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("old"),
            service("new"),
            service("shop"),
            workload("old-1", "old", "v1", old.port()),
            workload("new-1", "new", "v1", new.port()),
            rule("shop", "shop", rules),
        ]))
        .await;
    let envoy = netloft.envoy("shop-1", &["--class", "sidecar"]).await;
    envoy.is_live().await;

    let ask = async |path: &str| get_host(inside.address(), "shop", path).await.unwrap();
    assert_eq!(ask("/").await.header(BACKEND), "old");
    assert_eq!(
        ask("/v20").await.header(BACKEND),
        "old",
        "a prefix is of whole elements"
    );
    let rewritten = ask("/v2/items?n=1").await;
    assert_eq!(rewritten.header(BACKEND), "new");
    assert_eq!(rewritten.json()["path"], "/items?n=1");
    assert_eq!(rewritten.json()["headers"]["x-by"], "mesh");
    assert_eq!(ask("/november/24").await.header(BACKEND), "new");
    assert_eq!(ask("/brumaire/24").await.header(BACKEND), "old");
    let moved = ask("/moved").await;
    assert_eq!(moved.status, 301);
    assert_eq!(moved.header("location"), "http://elsewhere.test/moved");
}

#[tokio::test]
async fn what_dangles_answers_500_for_its_share_and_hurts_nobody_else() {
    let v1 = Backend::start("v1").await;
    let inside = Port::reserve();
    let netloft = Netloft::start().await;
    netloft
        .apply(&file(&[
            sidecar(inside.number()),
            service("web"),
            service("gone"),
            workload("web-1", "web", "v1", v1.port()),
            route("gone", "gone", &["web", "gone"]),
        ]))
        .await;
    let envoy = netloft.envoy("shop-1", &["--class", "sidecar"]).await;
    envoy.is_live().await;
    let dangling = rule(
        "gone",
        "gone",
        "  - backendRefs: [{name: web}, {name: nowhere, port: 80}]\n",
    );
    let path = netloft.write("dangling.yaml", &dangling);
    let refused = netloft.cli(&["apply", "-f", &path]).await.must_exit_with(6);
    assert!(refused.stderr.contains("nowhere"), "{}", refused.stderr);
    netloft
        .cli(&["apply", "-f", &path, "--allow-dangling"])
        .await
        .must_succeed();

    eventually("half the requests are answered with 500", SOON, || async {
        let report = Load::of(inside.address(), "gone").send(200).await;
        let statuses = report.by_status();
        let share = statuses.get(&500).copied().unwrap_or_default();
        ensure(
            (60..=140).contains(&share) && statuses.len() == 2,
            format!("{statuses:?}"),
        )
    })
    .await;
    let web = Load::of(inside.address(), "web").send(50).await;
    assert_eq!(web.by_status(), [(200, 50)].into());
}
