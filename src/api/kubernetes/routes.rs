//! The paths under `/apis`, for any kind: what serves them, and what the OpenAPI document tells of
//! them. `/openapi/v3` tells the same kind by kind, as Kubernetes' clients want it.

use axum::{
    http::Method,
    routing::{
        delete as on_delete, get as on_get, patch as on_patch, post as on_post, put as on_put,
    },
};
use serde_json::{Value, json};

use super::{create, delete, discovery, get, list, openapi, patch, replace};
use crate::api::route::{Content, Form, Route};

const JSON: &[&str] = &["application/json"];
/// What `Accept` can ask for.
const FORMS: &[&str] = &["application/json", "application/yaml"];
/// What a document can be sent as.
const DOCUMENT: &[&str] = &["application/json", "application/yaml"];

const ACCEPT: &[(&str, &str)] = &[(
    "Accept",
    "JSON or YAML; `;as=Table`, `;as=PartialObjectMetadata` for less.",
)];
const WRITES: &[(&str, &str)] = &[
    ("Accept", "JSON or YAML."),
    (
        "If-Match",
        "Entity tags, one of which must be the document's: else 412.",
    ),
    (
        "If-None-Match",
        "`*`: the document must not exist: else 412.",
    ),
];

fn example() -> Value {
    json!({
        "apiVersion": "netloft.dev/v1", "kind": "Service",
        "metadata": { "name": "web", "namespace": "default" },
        "spec": { "ports": [{ "port": 80 }], "dns": ["web.test"] },
    })
}

fn named(media: &[&'static str], name: &'static str, example: Value) -> Content {
    Content {
        media: media.to_vec(),
        form: Form::Named(name),
        example,
    }
}

/// Everything that Kubernetes' clients ask for.
pub(in crate::api) fn routes() -> Vec<Route> {
    let object = |media: &[&'static str], example| Content {
        media: media.to_vec(),
        form: Form::Is(json!({ "type": "object" })),
        example,
    };
    let told = |path: &str, serve, id: &str, about, example| {
        Route::new(Method::GET, path, serve, id, about)
            .headers(ACCEPT)
            .answer(200, object(FORMS, example))
            .errors(&[404, 406])
            .with_status()
    };
    let group = json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": [] });
    let mut routes = vec![
        told(
            "/version",
            on_get(discovery::version),
            "version",
            "The Kubernetes whose API this is like.",
            json!({ "major": "1" }),
        ),
        told(
            "/api",
            on_get(discovery::core),
            "coreVersions",
            "The versions of the core group.",
            json!({ "kind": "APIVersions", "versions": ["v1"] }),
        ),
        told(
            "/api/v1",
            on_get(discovery::core_version),
            "coreKinds",
            "The kinds of the core group.",
            group.clone(),
        ),
        told(
            "/apis",
            on_get(discovery::groups),
            "groups",
            "The other groups.",
            json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [] }),
        ),
        told(
            "/apis/{group}",
            on_get(discovery::group),
            "group",
            "The versions of a group.",
            json!({ "kind": "APIGroup", "apiVersion": "v1" }),
        ),
        told(
            "/apis/{group}/{version}",
            on_get(discovery::group_version),
            "kinds",
            "The kinds of a group and version.",
            group,
        ),
        told(
            "/openapi/v3",
            on_get(openapi::index),
            "schemas",
            "Where the schemas of each group and version are.",
            json!({ "paths": {} }),
        ),
        told(
            "/openapi/v3/{*version}",
            on_get(openapi::of_version),
            "schemasOfVersion",
            "The schemas of the kinds of a group and version.",
            json!({ "openapi": "3.0.0" }),
        )
        .headers(&[(
            "If-None-Match",
            "The entity tag that is known already: then 304.",
        )])
        .answer(
            304,
            Content {
                media: vec![],
                form: Form::Is(json!({})),
                example: Value::Null,
            },
        ),
    ];
    for (version, core) in [("/api/{version}", "core"), ("/apis/{group}/{version}", "")] {
        for (namespace, of) in [("", ""), ("/namespaces/{namespace}", "Namespaced")] {
            let all = format!("{version}{namespace}/{{plural}}");
            let one = format!("{all}/{{name}}");
            let id = |verb: &str| {
                let mut id = format!("{core}{of}{verb}");
                if let Some(first) = id.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                id
            };
            routes.extend([
                Route::new(Method::GET, &all, on_get(list::list), id("List"), "The documents of a kind, or with `watch=true` what becomes of them, an event a line.")
                    .options(&openapi::READ)
                    .headers(ACCEPT)
                    .answer(200, named(FORMS, "DocumentList", json!({ "kind": "ServiceList", "apiVersion": "netloft.dev/v1", "metadata": { "resourceVersion": "7" }, "items": [] })))
                    .errors(&[404, 406, 410, 504])
                    .with_status(),
                Route::new(Method::POST, &all, on_post(create::create), id("Create"), "A document that is not there yet.")
                    .options(&openapi::WRITE)
                    .headers(WRITES)
                    .body(named(DOCUMENT, "Document", example()))
                    .answer(201, named(FORMS, "Document", example()))
                    .answer(200, named(FORMS, "Document", example()))
                    .errors(&[404, 406, 409, 413, 415, 422, 507])
                    .with_status(),
                Route::new(Method::DELETE, &all, on_delete(delete::selected), id("DeleteSelected"), "All that are selected go, in one transaction.")
                    .options(&openapi::READ)
                    .headers(ACCEPT)
                    .body(object(DOCUMENT, json!({})))
                    .answer(200, named(FORMS, "DocumentList", json!({ "kind": "ServiceList", "apiVersion": "netloft.dev/v1", "metadata": { "resourceVersion": "7" }, "items": [] })))
                    .errors(&[404, 406, 409, 410, 413, 415, 422, 504, 507])
                    .with_status(),
                Route::new(Method::GET, &one, on_get(get::get), id("Get"), "One document.")
                    .headers(&[("Accept", "JSON, YAML, a table or metadata."), ("If-None-Match", "The entity tag that is known already: then 304.")])
                    .answer(200, named(FORMS, "Document", example()))
                    .answer(304, Content { media: vec![], form: Form::Is(json!({})), example: Value::Null })
                    .errors(&[404, 406])
                    .with_status(),
                Route::new(Method::PUT, &one, on_put(replace::replace), id("Replace"), "A document in the place of the one that is there.")
                    .options(&openapi::WRITE)
                    .headers(WRITES)
                    .body(named(DOCUMENT, "Document", example()))
                    .answer(200, named(FORMS, "Document", example()))
                    .answer(201, named(FORMS, "Document", example()))
                    .errors(&[404, 406, 409, 412, 413, 415, 422, 507])
                    .with_status(),
                Route::new(Method::PATCH, &one, on_patch(patch::patch), id("Patch"), "A change of the document that is there; an apply may make it.")
                    .options(&openapi::APPLY)
                    .headers(WRITES)
                    .body(Content {
                        media: patch::ALL.to_vec(),
                        form: Form::Is(json!({ "type": ["object", "array", "string"] })),
                        example: json!({ "metadata": { "labels": { "tier": "front" } } }),
                    })
                    .answer(200, named(FORMS, "Document", example()))
                    .answer(201, named(FORMS, "Document", example()))
                    .errors(&[404, 406, 409, 412, 413, 415, 422, 507])
                    .with_status(),
                Route::new(Method::DELETE, &one, on_delete(delete::one), id("Delete"), "The document goes, at once.")
                    .options(&openapi::DRY_RUN)
                    .headers(WRITES)
                    .body(object(DOCUMENT, json!({})))
                    .answer(200, named(JSON, "Status", json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" })))
                    .errors(&[404, 406, 409, 412, 413, 415, 422, 507])
                    .with_status(),
            ]);
        }
    }
    routes
}
