//! Server-side apply, as a client of the API sees it.

use axum::http::Method;
use serde_json::{Value, json};

use super::{APPLY, Answer, Api, MERGE, at, service};

async fn apply(api: &Api, manager: &str, config: &Value, query: &str) -> Answer {
    let path = format!("{}?fieldManager={manager}&{query}", at("web"));
    api.patch(&path, APPLY, config).await
}

fn config(parts: &Value) -> Value {
    json!({ "apiVersion": "netloft.dev/v1", "kind": "Service", "metadata": { "name": "web" }, "spec": parts })
}

fn managers(answer: &Answer) -> Vec<(&str, &str)> {
    let managers = answer.body["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter();
    managers
        .map(|entry| {
            (
                entry["manager"].as_str().unwrap(),
                entry["operation"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn managers_share_a_document_field_by_field() {
    let api = Api::new().await;
    let base =
        config(&json!({ "ports": [{ "port": 80, "name": "web" }], "selector": { "app": "web" } }));
    let created = apply(&api, "base", &base, "").await;
    assert_eq!(created.status, 201, "{created:?}");
    let team = config(
        &json!({ "ports": [{ "port": 81, "name": "admin" }], "versions": { "v1": { "v": "1" } } }),
    );
    let both = apply(&api, "team", &team, "").await.ok();
    assert_eq!(
        both.body["spec"],
        json!({
            "ports": [{ "name": "web", "port": 80 }, { "name": "admin", "port": 81 }],
            "selector": { "app": "web" },
            "versions": { "v1": { "v": "1" } },
        })
    );
    assert_eq!(managers(&both), [("base", "Apply"), ("team", "Apply")]);
    let again = apply(&api, "team", &team, "").await.ok();
    assert_eq!(
        again.version(),
        both.version(),
        "what is so already makes no revision"
    );
    let mut nothing = config(&json!({}));
    nothing.as_object_mut().unwrap().remove("spec");
    let given_up = apply(&api, "team", &nothing, "").await.ok();
    assert_eq!(
        given_up.body["spec"],
        json!({ "ports": [{ "name": "web", "port": 80 }], "selector": { "app": "web" } })
    );
    assert_eq!(managers(&given_up), [("base", "Apply")]);
}

#[tokio::test]
async fn a_conflict_names_the_field_and_its_manager() {
    let api = Api::new().await;
    let mine = config(&json!({ "ports": [{ "port": 80, "protocol": "http" }], "dns": ["a.test"] }));
    apply(&api, "mine", &mine, "").await.ok();
    let theirs = config(&json!({ "ports": [{ "port": 80, "protocol": "grpc" }] }));
    let refused = apply(&api, "theirs", &theirs, "").await.is(409, "Conflict");
    let cause = &refused.body["details"]["causes"][0];
    assert_eq!(cause["reason"], "FieldManagerConflict");
    assert_eq!(cause["field"], ".spec.ports[port=80].protocol");
    assert!(cause["message"].as_str().unwrap().contains("\"mine\""));
    let forced = apply(&api, "theirs", &theirs, "force=true").await.ok();
    assert_eq!(forced.body["spec"]["ports"][0]["protocol"], "grpc");
    let back = apply(&api, "mine", &mine, "").await.is(409, "Conflict");
    assert!(
        back.body["message"]
            .as_str()
            .unwrap()
            .contains("\"theirs\"")
    );
}

#[tokio::test]
async fn who_writes_otherwise_manages_what_it_changed() {
    let api = Api::new().await;
    let mine = config(&json!({ "ports": [{ "port": 80 }], "dns": ["a.test"] }));
    apply(&api, "mine", &mine, "").await.ok();
    let path = format!("{}?fieldManager=editor", at("web"));
    let label = json!({ "metadata": { "labels": { "a": "b" } } });
    let edited = api.patch(&path, MERGE, &label).await.ok();
    assert_eq!(managers(&edited), [("mine", "Apply"), ("editor", "Update")]);
    let fields = &edited.body["metadata"]["managedFields"][1]["fieldsV1"];
    assert_eq!(
        *fields,
        json!({ "f:metadata": { "f:labels": { "f:a": {} } } })
    );

    // What is applied as a whole takes what it changes, too.
    let text = mine.to_string().replace("a.test", "b.test");
    let whole = api
        .ask(
            (Method::POST, "/v1/apply"),
            &[],
            ("application/yaml", &text),
        )
        .await;
    whole.ok();
    let after = api.get(&at("web")).await.ok();
    assert_eq!(managers(&after), [("mine", "Apply"), ("netloft", "Update")]);
    let third = config(&json!({ "ports": [{ "port": 80, "protocol": "http" }] }));
    apply(&api, "third", &third, "").await.ok();
}

#[tokio::test]
async fn what_was_declared_as_a_whole_is_managed_by_netloft() {
    let api = Api::new().await;
    let text = service("web").to_string();
    api.ask(
        (Method::POST, "/v1/apply"),
        &[],
        ("application/yaml", &text),
    )
    .await
    .ok();
    assert_eq!(
        managers(&api.get(&at("web")).await),
        [("netloft", "Update")]
    );
    let other = config(&json!({ "ports": [{ "port": 80, "targetPort": 8080 }] }));
    let added = apply(&api, "ci", &other, "").await.ok();
    assert_eq!(added.body["spec"]["ports"][0]["targetPort"], 8080);
}

#[tokio::test]
async fn managers_can_be_written_as_kubectl_does_to_move_to_server_side_apply() {
    let api = Api::new().await;
    let path = format!("{}?fieldManager=kubectl-client-side-apply", super::SERVICES);
    let created = api.post(&path, &service("web")).await.ok();
    let mut fields = created.body["metadata"]["managedFields"].clone();
    fields[0]["manager"] = json!("kubectl");
    fields[0]["operation"] = json!("Apply");
    let patch = json!([
        { "op": "replace", "path": "/metadata/managedFields", "value": fields },
        { "op": "replace", "path": "/metadata/resourceVersion", "value": created.version() },
    ]);
    let moved = api
        .patch(&at("web"), "application/json-patch+json", &patch)
        .await
        .ok();
    assert_eq!(managers(&moved), [("kubectl", "Apply")]);
    let given_up =
        config(&json!({ "ports": [{ "port": 80 }], "endpoints": [{ "address": "10.0.0.1" }] }));
    let after = apply(&api, "kubectl", &given_up, "").await.ok();
    assert!(after.body["spec"]["dns"].is_null(), "{after:?}");
    let reset = json!({ "metadata": { "managedFields": [{}] } });
    let reset = api.patch(&at("web"), MERGE, &reset).await.ok();
    assert_eq!(managers(&reset), []);
    let bad = json!({ "metadata": { "managedFields": [{ "manager": "x" }] } });
    api.patch(&at("web"), MERGE, &bad)
        .await
        .is(400, "BadRequest");
}

#[tokio::test]
async fn an_apply_says_whose_it_is_and_is_checked_as_a_whole() {
    let api = Api::new().await;
    let whole = config(&json!({ "ports": [{ "port": 80 }], "dns": ["a.test"] }));
    api.patch(&at("web"), APPLY, &whole)
        .await
        .is(422, "Invalid");
    apply(&api, "ci", &config(&json!({ "dns": ["a.test"] })), "")
        .await
        .is(422, "Invalid");
    let unknown = config(&json!({ "ports": [{ "port": 80 }], "dns": ["a.test"], "x": 1 }));
    apply(&api, "ci", &unknown, "").await.is(422, "Invalid");
    apply(&api, "ci", &unknown, "fieldValidation=Warn")
        .await
        .ok();
    let mut stale = whole.clone();
    stale["metadata"]["resourceVersion"] = json!("9");
    apply(&api, "ci", &stale, "").await.is(409, "Conflict");
    let yaml = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: web, labels: {version: 1.10}}\nspec: {ports: [{port: 80}], dns: [a.test]}\n";
    let path = format!("{}?fieldManager=ci", at("web"));
    let applied = api
        .ask((Method::PATCH, &path), &[], (APPLY, yaml))
        .await
        .ok();
    assert_eq!(applied.body["metadata"]["labels"]["version"], "1.10");
}
