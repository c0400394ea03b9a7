//! What an apply can be asked for besides its documents.

use super::*;

const API: &str = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: api}\nspec:\n  ports: [{port: 80}]\n  dns: [api.test]\n";

async fn apply(api: &Router, query: &str, text: &str) -> (StatusCode, Value) {
    let path = format!("/v1/apply?{query}");
    ask(api, Method::POST, &path, "application/yaml", text).await
}

fn outcomes(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let documents = answer["documents"].as_array().unwrap();
    documents
        .iter()
        .map(|one| (text(&one["name"]), text(&one["outcome"])))
        .collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
    all.iter().map(owned).collect()
}

#[tokio::test]
async fn what_an_owner_names_no_more_goes_in_the_same_revision_and_nothing_else_does() {
    let api = api().await;
    apply(&api, "", &WEB.replace("name: web", "name: mine")).await;
    let both = format!("{WEB}---\n{API}");
    let (_, answer) = apply(&api, "prune=shop", &both).await;
    assert_eq!(
        outcomes(&answer),
        pairs(&[("web", "created"), ("api", "created")])
    );
    let (_, stored) = get(&api, &format!("{SERVICES}/web")).await;
    assert_eq!(stored["metadata"]["labels"]["netloft.dev/owner"], "shop");

    let (_, tried) = apply(&api, "prune=shop&dryRun=true", WEB).await;
    assert_eq!(
        outcomes(&tried),
        pairs(&[("web", "unchanged"), ("api", "deleted")])
    );
    let (_, answer) = apply(&api, "prune=shop", WEB).await;
    assert_eq!(outcomes(&answer), outcomes(&tried));
    assert_eq!(answer["revision"], 3);
    let (_, left) = get(&api, "/apis/netloft.dev/v1/services").await;
    assert_eq!(left["items"].as_array().unwrap().len(), 2, "{left}");
}

#[tokio::test]
async fn what_is_pruned_must_not_be_named_by_what_stays() {
    let api = api().await;
    let route = ROUTE.replace("wbe", "api");
    let all = format!("{WEB}---\n{API}---\n{route}");
    assert_eq!(apply(&api, "prune=shop", &all).await.0, StatusCode::OK);
    let without = format!("{WEB}---\n{route}");
    let (status, answer) = apply(&api, "prune=shop", &without).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert_eq!(answer["errors"][0]["code"], "NL0403", "{answer}");
}

#[tokio::test]
async fn nobody_prunes_by_mistake() {
    let api = api().await;
    apply(&api, "prune=shop", WEB).await;
    for (query, text, status, words) in [
        ("prune=other", WEB, 409, "belongs to \\\"shop\\\""),
        (
            "prune=shop",
            "# nothing\n",
            400,
            "everything that belongs to",
        ),
        ("prune=a%20b", WEB, 400, "an owner is"),
        ("prune=", WEB, 400, "an owner is"),
        ("prune=shop&delete=true", WEB, 400, "exclude each other"),
    ] {
        let (found, answer) = apply(&api, query, text).await;
        assert_eq!(found.as_u16(), status, "{query}: {answer}");
        assert!(answer.to_string().contains(words), "{query}: {answer}");
    }
    assert_eq!(
        get(&api, "/v1/revisions").await.1["revisions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

async fn with_key(api: &Router, key: &str, query: &str, text: &str) -> (StatusCode, bool, Value) {
    let request = Request::post(format!("/v1/apply?{query}"))
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/yaml")
        .header("idempotency-key", key)
        .body(Body::from(text.to_owned()))
        .unwrap();
    let (head, body) = send(api, request).await;
    let replayed = head.headers.contains_key("idempotency-replayed");
    (head.status, replayed, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_answered_again_and_not_made_again() {
    let api = api().await;
    let (_, replayed, first) = with_key(&api, "k-1", "", WEB).await;
    assert!(!replayed && first["revision"] == 1, "{first}");
    // In between somebody else takes it away.
    ask(&api, Method::DELETE, &format!("{SERVICES}/web"), "", "").await;
    let (_, replayed, again) = with_key(&api, "k-1", "", WEB).await;
    assert!(replayed);
    assert_eq!(again, first);
    assert_eq!(
        get(&api, &format!("{SERVICES}/web")).await.0,
        StatusCode::NOT_FOUND
    );

    let (_, replayed, other) = with_key(&api, "k-2", "", WEB).await;
    assert!(!replayed && other["revision"] == 3, "{other}");
    for (query, text) in [("", API), ("message=other", WEB)] {
        let (status, _, answer) = with_key(&api, "k-1", query, text).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(
            answer["detail"]
                .as_str()
                .unwrap()
                .contains("choose a new one"),
            "{answer}"
        );
    }
    let (status, _, _) = with_key(&api, &"k".repeat(256), "", WEB).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_that_failed_or_was_only_tried_leaves_its_key_free() {
    let api = api().await;
    let (status, _, _) = with_key(&api, "k", "", "kind: Nothing\n").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    with_key(&api, "k", "dryRun=true", WEB).await;
    let (status, replayed, _) = with_key(&api, "k", "", WEB).await;
    assert_eq!((status, replayed), (StatusCode::OK, false));
}

#[tokio::test]
async fn documents_and_files_are_taken_in_yaml_and_in_json_alike() {
    let json = json!({
        "apiVersion": "netloft.dev/v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}], "dns": ["web.test"]},
    });
    let files = json!({"files": [{"name": "web.yaml", "text": WEB}]});
    let indented: String = WEB.lines().map(|line| format!("    {line}\n")).collect();
    let yaml_files = format!("files:\n- name: web.yaml\n  text: |\n{indented}");
    for (kind, body) in [
        ("application/yaml", WEB.to_owned()),
        ("application/json", json.to_string()),
        ("application/json", files.to_string()),
        ("application/yaml", yaml_files),
        ("application/json; charset=utf-8", json.to_string()),
        ("application/yaml", json.to_string()),
    ] {
        let api = api().await;
        let (status, answer) = ask(&api, Method::POST, "/v1/apply", kind, &body).await;
        assert_eq!(status, StatusCode::OK, "{kind}\n{body}\n{answer}");
        assert_eq!(outcomes(&answer), pairs(&[("web", "created")]), "{body}");
    }
}

#[tokio::test]
async fn the_author_is_the_program_that_asks_where_nobody_says_who() {
    let api = api().await;
    let request = Request::post("/v1/apply")
        .header(header::HOST, "localhost")
        .header(header::USER_AGENT, "curl/8.1 (x)")
        .body(Body::from(WEB))
        .unwrap();
    send(&api, request).await;
    apply(&api, "author=ada", API).await;
    let (_, history) = get(&api, "/v1/revisions").await;
    assert_eq!(history["revisions"][1]["author"], "curl");
    assert_eq!(history["revisions"][0]["author"], "ada");
}
