//! What is served besides `/apis`: a line or two each, which the router and the document are made of.

use axum::{
    http::Method,
    routing::{get, post},
};
use serde_json::json;

use super::{
    apply, compiled, docs, events, health, openapi, past, plan, proxies, resources, revisions,
    route::{Content, Form, Route},
    schema, stats,
    types::{
        ApplyAnswer, Compiled, Diff, Info, Plan, Proxies, Proxy, Resources, RevisionDetail,
        Revisions, Stats, Wait,
    },
    wait,
};

const DOCUMENTS: &str = "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], dns: [web.test]}\n";

/// Documents as they are, or several files with their names.
fn documents() -> Content {
    let files = json!({
        "type": "object",
        "required": ["files"],
        "properties": {
            "files": { "type": "array", "items": {
                "type": "object",
                "required": ["name", "text"],
                "properties": { "name": { "type": "string" }, "text": { "type": "string" } },
            }},
            "delete": { "type": "boolean" },
        },
    });
    Content {
        media: vec!["application/yaml", "application/json"],
        form: Form::Is(json!({ "anyOf": [
            { "type": "string", "description": "YAML: any number of documents." },
            files,
            { "type": "object", "required": ["kind"], "description": "One document." },
        ]})),
        example: DOCUMENTS.into(),
    }
}

fn proxy() -> serde_json::Value {
    json!({
        "name": "edge-1", "kind": "envoy 1.40.0", "cluster": "edge", "dialect": "delta",
        "state": "synced", "since": "2030-01-01T00:00:00Z", "types": [],
    })
}

/// Sent with a write that must be made once.
const WRITE: &[(&str, &str)] = &[
    (
        "Idempotency-Key",
        "Up to 255 characters that tell this request from others: sent again, it is answered again and not made again.",
    ),
    (
        "X-Netloft-File",
        "The file that the body is, for errors to name.",
    ),
];

/// Everything but `/apis`.
pub(super) fn own() -> Vec<Route> {
    let at = |path: &str, serve, id: &str, about| Route::new(Method::GET, path, serve, id, about);
    let to = |path: &str, serve, id: &str, about| Route::new(Method::POST, path, serve, id, about);
    let revision = json!({
        "revision": 7, "author": "ada", "message": "canary", "at": "2030-01-01T00:00:00Z",
        "documents": ["Service default/web"],
    });
    vec![
        at("/livez", get(health::live), "isAlive", "The process answers.")
            .answer(200, Content::text("text/plain; charset=utf-8", "ok\n")),
        at("/readyz", get(health::ready), "isReady", "The documents are compiled and published.")
            .answer(200, Content::text("text/plain; charset=utf-8", "ok: revision 7 is published\n"))
            .answer(503, Content::text("text/plain; charset=utf-8", "the documents are being compiled\n")),
        at("/metrics", get(health::metrics), "metrics", "Figures of this process, for Prometheus.")
            .answer(200, Content::text(health::METRICS, "# EOF\n")),
        at("/v1/info", get(health::info), "info", "What this server is.")
            .answer(200, Content::json::<Info>(json!({ "version": "0.1.0", "grpc": "127.0.0.1:7701" }))),
        to("/v1/apply", post(apply::post), "apply", "Many documents in one transaction: one revision or nothing.")
            .query::<apply::Request>()
            .headers(WRITE)
            .body(documents())
            .answer(200, Content::json::<ApplyAnswer>(json!({
                "revision": 7, "dryRun": false, "warnings": [],
                "documents": [{ "kind": "Service", "namespace": "default", "name": "web", "outcome": "created" }],
            })))
            .errors(&[409, 413, 415, 422, 507]),
        to("/v1/plan", post(plan::post), "plan", "What an apply would change, down to the bytes each proxy would be sent.")
            .query::<plan::Question>()
            .headers(&[("X-Netloft-File", "The file that the body is, for errors to name.")])
            .body(documents())
            .answer(200, Content::json::<Plan>(json!({
                "revision": 7, "documents": [], "warnings": [], "units": [], "scopes": [], "moves": [],
                "affected": [], "notAffected": 0, "bytes": 0, "newProblems": [], "solvedProblems": [],
            })))
            .errors(&[409, 413, 415, 422]),
        at("/v1/compiled", get(compiled::get), "compiled", "The resources that one document is compiled into, and who has them.")
            .query::<compiled::Question>()
            .answer(200, Content::json::<Compiled>(json!({ "resources": [] })))
            .errors(&[404]),
        at("/v1/events", get(events::get), "events", "What happens, as server-sent events that can be resumed.")
            .query::<events::From>()
            .headers(&[("Last-Event-ID", "The last event that was seen; goes before `since`.")])
            .answer(200, Content::text("text/event-stream", "event: committed\nid: 0a1b2c3d-1\ndata: {}\n\n"))
            .errors(&[410]),
        at("/v1/revisions", get(revisions::list), "listRevisions", "History, newest first.")
            .query::<revisions::Which>()
            .answer(200, Content::json::<Revisions>(json!({ "revisions": [revision] }))),
        at("/v1/revisions/{revision}", get(past::one), "showRevision", "What one revision changed.")
            .answer(200, Content::json::<RevisionDetail>(json!({
                "revision": 7, "author": "ada", "message": "", "at": "2030-01-01T00:00:00Z", "documents": [],
            })))
            .errors(&[404, 410]),
        at("/v1/revisions/{from}/diff/{to}", get(past::diff), "diffRevisions", "How two revisions differ; as text/x-diff where that is asked for.")
            .answer(200, Content::json::<Diff>(json!({ "from": 6, "to": 7, "documents": [] })))
            .errors(&[404, 410]),
        at("/v1/schema/{kind}", get(schema::one), "schema", "JSON Schema of whole documents of a kind, for editors.")
            .answer(200, Content {
                media: vec!["application/schema+json"],
                form: Form::Is(json!({ "type": "object" })),
                example: json!({ "title": "Service", "type": "object" }),
            })
            .errors(&[404]),
        at("/v1/wait", get(wait::get), "wait", "Is a revision live: answers when every proxy has, or when time is up.")
            .query::<wait::Question>()
            .answer(200, Content::json::<Wait>(json!({
                "revision": 7, "state": "live", "timedOut": false, "published": 7, "exact": true, "proxies": [],
                "counts": { "acked": 0, "pending": 0, "rejected": 0, "offline": 0, "notAffected": 0 },
            })))
            .errors(&[404]),
        at("/v1/proxies", get(proxies::list), "listProxies", "Where every proxy stands, by its own word.")
            .answer(200, Content::json::<Proxies>(json!({ "revision": 7, "proxies": [proxy()] }))),
        at("/v1/proxies/{id}", get(proxies::one), "showProxy", "Where the streams of one proxy stand.")
            .answer(200, Content::json::<Vec<Proxy>>(json!([proxy()])))
            .errors(&[404]),
        at("/v1/proxies/{id}/xds/{type}", get(resources::list), "showResources", "What a proxy is to have, in Envoy's own JSON.")
            .answer(200, Content::json::<Resources>(json!({ "resources": [] })))
            .errors(&[404]),
        at("/v1/stats", get(stats::list), "stats", "What the traffic of proxies does, by their own reports.")
            .query::<stats::Wanted>()
            .answer(200, Content::json::<Stats>(json!({
                "window": 60, "clusters": [], "kept": { "series": 0, "bytes": 0, "dropped": 0, "refused": 0 },
            })))
            .errors(&[404]),
        at("/v1/problems", get(health::problems), "problems", "What did not compile as declared.")
            .answer(200, Content {
                media: vec!["application/json"],
                form: Form::Is(json!({ "type": "array", "items": {
                    "type": "object",
                    "required": ["code", "severity", "at", "message", "effect", "reason"],
                    "properties": {
                        "code": { "type": "string" },
                        "severity": { "enum": ["warning", "error"] },
                        "message": { "type": "string" },
                        "effect": { "type": "string" },
                        "reason": { "type": "string" },
                    },
                }})),
                example: json!([]),
            }),
        at("/v1/openapi.json", get(openapi::get), "openapi", "This document.")
            .answer(200, Content {
                media: vec!["application/json"],
                form: Form::Is(json!({ "type": "object", "required": ["openapi", "info", "paths"] })),
                example: json!({ "openapi": "3.1.0", "info": {}, "paths": {} }),
            }),
        at("/v1/docs", get(docs::page), "docs", "This document as a page.")
            .answer(200, Content::text("text/html; charset=utf-8", "<!doctype html>")),
        at("/v1/docs/{file}", get(docs::file), "docsFile", "What the page needs.")
            .answer(200, Content {
                media: vec!["text/javascript; charset=utf-8", "text/css; charset=utf-8"],
                form: Form::Is(json!({ "type": "string" })),
                example: "".into(),
            })
            .errors(&[404]),
    ]
}
