//! What a revision changed, and how two differ.

use super::*;

fn web(port: u16) -> String {
    WEB.replace("80", &port.to_string())
}

async fn put(api: &Router, text: &str) {
    let (status, answer) = ask(api, Method::POST, "/v1/apply", "application/yaml", text).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Revisions: 1 web:80, 2 web:81, 3 web is gone.
async fn three() -> Router {
    let api = api().await;
    put(&api, &web(80)).await;
    put(&api, &web(81)).await;
    ask(&api, Method::DELETE, &format!("{SERVICES}/web"), "", "").await;
    api
}

#[tokio::test]
async fn a_revision_tells_each_document_before_and_after() {
    let api = three().await;
    let mut seen = Vec::new();
    for revision in 1..=3 {
        let (status, one) = get(&api, &format!("/v1/revisions/{revision}")).await;
        assert_eq!(status, StatusCode::OK, "{one}");
        let document = &one["documents"][0];
        let port = |side: &str| document[side]["spec"]["ports"][0]["port"].as_u64();
        seen.push((document["outcome"].clone(), port("before"), port("after")));
    }
    assert_eq!(
        seen,
        [
            (json!("created"), None, Some(80)),
            (json!("configured"), Some(80), Some(81)),
            (json!("deleted"), Some(81), None),
        ]
    );
}

#[tokio::test]
async fn two_revisions_differ_by_a_diff_of_each_document_in_either_direction() {
    let api = three().await;
    let diff = async |path: &str| get(&api, path).await.1["documents"].clone();
    let forth = diff("/v1/revisions/1/diff/2").await;
    let text = forth[0]["diff"].as_str().unwrap();
    assert!(
        text.starts_with("--- a/services/default/web\n+++ b/services/default/web\n"),
        "{text}"
    );
    assert!(text.contains("\n-  - port: 80\n+  - port: 81\n"), "{text}");
    let back = diff("/v1/revisions/2/diff/1").await;
    assert!(
        back[0]["diff"]
            .as_str()
            .unwrap()
            .contains("\n-  - port: 81\n+  - port: 80\n"),
        "{back}"
    );
    let gone = diff("/v1/revisions/1/diff/3").await;
    assert_eq!(gone[0]["outcome"], "deleted");
    assert!(
        gone[0]["diff"].as_str().unwrap().contains("+++ /dev/null"),
        "{gone}"
    );
    assert_eq!(diff("/v1/revisions/2/diff/2").await, json!([]));
    // Before the first revision there was nothing.
    assert_eq!(
        diff("/v1/revisions/0/diff/1").await[0]["outcome"],
        "created"
    );

    let request = Request::get("/v1/revisions/1/diff/2")
        .header(header::HOST, "localhost")
        .header(header::ACCEPT, "text/plain")
        .body(Body::empty())
        .unwrap();
    let (head, body) = send(&api, request).await;
    assert_eq!(
        head.headers[header::CONTENT_TYPE],
        "text/x-diff; charset=utf-8"
    );
    assert_eq!(body, text);
}

#[tokio::test]
async fn a_revision_that_is_not_there_is_told_apart_from_one_that_is_forgotten() {
    let api = three().await;
    for path in [
        "/v1/revisions/4",
        "/v1/revisions/0",
        "/v1/revisions/1/diff/4",
    ] {
        let (status, answer) = get(&api, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {answer}");
        assert!(
            answer["detail"].as_str().unwrap().contains("1 to 3"),
            "{answer}"
        );
    }
    let (status, answer) = get(&api, "/v1/revisions/first").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
}
