//! Create, replace, patch, delete.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{Api, JSON, MERGE, SERVICES, at, service};

#[tokio::test]
async fn a_document_is_created_once_and_read_back_with_what_the_server_knows() {
    let api = Api::new().await;
    let created = api.has("web", json!({ "a": "b" })).await;
    assert_eq!(created.version(), "1");
    let metadata = &created.body["metadata"];
    assert_eq!(
        (&metadata["generation"], &metadata["namespace"]),
        (&json!(1), &json!("default"))
    );
    assert_eq!(api.get(&at("web")).await.ok().body, created.body);
    api.post(SERVICES, &service("web"))
        .await
        .is(409, "AlreadyExists");

    let mut short = service("short");
    for field in ["kind", "apiVersion"] {
        short.as_object_mut().unwrap().remove(field);
    }
    api.post(SERVICES, &short).await.ok();
    let mut generated = service("");
    generated["metadata"] = json!({ "generateName": "web-" });
    let name = api.post(SERVICES, &generated).await.ok().body["metadata"]["name"].clone();
    assert!(
        name.as_str().unwrap().starts_with("web-") && name.as_str().unwrap().len() == 9,
        "{name}"
    );
}

#[tokio::test]
async fn a_body_must_be_of_the_place_it_is_sent_to() {
    let api = Api::new().await;
    let mut elsewhere = service("web");
    elsewhere["metadata"]["namespace"] = json!("shop");
    let mut other = service("web");
    other["kind"] = json!("Workload");
    for object in [elsewhere, other, json!([]), json!(3)] {
        api.post(SERVICES, &object).await.is(400, "BadRequest");
    }
    api.put(&at("other"), &service("web"))
        .await
        .is(400, "BadRequest");
    api.post("/apis/netloft.dev/v1/services", &service("web"))
        .await
        .is(400, "BadRequest");
    let two = format!("{}\n---\n{}", service("a"), service("b"));
    api.ask((Method::POST, SERVICES), &[], ("application/yaml", &two))
        .await
        .is(400, "BadRequest");
    api.ask((Method::POST, SERVICES), &[], (JSON, ""))
        .await
        .is(400, "BadRequest");
    let text = service("web").to_string();
    let html = api
        .ask((Method::POST, SERVICES), &[], ("text/html", &text))
        .await;
    html.is(415, "UnsupportedMediaType");
    let big = format!("{}{}", " ".repeat(1 << 20), service("web"));
    let big = api.ask((Method::POST, SERVICES), &[], (JSON, &big)).await;
    assert!(
        big.is(413, "RequestEntityTooLarge").body["message"]
            .to_string()
            .contains("larger than 1 MiB")
    );
    assert_eq!(api.get(SERVICES).await.ok().names(), [""; 0]);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_by_field_and_nothing_is_stored() {
    let api = Api::new().await;
    let mut bad = service("web");
    bad["spec"]["ports"] = json!([{ "port": 0, "protcol": "http" }]);
    let told = api.post(SERVICES, &bad).await.is(422, "Invalid");
    let causes = told.body["details"]["causes"].as_array().unwrap();
    let fields: Vec<&str> = causes
        .iter()
        .filter_map(|cause| cause["field"].as_str())
        .collect();
    assert_eq!(fields, ["spec.ports[0].port", "spec.ports[0].protcol"]);
    assert!(
        causes[1]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean \"protocol\"?")
    );
    assert_eq!(told.body["errors"].as_array().unwrap().len(), 2);
    assert!(
        told.body["errors"][0]["line"].is_null(),
        "nobody wrote this text"
    );

    let yaml = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 0}]\n  dns: [a.test]\n";
    let told = api
        .ask((Method::POST, SERVICES), &[], ("application/yaml", yaml))
        .await;
    assert_eq!(told.is(422, "Invalid").body["errors"][0]["line"], 5);
    api.get(&at("web")).await.is(404, "NotFound");
}

#[tokio::test]
async fn unknown_fields_are_errors_unless_the_client_wants_them_left_out() {
    let api = Api::new().await;
    let text = r#"{"apiVersion": "netloft.dev/v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80, "x": {"y": 1}}], "dns": ["a.test"], "dns": ["b.test"]}, "z": 1}"#;
    let post = async |query: &str| {
        let path = format!("{SERVICES}?dryRun=All&{query}");
        api.ask((Method::POST, &path), &[], (JSON, text)).await
    };
    for query in ["", "fieldValidation=Strict"] {
        post(query).await.is(422, "Invalid");
    }
    let warned = post("fieldValidation=Warn").await.ok();
    let warnings = warned.headers.get_all(header::WARNING).iter();
    assert_eq!(warnings.count(), 3, "{:?}", warned.headers);
    let ignored = post("fieldValidation=Ignore").await.ok();
    assert!(ignored.headers.get(header::WARNING).is_none());
    let spec = json!({ "ports": [{ "port": 80 }], "dns": ["a.test"] });
    assert_eq!(
        (&warned.body["spec"], &ignored.body["spec"]),
        (&spec, &spec)
    );
}

#[tokio::test]
async fn what_is_named_and_not_there_is_a_warning() {
    let api = Api::new().await;
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": { "name": "web" },
        "spec": {
            "parentRefs": [{ "group": "", "kind": "Service", "name": "nowhere" }],
            "rules": [{ "backendRefs": [{ "name": "nowhere", "port": 80 }] }],
        },
    });
    let path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes";
    let created = api.post(path, &route).await.ok();
    let warning = created.headers[header::WARNING].to_str().unwrap();
    assert!(
        warning.starts_with("299 - \"") && warning.contains("nowhere"),
        "{warning}"
    );
}

#[tokio::test]
async fn a_deletion_warns_of_what_it_leaves_dangling() {
    let path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes";
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": { "name": "shop" },
        "spec": {
            "parentRefs": [{ "group": "", "kind": "Service", "name": "web" }],
            "rules": [{ "backendRefs": [{ "name": "web", "port": 80 }] }],
        },
    });
    for one in [true, false] {
        let api = Api::new().await;
        api.post(SERVICES, &service("web")).await.ok();
        api.post(path, &route).await.ok();
        let at = if one { at("web") } else { SERVICES.to_owned() };
        let deleted = api.ask((Method::DELETE, &at), &[], (JSON, "")).await.ok();
        let told = deleted.headers.get_all(header::WARNING).iter();
        let told: Vec<&str> = told.map(|value| value.to_str().unwrap()).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        for (told, (code, field)) in told
            .iter()
            .zip([("NL0401", "parentRefs[0]"), ("NL0403", "backendRefs[0]")])
        {
            let named = told.contains(code) && told.contains(field);
            assert!(named && told.contains("HTTPRoute default/shop"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_replacement_is_of_what_was_read() {
    let api = Api::new().await;
    api.put(&at("web"), &service("web"))
        .await
        .is(404, "NotFound");
    let put = async |headers: &[(&str, &str)], object: &Value| {
        api.ask(
            (Method::PUT, &at("web")),
            headers,
            (JSON, &object.to_string()),
        )
        .await
    };
    put(&[("if-match", "*")], &service("web"))
        .await
        .is(412, "PreconditionFailed");
    let created = put(&[("if-none-match", "*")], &service("web")).await;
    assert_eq!(created.status, 201);
    put(&[("if-none-match", "*")], &service("web"))
        .await
        .is(412, "PreconditionFailed");
    let mut read = created.body.clone();
    read["spec"]["ports"][0]["port"] = json!(81);
    let second = api.put(&at("web"), &read).await.ok();
    assert_eq!(
        (second.version(), &second.body["metadata"]["generation"]),
        ("2", &json!(2))
    );
    api.put(&at("web"), &read).await.is(409, "Conflict");
    put(&[("if-match", "\"1\"")], &service("web"))
        .await
        .is(412, "PreconditionFailed");
    read["metadata"]["resourceVersion"] = json!("2");
    read["metadata"]["uid"] = json!("00000000-0000-4000-8000-000000000000");
    api.put(&at("web"), &read).await.is(409, "Conflict");
    put(&[("if-match", "\"2\"")], &service("web")).await.ok();
    let same = api.put(&at("web"), &service("web")).await.ok();
    assert_eq!(
        same.version(),
        "3",
        "what changes nothing makes no revision"
    );
}

#[tokio::test]
async fn a_patch_changes_what_it_says() {
    let api = Api::new().await;
    api.has("web", json!({ "a": "1", "b": "2" })).await;
    let merge =
        json!({ "metadata": { "labels": { "a": null, "c": "3" } }, "spec": { "dns": ["x.test"] } });
    let merged = api.patch(&at("web"), MERGE, &merge).await.ok();
    assert_eq!(
        merged.body["metadata"]["labels"],
        json!({ "b": "2", "c": "3" })
    );
    assert_eq!(merged.body["spec"]["dns"], json!(["x.test"]));
    let json_patch = "application/json-patch+json";
    let replace = |from: &str| {
        json!([
            { "op": "test", "path": "/spec/dns/0", "value": from },
            { "op": "replace", "path": "/spec/dns/0", "value": "y.test" },
        ])
    };
    api.patch(&at("web"), json_patch, &replace("z.test"))
        .await
        .is(422, "Invalid");
    let patched = api
        .patch(&at("web"), json_patch, &replace("x.test"))
        .await
        .ok();
    assert_eq!(patched.body["spec"]["dns"], json!(["y.test"]));

    let stale = json!({ "metadata": { "resourceVersion": "1" } });
    api.patch(&at("web"), MERGE, &stale)
        .await
        .is(409, "Conflict");
    let renamed = json!({ "metadata": { "name": "other" } });
    api.patch(&at("web"), MERGE, &renamed)
        .await
        .is(400, "BadRequest");
    let status = json!({ "status": { "ready": true } });
    let passed_over = api.patch(&at("web"), MERGE, &status).await.ok();
    assert_eq!(passed_over.version(), patched.version());
    api.patch(&at("none"), MERGE, &json!({}))
        .await
        .is(404, "NotFound");
    let strategic = "application/strategic-merge-patch+json";
    let refused = api.patch(&at("web"), strategic, &json!({})).await;
    refused.is(415, "UnsupportedMediaType");
}

#[tokio::test]
async fn strategic_merge_is_taken_where_it_is_a_merge_patch_by_another_name() {
    let api = Api::new().await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "m" }, "data": { "a": "1", "b": "2" } });
    api.post(maps, &map).await.ok();
    let strategic = "application/strategic-merge-patch+json";
    let path = format!("{maps}/m");
    let patched = api
        .patch(
            &path,
            strategic,
            &json!({ "data": { "a": null, "c": "3" } }),
        )
        .await
        .ok();
    assert_eq!(patched.body["data"], json!({ "b": "2", "c": "3" }));
    let directive = json!({ "data": { "$patch": "replace", "d": "4" } });
    api.patch(&path, strategic, &directive)
        .await
        .is(400, "BadRequest");
}

#[tokio::test]
async fn a_write_that_is_only_tried_writes_nothing() {
    let api = Api::new().await;
    let tried = api
        .post(&format!("{SERVICES}?dryRun=All"), &service("web"))
        .await;
    assert_eq!((tried.status.as_u16(), tried.version()), (201, ""));
    api.get(&at("web")).await.is(404, "NotFound");
    api.has("web", json!({})).await;
    let path = format!("{}?dryRun=All", at("web"));
    let tried = api
        .patch(
            &path,
            MERGE,
            &json!({ "metadata": { "labels": { "a": "b" } } }),
        )
        .await
        .ok();
    assert_eq!(tried.body["metadata"]["labels"]["a"], "b");
    api.delete(&path).await.ok();
    let body = (JSON, r#"{"dryRun": ["All"]}"#);
    api.ask((Method::DELETE, &at("web")), &[], body).await.ok();
    assert_eq!(api.get(&at("web")).await.ok().version(), "1");
    api.post(&format!("{SERVICES}?dryRun=yes"), &service("x"))
        .await
        .is(400, "BadRequest");
}

#[tokio::test]
async fn a_deletion_is_of_what_was_read_and_happens_once() {
    let api = Api::new().await;
    let uid = api.has("web", json!({})).await.body["metadata"]["uid"].clone();
    let delete = async |preconditions: Value| {
        let body =
            json!({ "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions });
        api.ask((Method::DELETE, &at("web")), &[], (JSON, &body.to_string()))
            .await
    };
    delete(json!({ "resourceVersion": "7" }))
        .await
        .is(409, "Conflict");
    let gone = delete(json!({ "uid": uid })).await.ok();
    assert_eq!(
        (&gone.body["status"], &gone.body["details"]["uid"]),
        (&json!("Success"), &uid)
    );
    api.delete(&at("web")).await.is(404, "NotFound");
}

#[tokio::test]
async fn what_is_selected_is_deleted_in_one_revision() {
    let api = Api::new().await;
    for (name, tier) in [("a", "x"), ("b", "x"), ("c", "y")] {
        api.has(name, json!({ "tier": tier })).await;
    }
    let gone = api
        .delete(&format!("{SERVICES}?labelSelector=tier%3Dx"))
        .await
        .ok();
    assert_eq!((gone.names(), gone.version()), (vec!["a", "b"], "4"));
    assert_eq!(api.get(SERVICES).await.ok().names(), ["c"]);
}
