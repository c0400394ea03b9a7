//! `/api` and `/apis` over a catalog in memory, without sockets.

mod apply;
mod reads;
mod warnings;
mod watches;
mod writes;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::api::{router, tests::state};

const SERVICES: &str = "/apis/netloft.dev/v1/namespaces/default/services";
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// The API, and what a test asks of it.
struct Api {
    router: Router,
    /// Kept, for without it all watches end.
    stop: watch::Sender<bool>,
    store: std::sync::Arc<dyn netloft_store::Store>,
}

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Api {
    async fn new() -> Self {
        let (stop, stopping) = watch::channel(false);
        let state = state(stopping).await;
        Self {
            store: state.catalog.store().clone(),
            router: router(state),
            stop,
        }
    }

    /// Forgets history up to `revision`.
    async fn compact(&self, revision: u64) {
        let upto = netloft_store::Revision(revision);
        self.store.compact(upto).await.unwrap();
    }

    /// Sends a request, with `headers` and a body of `media`.
    async fn send(
        &self,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        (media, body): (&str, &str),
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, "127.0.0.1:7700");
        if !media.is_empty() {
            request = request.header(header::CONTENT_TYPE, media);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn ask(
        &self,
        route: (Method, &str),
        headers: &[(&str, &str)],
        body: (&str, &str),
    ) -> Answer {
        let (parts, body) = self.send(route, headers, body).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::String(text)),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask((Method::GET, path), &[], ("", "")).await
    }

    async fn post(&self, path: &str, object: &Value) -> Answer {
        let body = object.to_string();
        self.ask((Method::POST, path), &[], (JSON, &body)).await
    }

    async fn put(&self, path: &str, object: &Value) -> Answer {
        let body = object.to_string();
        self.ask((Method::PUT, path), &[], (JSON, &body)).await
    }

    async fn patch(&self, path: &str, media: &str, patch: &Value) -> Answer {
        let body = patch.to_string();
        self.ask((Method::PATCH, path), &[], (media, &body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.ask((Method::DELETE, path), &[], ("", "")).await
    }

    /// Creates a service, which must work.
    async fn has(&self, name: &str, labels: Value) -> Answer {
        let mut object = service(name);
        object["metadata"]["labels"] = labels;
        let answer = self.post(SERVICES, &object).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer
    }
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16, reason: &str) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.body["reason"], *reason, "{self:?}");
        assert_eq!(self.body["kind"], "Status", "{self:?}");
        self
    }

    #[track_caller]
    fn ok(self) -> Self {
        assert!(self.status.is_success(), "{self:?}");
        self
    }

    fn version(&self) -> &str {
        let version = self.body["metadata"]["resourceVersion"].as_str();
        version.unwrap_or_default()
    }

    fn names(&self) -> Vec<&str> {
        let items = self.body["items"].as_array().into_iter().flatten();
        let names = items.filter_map(|item| item["metadata"]["name"].as_str());
        names.collect()
    }
}

fn service(name: &str) -> Value {
    json!({
        "apiVersion": "netloft.dev/v1",
        "kind": "Service",
        "metadata": { "name": name },
        "spec": { "ports": [{ "port": 80 }], "dns": ["web.test"] },
    })
}

fn at(name: &str) -> String {
    format!("{SERVICES}/{name}")
}
