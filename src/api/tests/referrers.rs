//! What a change breaks in documents that it does not touch.

use super::*;

const VERSIONED: &str = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 80}]\n  endpoints: [{address: 10.0.0.1, labels: {version: v1}}, {address: 10.0.0.2, labels: {version: v2}}]\n  versions: {v1: {version: v1}, v2: {version: v2}}\n";
const SPLIT: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: split}\nspec:\n  parentRefs: [{group: \"\", kind: Service, name: web}]\n  rules:\n  - backendRefs:\n    - {group: netloft.dev, kind: ServiceVersion, name: web.v2}\n";

/// One v2 less.
fn without_v2() -> String {
    VERSIONED.replace(", v2: {version: v2}", "")
}

async fn apply(api: &Router, query: &str, text: &str) -> (StatusCode, Value) {
    let path = format!("/v1/apply?{query}");
    ask(api, Method::POST, &path, "application/yaml", text).await
}

async fn api_with_a_split() -> Router {
    let api = api().await;
    let (status, answer) = apply(&api, "", &format!("{VERSIONED}---\n{SPLIT}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    api
}

#[tokio::test]
async fn a_change_that_takes_away_what_a_stored_route_names_is_refused_at_the_routes_line() {
    let api = api_with_a_split().await;
    let (status, problem) = apply(&api, "", &without_v2()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let [error] = &problem["errors"].as_array().unwrap()[..] else {
        panic!("{problem}");
    };
    assert_eq!(
        (&error["code"], &error["document"]["name"], &error["line"]),
        (&json!("NL0405"), &json!("split"), &json!(16)),
        "{problem}"
    );

    // Told, not refused, where that is asked for.
    let (status, answer) = apply(&api, "allowDangling=true", &without_v2()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["warnings"][0]["code"], "NL0405");
    // Once it dangles, an edit of something else is not to blame.
    let other = without_v2().replace("10.0.0.2", "10.0.0.3");
    let (status, answer) = apply(&api, "", &other).await;
    assert_eq!((status, &answer["warnings"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn both_documents_can_change_in_one_apply() {
    let api = api_with_a_split().await;
    let together = format!("{}---\n{}", without_v2(), SPLIT.replace("web.v2", "web.v1"));
    let (status, answer) = apply(&api, "", &together).await;
    assert_eq!((status, &answer["warnings"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn a_deletion_of_what_a_stored_route_names_is_refused_by_apply_and_done_by_delete() {
    let api = api_with_a_split().await;
    let body = json!({"files": [{"name": "web.yaml", "text": VERSIONED}], "delete": true});
    let (status, problem) = ask(
        &api,
        Method::POST,
        "/v1/apply",
        "application/json",
        &body.to_string(),
    )
    .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let codes = problem["errors"].as_array().unwrap().iter();
    let codes: Vec<_> = codes.map(|error| &error["code"]).collect();
    assert_eq!(codes, ["NL0401", "NL0403"]);

    let (status, _) = ask(&api, Method::DELETE, &format!("{SERVICES}/web"), "", "").await;
    assert_eq!(status, StatusCode::OK);
}
