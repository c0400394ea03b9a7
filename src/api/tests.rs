//! The API over a catalog in memory, without sockets.

mod applying;
mod documented;
mod history;
mod limits;
mod referrers;
mod refusals;
mod schema;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use netloft_proto::ProxyId;
use netloft_store::memory::Memory;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Compiled, Forecast, State, router};
use crate::{
    catalog::{self, Catalog, Current},
    snapshot::{CLUSTER, Generation, Hash, Problem, Revision, ScopeId, TYPES},
    telemetry::Telemetry,
    view::Change,
    xds::{
        Dialect, Event, Events as _, Manners, What,
        cache::{Cache, Peer, StreamId},
        directory::{Locality, UserAgent},
    },
};

#[derive(Debug)]
struct Nothing;

#[async_trait::async_trait]
impl Compiled for Nothing {
    fn revision(&self) -> Option<Revision> {
        None
    }

    fn problems(&self) -> Arc<[Problem]> {
        Arc::default()
    }

    async fn reached(&self, _: Revision) -> bool {
        false
    }

    async fn plan(&self, _: Arc<Current>, _: Vec<Change>) -> Option<Forecast> {
        None
    }
}

async fn api() -> Router {
    api_and_telemetry().await.0
}

async fn api_and_telemetry() -> (Router, Arc<Telemetry>) {
    let state = state(tokio::sync::watch::channel(false).1).await;
    let telemetry = state.telemetry.clone();
    (router(state), telemetry)
}

/// What requests are answered from, of a process that ends when `stopping` says so.
pub(super) async fn state(stopping: tokio::sync::watch::Receiver<bool>) -> State {
    let mut registry = Registry::default();
    let telemetry = Telemetry::new(&mut registry, 10);
    State {
        catalog: Arc::new(
            Catalog::open(Arc::new(Memory::default()), &catalog::Config::default())
                .await
                .unwrap(),
        ),
        cache: Arc::new(Cache::new(&TYPES, Manners::default())),
        telemetry,
        compiled: Arc::new(Nothing),
        conditions: Arc::default(),
        grpc: "127.0.0.1:7701".parse().unwrap(),
        registry: Arc::new(registry),
        stopping,
        process: "test".into(),
    }
}

async fn ask(
    api: &Router,
    method: Method,
    path: &str,
    kind: &str,
    body: &str,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:7700")
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body.to_owned()))
        .unwrap();
    let (head, text) = send(api, request).await;
    (
        head.status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

/// The answer to `request`, and its body as text.
async fn send(api: &Router, request: Request<Body>) -> (http::response::Parts, String) {
    let response = api.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (head, String::from_utf8_lossy(&bytes).into_owned())
}

async fn get(api: &Router, path: &str) -> (StatusCode, Value) {
    ask(api, Method::GET, path, "", "").await
}

const WEB: &str = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 80}]\n  dns: [web.test]\n";
const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n  parentRefs: [{group: \"\", kind: Service, name: web}]\n  rules:\n  - backendRefs: [{name: wbe, port: 80}]\n";
const SERVICES: &str = "/apis/netloft.dev/v1/namespaces/default/services";

#[tokio::test]
async fn what_is_applied_is_read_back_with_what_the_server_knows_of_it() {
    let api = api().await;
    let path = "/v1/apply?author=ada&message=first";
    let (status, answer) = ask(&api, Method::POST, path, "application/yaml", WEB).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["revision"], 1);
    assert_eq!(answer["documents"][0]["outcome"], "created");

    let (_, web) = get(&api, &format!("{SERVICES}/web")).await;
    assert_eq!(
        web["spec"],
        json!({"ports": [{"port": 80}], "dns": ["web.test"]})
    );
    assert_eq!(
        (
            &web["metadata"]["generation"],
            &web["metadata"]["resourceVersion"]
        ),
        (&json!(1), &json!("1"))
    );
    let (_, list) = get(&api, "/apis/netloft.dev/v1/services").await;
    assert_eq!(
        (&list["kind"], &list["items"][0]["metadata"]["name"]),
        (&json!("ServiceList"), &json!("web"))
    );

    let (_, history) = get(&api, "/v1/revisions").await;
    let newest = &history["revisions"][0];
    assert_eq!(
        (&newest["author"], &newest["message"]),
        (&json!("ada"), &json!("first"))
    );
    assert_eq!(newest["documents"], json!(["Service default/web"]));
}

#[tokio::test]
async fn a_dry_run_tells_the_outcome_and_writes_nothing() {
    let api = api().await;
    let (_, answer) = ask(
        &api,
        Method::POST,
        "/v1/apply?dryRun=true",
        "application/yaml",
        WEB,
    )
    .await;
    assert_eq!(
        (&answer["dryRun"], &answer["revision"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(
        get(&api, &format!("{SERVICES}/web")).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn one_mistake_keeps_the_whole_apply_out_and_is_told_at_its_place() {
    let api = api().await;
    let body = json!({"files": [{"name": "web.yaml", "text": WEB}, {"name": "route.yaml", "text": ROUTE}]});
    let (status, problem) = ask(
        &api,
        Method::POST,
        "/v1/apply",
        "application/json",
        &body.to_string(),
    )
    .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let error = &problem["errors"][0];
    assert_eq!(
        (&error["file"], &error["line"]),
        (&json!("route.yaml"), &json!(7)),
        "{problem}"
    );
    assert!(error["suggestion"].to_string().contains("web"), "{error}");
    assert_eq!(
        get(&api, &format!("{SERVICES}/web")).await.0,
        StatusCode::NOT_FOUND,
        "nothing is stored"
    );

    let (status, answer) = ask(
        &api,
        Method::POST,
        "/v1/apply?allowDangling=true",
        "application/json",
        &body.to_string(),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["warnings"][0]["severity"], "warning");
}

#[tokio::test]
async fn a_document_is_deleted_once() {
    let api = api().await;
    ask(&api, Method::POST, "/v1/apply", "application/yaml", WEB).await;
    let path = format!("{SERVICES}/web");
    let (status, done) = ask(&api, Method::DELETE, &path, "", "").await;
    assert_eq!(
        (status, &done["status"]),
        (StatusCode::OK, &json!("Success"))
    );
    let (status, gone) = ask(&api, Method::DELETE, &path, "", "").await;
    assert_eq!(
        (status, &gone["reason"]),
        (StatusCode::NOT_FOUND, &json!("NotFound"))
    );
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_the_reason() {
    let api = api().await;
    for (method, path, kind, status, words) in [
        (Method::GET, "/nothing", "", 404, "nothing at /nothing"),
        (
            Method::GET,
            "/apis/netloft.dev/v1/namespaces/default/pods",
            "",
            404,
            "netloft.dev/v1/services",
        ),
        (
            Method::PUT,
            "/v1/apply",
            "application/yaml",
            405,
            "does not take PUT",
        ),
        (
            Method::POST,
            "/v1/apply",
            "text/html",
            415,
            "application/yaml",
        ),
        (Method::POST, "/v1/apply", "application/json", 400, "files"),
        (Method::GET, "/v1/revisions?limit=0", "", 400, "1 to 1000"),
        (Method::GET, "/v1/proxies/ghost", "", 404, "netloft ps"),
        (Method::GET, "/readyz", "", 503, "being compiled"),
    ] {
        let (found, answer) = ask(&api, method, path, kind, "").await;
        assert_eq!(found.as_u16(), status, "{path}: {answer}");
        assert!(answer.to_string().contains(words), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_not_served() {
    let api = api().await;
    let request = Request::builder()
        .uri("/livez")
        .header(header::HOST, "evil.test")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        api.oneshot(request).await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn metrics_are_in_the_form_prometheus_reads() {
    let api = api().await;
    let (status, text) = get(&api, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let text = text.as_str().unwrap();
    assert!(
        text.contains("# TYPE netloft_xds_streams gauge") && text.ends_with("# EOF\n"),
        "{text}"
    );
}

#[tokio::test]
async fn what_a_proxy_rejected_is_told_where_it_alone_is_asked_for() {
    let (api, telemetry) = api_and_telemetry().await;
    let peer = Peer {
        stream: StreamId(5),
        proxy: ProxyId::new("edge").unwrap(),
        cluster: String::new(),
        metadata: Value::Null,
        user_agent: UserAgent::default(),
        locality: Locality::default(),
        client_features: Vec::new(),
        address: None,
        dialect: Dialect::Delta,
    };
    let hash = Hash::of("", b"");
    let happens = |what| {
        telemetry.record(Event {
            stream: peer.stream,
            proxy: peer.proxy.clone(),
            class: Some("gateway".into()),
            at: std::time::SystemTime::UNIX_EPOCH,
            what,
        });
    };
    happens(What::Opened {
        peer: Arc::new(peer.clone()),
        scope: ScopeId(1),
    });
    happens(What::Rejected {
        ty: CLUSTER,
        generation: Generation(4),
        revision: Revision(3),
        nonce: 1,
        names: vec![("web".into(), Some(hash)), ("old".into(), None)],
        named: true,
        error: "no".into(),
    });
    happens(What::Closed);
    let (_, one) = get(&api, "/v1/proxies/edge").await;
    let expected = json!([{
        "at": "1970-01-01T00:00:00Z",
        "stream": peer.stream.0,
        "class": "gateway",
        "api": "CDS",
        "revision": 3,
        "generation": 4,
        "resources": [{"name": "web", "hash": hash.to_string()}, {"name": "old"}],
        "error": "no",
    }]);
    assert_eq!(one[0]["rejections"], expected);
    let (_, all) = get(&api, "/v1/proxies").await;
    assert!(all["proxies"][0].get("rejections").is_none());
}
