//! Discovery, get, list, selectors, pages, forms of answers.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{Api, SERVICES, at, service};
use crate::model::Kind;

#[tokio::test]
async fn every_kind_is_discovered_where_it_is_served() {
    let api = Api::new().await;
    for kind in Kind::ALL {
        let facts = kind.facts();
        let root = match facts.group {
            "" => format!("/api/{}", facts.version),
            group => format!("/apis/{group}/{}", facts.version),
        };
        let told = api.get(&root).await.ok();
        let resources = told.body["resources"].as_array().unwrap().iter();
        let mut mine = resources.filter(|resource| resource["kind"] == facts.kind);
        let mine = mine.next().unwrap();
        assert_eq!(mine["namespaced"], facts.namespaced);
        let list = api.get(&format!("{root}/{}", facts.plural)).await.ok();
        assert_eq!(list.body["kind"], format!("{}List", facts.kind));
    }
    api.get("/apis/apps/v1").await.is(404, "NotFound");
    api.get("/apis/apps").await.is(404, "NotFound");
    let lost = api.get("/apis/netloft.dev/v1/services/web").await;
    assert!(
        lost.is(404, "NotFound").body["message"]
            .as_str()
            .unwrap()
            .contains("in a namespace")
    );

    const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let mut found = 0;
    for path in ["/api", "/apis"] {
        let all = api
            .ask((Method::GET, path), &[("accept", ACCEPT)], ("", ""))
            .await
            .ok();
        assert_eq!(all.body["kind"], "APIGroupDiscoveryList");
        for group in all.body["items"].as_array().unwrap() {
            found += group["versions"][0]["resources"].as_array().unwrap().len();
        }
    }
    assert_eq!(found, Kind::ALL.len());
}

#[tokio::test]
async fn labels_and_fields_select() {
    let api = Api::new().await;
    api.has("a", json!({ "tier": "front" })).await;
    api.has("b", json!({ "tier": "back" })).await;
    api.has("c", json!({})).await;
    for (query, names) in [
        ("", &["a", "b", "c"][..]),
        ("labelSelector=tier%3Dfront", &["a"]),
        ("labelSelector=tier%20notin%20(front)", &["b", "c"]),
        ("labelSelector=tier", &["a", "b"]),
        ("fieldSelector=metadata.name%3Db", &["b"]),
        (
            "fieldSelector=metadata.name!%3Db&labelSelector=!tier",
            &["c"],
        ),
        ("fieldSelector=metadata.namespace%3Dother", &[]),
    ] {
        let list = api
            .get(&format!("/apis/netloft.dev/v1/services?{query}"))
            .await
            .ok();
        assert_eq!(list.names(), names, "{query}");
    }
    for query in ["labelSelector=%3D", "fieldSelector=spec.a%3Db"] {
        api.get(&format!("{SERVICES}?{query}"))
            .await
            .is(400, "BadRequest");
    }
}

#[tokio::test]
async fn all_pages_of_a_list_are_of_one_revision() {
    let api = Api::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        let odd = ["a", "c", "e"].contains(&name);
        api.has(name, json!({ "odd": odd.to_string() })).await;
    }
    for (query, pages) in [
        ("limit=2", &[&["a", "b"][..], &["c", "d"], &["e"]][..]),
        ("limit=2&labelSelector=odd%3Dtrue", &[&["a", "c"], &["e"]]),
        ("limit=5", &[&["a", "b", "c", "d", "e"]]),
    ] {
        let mut next = String::new();
        for (index, names) in pages.iter().enumerate() {
            let page = api
                .get(&format!("{SERVICES}?{query}&continue={next}"))
                .await
                .ok();
            assert_eq!(page.names(), *names, "{query}");
            assert_eq!(page.version(), "5");
            next = page.body["metadata"]["continue"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert_eq!(next.is_empty(), index + 1 == pages.len(), "{query}");
        }
    }
    let first = api.get(&format!("{SERVICES}?limit=2")).await.ok();
    let next = first.body["metadata"]["continue"]
        .as_str()
        .unwrap()
        .to_owned();
    api.delete(&at("c")).await.ok();
    api.has("bb", json!({})).await;
    let second = api
        .get(&format!("{SERVICES}?limit=2&continue={next}"))
        .await
        .ok();
    assert_eq!(second.names(), ["c", "d"], "what came later is not in it");
    let then = api
        .get(&format!(
            "{SERVICES}?resourceVersion=5&resourceVersionMatch=Exact"
        ))
        .await;
    assert_eq!(then.ok().names(), ["a", "b", "c", "d", "e"]);
    api.get(&format!("{SERVICES}?limit=2&continue=x"))
        .await
        .is(400, "BadRequest");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_never_older_than_it_is_asked_to_be() {
    let api = Api::new().await;
    api.has("a", json!({})).await;
    assert_eq!(
        api.get(&format!("{SERVICES}?resourceVersion=1"))
            .await
            .ok()
            .names(),
        ["a"]
    );
    let ahead = api
        .get(&format!("{SERVICES}?resourceVersion=7"))
        .await
        .is(504, "Timeout");
    assert_eq!(
        ahead.body["details"]["causes"][0]["reason"],
        "ResourceVersionTooLarge"
    );
}

#[tokio::test]
async fn an_answer_has_the_form_that_is_asked_for() {
    let api = Api::new().await;
    api.has("web", json!({})).await;
    let get = async |path: &str, accept: &str| {
        let headers = [("accept", accept)];
        api.ask((Method::GET, path), &headers, ("", ""))
            .await
            .ok()
            .body
    };
    let table = get(SERVICES, "application/json;as=Table;v=v1;g=meta.k8s.io").await;
    assert_eq!(table["kind"], "Table");
    let row = &table["rows"][0];
    assert_eq!(
        (&row["cells"][0], &row["cells"][1]),
        (&json!("web"), &json!("80"))
    );
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    let columns = table["columnDefinitions"].as_array().unwrap();
    assert_eq!(columns.len(), row["cells"].as_array().unwrap().len());

    let metadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    let partial = get(&at("web"), metadata).await;
    assert!(
        partial["metadata"]["uid"].is_string() && partial["spec"].is_null(),
        "{partial}"
    );
    let yaml = get(&at("web"), "application/yaml").await;
    assert!(
        yaml.as_str().unwrap().contains("\nkind: Service\n"),
        "{yaml}"
    );
    let protobuf = [("accept", "application/vnd.kubernetes.protobuf")];
    api.ask((Method::GET, SERVICES), &protobuf, ("", ""))
        .await
        .is(406, "NotAcceptable");
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let api = Api::new().await;
    api.has("web", json!({})).await;
    let tag = |answer: &super::Answer| answer.headers[header::ETAG].to_str().unwrap().to_owned();
    let first = tag(&api.get(&at("web")).await);
    let again = async |tag: &str| {
        let headers = [("if-none-match", tag)];
        api.ask((Method::GET, &at("web")), &headers, ("", "")).await
    };
    let known = again(&first).await;
    assert_eq!((known.status.as_u16(), &known.body), (304, &json!("")));
    let mut changed = service("web");
    changed["metadata"]["labels"] = json!({ "a": "b" });
    let put = api.put(&at("web"), &changed).await.ok();
    assert_eq!(again(&first).await.status, 200);
    assert_eq!(again(&tag(&put)).await.status, 304);
}

#[tokio::test]
async fn the_schemas_are_found_and_kept_by_their_hash() {
    let api = Api::new().await;
    let index = api.get("/openapi/v3").await.ok();
    let paths = index.body["paths"].as_object().unwrap();
    assert!(paths.contains_key("api/v1") && paths.contains_key("apis/netloft.dev/v1"));
    for path in paths
        .values()
        .map(|path| path["serverRelativeURL"].as_str().unwrap())
    {
        let document = api.get(path).await.ok();
        assert_eq!(document.body["openapi"], "3.0.0");
        let tag = document.headers[header::ETAG].to_str().unwrap().to_owned();
        let headers = [("if-none-match", tag.as_str())];
        assert_eq!(
            api.ask((Method::GET, path), &headers, ("", ""))
                .await
                .status,
            304
        );
    }
    let services = api.get("/openapi/v3/apis/netloft.dev/v1").await.ok();
    let port = &services.body["components"]["schemas"]["dev.netloft.v1.Service"]["properties"]["spec"]
        ["properties"]["ports"];
    assert_eq!(port["x-kubernetes-list-map-keys"], json!(["port"]));
    api.get("/openapi/v3/apis/apps/v1")
        .await
        .is(404, "NotFound");
    assert_eq!(
        api.get("/version").await.ok().body["major"],
        Value::from("1")
    );
}

#[tokio::test]
async fn the_namespace_default_is_always_there() {
    const ALL: &str = "/api/v1/namespaces";
    const DEFAULT: &str = "/api/v1/namespaces/default";
    let api = Api::new().await;
    let namespace = |name: &str, labels: Value| {
        json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name, "labels": labels },
        })
    };
    for name in ["a", "z"] {
        api.post(ALL, &namespace(name, json!({}))).await.ok();
    }
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        let name = |item: &Value| item["metadata"]["name"].as_str().unwrap().to_owned();
        items.map(name).collect()
    };
    let listed = async || {
        let whole = names(&api.get(ALL).await.ok().body);
        let mut pages = Vec::new();
        let mut path = format!("{ALL}?limit=1");
        loop {
            let page = api.get(&path).await.ok().body;
            pages.extend(names(&page));
            match page["metadata"]["continue"].as_str() {
                Some(token) => path = format!("{ALL}?limit=1&continue={token}"),
                None => break,
            }
        }
        assert_eq!(whole, pages);
        whole
    };
    assert_eq!(listed().await, ["a", "default", "z"]);
    api.get(DEFAULT).await.ok();
    let again = api.post(ALL, &namespace("default", json!({}))).await;
    again.is(409, "AlreadyExists");
    api.delete(DEFAULT).await.is(403, "Forbidden");

    // One that is declared takes its place, until it is deleted.
    let labelled = namespace("default", json!({ "tier": "x" }));
    api.put(DEFAULT, &labelled).await.ok();
    assert_eq!(listed().await, ["a", "default", "z"]);
    let stored = api.get(DEFAULT).await.ok().body;
    assert_eq!(stored["metadata"]["labels"]["tier"], "x");
    api.delete(DEFAULT).await.ok();
    let stored = api.get(DEFAULT).await.ok().body;
    assert_eq!(stored["metadata"]["labels"]["tier"], Value::Null);
    api.delete(ALL).await.ok();
    assert_eq!(listed().await, ["default"]);
}
