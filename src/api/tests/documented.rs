//! The OpenAPI document and the router are the same thing told twice.

use super::{schema, *};
use crate::api::openapi::{all, document};

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = |(path, item): (&String, &Value)| {
        let item = item.as_object().unwrap().clone();
        let path = path.clone();
        item.into_iter()
            .map(move |(method, told)| (method.to_uppercase(), path.clone(), told))
    };
    paths.iter().flat_map(each).collect()
}

/// A path with something in each of its braces.
fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{revision}" | "{from}" | "{to}" => "1".to_owned(),
        "{group}" => "netloft.dev".to_owned(),
        "{version}" => "v1".to_owned(),
        "{plural}" => "services".to_owned(),
        "{file}" => "page.js".to_owned(),
        "{kind}" => "Service".to_owned(),
        part => part.trim_matches(['{', '}']).to_owned(),
    };
    let path: Vec<String> = path.split('/').map(part).collect();
    path.join("/")
        .replace("/v3/v1", "/v3/api/v1")
        .replace("/api/v1/services", "/api/v1/configmaps")
}

#[tokio::test]
async fn what_is_documented_is_routed_and_no_other_method_is() {
    let document = document();
    let operations = operations(&document);
    assert_eq!(
        operations.len(),
        all().len(),
        "each route is an operation of its own"
    );
    let api = api().await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            // It never ends, which others test.
            if path == "/v1/events" && method == "GET" {
                continue;
            }
            let known = item.get(method.to_lowercase()).is_some();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let (status, answer) = ask(&api, method.clone(), &filled(path), "", "").await;
            let routed = status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(routed, known, "{method} {path}: {status} {answer}");
            let told = answer.to_string();
            assert!(
                !told.contains("there is nothing at"),
                "{method} {path}: {answer}"
            );
        }
    }
}

#[test]
fn every_operation_has_examples_and_each_fits_its_schema() {
    let document = document();
    let mut ids = std::collections::BTreeSet::new();
    for (method, path, told) in operations(&document) {
        assert!(
            ids.insert(told["operationId"].to_string()),
            "{path}: {}",
            told["operationId"]
        );
        let mut contents: Vec<Value> = Vec::new();
        contents.extend(told["requestBody"].get("content").cloned());
        let mut good = 0;
        for (status, response) in told["responses"].as_object().unwrap() {
            let response = match response["$ref"].as_str() {
                Some(reference) => document.pointer(&reference[1..]).unwrap(),
                None => response,
            };
            good += usize::from(status.starts_with('2'));
            assert!(
                response["description"].is_string(),
                "{method} {path} {status}"
            );
            contents.push(response["content"].clone());
        }
        assert!(good > 0, "{method} {path}");
        for content in contents {
            for (media, one) in content.as_object().unwrap() {
                let found = schema::errors(&document, &one["schema"], &one["example"]);
                assert!(found.is_empty(), "{method} {path} {media}: {found:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_document_is_served_and_so_is_a_page_that_shows_it_and_fetches_nothing_from_elsewhere()
{
    let api = api().await;
    let (status, told) = get(&api, "/v1/openapi.json").await;
    assert_eq!(
        (status, &told["openapi"]),
        (StatusCode::OK, &json!("3.1.0"))
    );
    assert_eq!(told, document());
    let mut all = String::new();
    for path in ["/v1/docs", "/v1/docs/page.js", "/v1/docs/page.css"] {
        let request = Request::get(path)
            .header(header::HOST, "localhost")
            .body(Body::empty());
        let (head, text) = send(&api, request.unwrap()).await;
        assert_eq!(head.status, StatusCode::OK, "{path}");
        let policy = head.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        all += &text;
    }
    for foreign in [
        "http://",
        "https://",
        "//cdn",
        "innerHTML",
        "style=",
        "<script>",
    ] {
        assert!(!all.contains(foreign), "{foreign}");
    }
}

#[tokio::test]
async fn json_is_written_for_people_where_that_is_asked_for() {
    let api = api().await;
    for (path, pretty) in [
        ("/v1/info", false),
        ("/v1/info?pretty", true),
        ("/v1/revisions?limit=3&pretty=true", true),
        ("/v1/info?pretty=false", false),
        ("/v1/proxies/ghost?pretty", true),
        ("/apis?pretty=true", true),
    ] {
        let request = Request::get(path)
            .header(header::HOST, "localhost")
            .body(Body::empty());
        let (_, text) = send(&api, request.unwrap()).await;
        assert_eq!(text.contains("\n  \""), pretty, "{path}: {text}");
    }
    let (status, answer) = get(&api, "/v1/info?pretty=x").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
}

#[tokio::test]
async fn a_query_that_is_not_known_is_refused_wherever_there_is_none_or_another() {
    let api = api().await;
    for (method, path, told) in operations(&document()) {
        // Kubernetes' clients send options that are not known here, and `/livez` is asked by machines.
        if !path.starts_with("/v1") {
            continue;
        }
        let path = format!("{}?nonsense=1", filled(&path));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (status, answer) = ask(&api, method, &path, "application/yaml", "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
        assert!(
            answer["detail"].as_str().unwrap().contains("nonsense"),
            "{path}: {answer}"
        );
        assert!(answer["type"].is_string() && told["responses"]["400"].is_object());
    }
}
