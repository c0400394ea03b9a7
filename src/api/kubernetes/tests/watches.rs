//! Watches: what is told, in what order, and when one ends.

use std::time::Duration;

use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{Api, MERGE, SERVICES, at};

/// A watch and what is read of it.
struct Watch(axum::body::Body);

impl Watch {
    async fn start(api: &Api, query: &str) -> Self {
        let path = format!("{SERVICES}?watch=true&{query}");
        let response = api.send((Method::GET, &path), &[], ("", "")).await;
        assert_eq!(response.status(), 200, "{query}");
        Self(response.into_body())
    }

    /// The next event; null at the end.
    async fn next(&mut self) -> Value {
        match self.0.frame().await {
            Some(frame) => serde_json::from_slice(&frame.unwrap().into_data().unwrap()).unwrap(),
            None => Value::Null,
        }
    }

    /// The next events, each as kind, name and version.
    async fn tells<const N: usize>(&mut self, expected: [(&str, &str, &str); N]) {
        for (kind, name, version) in expected {
            let event = self.next().await;
            let metadata = &event["object"]["metadata"];
            let found = (
                &event["type"],
                &metadata["name"],
                &metadata["resourceVersion"],
            );
            let name = if name.is_empty() {
                Value::Null
            } else {
                json!(name)
            };
            assert_eq!(found, (&json!(kind), &name, &json!(version)), "{event}");
        }
    }
}

#[tokio::test]
async fn a_watch_tells_every_change_behind_its_version_once() {
    let api = Api::new().await;
    api.has("a", json!({})).await;
    let list = api.get(SERVICES).await.ok();
    let mut watch = Watch::start(&api, &format!("resourceVersion={}", list.version())).await;
    api.has("b", json!({})).await;
    api.patch(
        &at("a"),
        MERGE,
        &json!({ "metadata": { "labels": { "x": "1" } } }),
    )
    .await
    .ok();
    api.delete(&at("b")).await.ok();
    watch
        .tells([
            ("ADDED", "b", "2"),
            ("MODIFIED", "a", "3"),
            ("DELETED", "b", "4"),
        ])
        .await;
    let mut late = Watch::start(&api, "resourceVersion=2").await;
    late.tells([("MODIFIED", "a", "3"), ("DELETED", "b", "4")])
        .await;
}

#[tokio::test]
async fn a_watch_without_a_version_begins_with_what_is_there() {
    let api = Api::new().await;
    api.has("a", json!({})).await;
    api.has("b", json!({})).await;
    Watch::start(&api, "")
        .await
        .tells([("ADDED", "a", "1"), ("ADDED", "b", "2")])
        .await;
    let query = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let mut watch = Watch::start(&api, query).await;
    watch
        .tells([("ADDED", "a", "1"), ("ADDED", "b", "2")])
        .await;
    let bookmark = watch.next().await;
    assert_eq!(bookmark["type"], "BOOKMARK");
    let metadata = &bookmark["object"]["metadata"];
    assert_eq!(metadata["annotations"]["k8s.io/initial-events-end"], "true");
    assert_eq!(metadata["resourceVersion"], "2");
    api.delete(&at("a")).await.ok();
    watch.tells([("DELETED", "a", "3")]).await;
}

#[tokio::test]
async fn labels_bring_documents_into_a_watch_and_out_of_it() {
    let api = Api::new().await;
    let mut watch = Watch::start(&api, "labelSelector=on%3D1&resourceVersion=0").await;
    api.has("a", json!({})).await;
    for on in ["1", "1", "2"] {
        let patch = json!({ "metadata": { "labels": { "on": on, "n": on } } });
        api.patch(&at("a"), MERGE, &patch).await.ok();
        let patch = json!({ "metadata": { "annotations": { "seen": on } } });
        api.patch(&at("a"), MERGE, &patch).await.ok();
    }
    watch
        .tells([
            ("ADDED", "a", "2"),
            ("MODIFIED", "a", "3"),
            ("DELETED", "a", "4"),
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_tells_how_far_it_is_and_ends_in_time() {
    let api = Api::new().await;
    let mut watch = Watch::start(&api, "allowWatchBookmarks=true&timeoutSeconds=100").await;
    watch.tells([("BOOKMARK", "", "0")]).await;
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "m" } });
    api.post("/api/v1/namespaces/default/configmaps", &map)
        .await
        .ok();
    // Of another kind, and yet the place moves on.
    watch.tells([("BOOKMARK", "", "1")]).await;
    assert_eq!(watch.next().await, Value::Null);
}

#[tokio::test]
async fn a_watch_ends_when_the_server_does() {
    let api = Api::new().await;
    let mut watch = Watch::start(&api, "").await;
    api.stop.send_replace(true);
    let ended = tokio::time::timeout(Duration::from_secs(10), watch.next());
    assert_eq!(ended.await.unwrap(), Value::Null);
}

#[tokio::test]
async fn what_history_no_longer_keeps_is_gone() {
    let api = Api::new().await;
    for name in ["a", "b", "c"] {
        api.has(name, json!({})).await;
    }
    let page = api.get(&format!("{SERVICES}?limit=1")).await.ok();
    let next = page.body["metadata"]["continue"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut behind = Watch::start(&api, "resourceVersion=1").await;
    api.has("d", json!({})).await;
    api.has("e", json!({})).await;
    api.compact(5).await;
    let error = behind.next().await;
    assert_eq!(
        (&error["type"], &error["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
    assert_eq!(error["object"]["reason"], "Expired");
    assert_eq!(behind.next().await, Value::Null);
    api.get(&format!("{SERVICES}?watch=true&resourceVersion=1"))
        .await
        .is(410, "Expired");
    api.get(&format!("{SERVICES}?limit=1&continue={next}"))
        .await
        .is(410, "Expired");
}
