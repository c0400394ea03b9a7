//! The routes of a kind, as clients look them up: which verbs there are, and which options.

use serde_json::{Map, Value, json};

use super::{root, schema};
use crate::{api::kubernetes::patch, model::Kind};

/// Options of lists and watches.
pub(in crate::api::kubernetes) const READ: [(&str, &str, &str); 9] = [
    (
        "labelSelector",
        "string",
        "Only documents with these labels.",
    ),
    (
        "fieldSelector",
        "string",
        "Only documents with this metadata.name or metadata.namespace.",
    ),
    ("limit", "integer", "Most documents of one answer."),
    ("continue", "string", "Where an earlier answer ended."),
    ("resourceVersion", "string", "As of when."),
    ("resourceVersionMatch", "string", "Exact or NotOlderThan."),
    ("watch", "boolean", "Tell what becomes of them."),
    (
        "allowWatchBookmarks",
        "boolean",
        "Tell now and then how far the watch has come.",
    ),
    ("timeoutSeconds", "integer", "How long the watch goes on."),
];

/// Options of writes.
pub(in crate::api::kubernetes) const WRITE: [(&str, &str, &str); 3] =
    [DRY_RUN[0], MANAGER, VALIDATION];

/// Options of patches.
pub(in crate::api::kubernetes) const APPLY: [(&str, &str, &str); 4] = [
    DRY_RUN[0],
    MANAGER,
    VALIDATION,
    (
        "force",
        "boolean",
        "Take fields over from who manages them.",
    ),
];

/// Options of a deletion.
pub(in crate::api::kubernetes) const DRY_RUN: [(&str, &str, &str); 1] =
    [("dryRun", "string", "All: only tell what would happen.")];

const MANAGER: (&str, &str, &str) = ("fieldManager", "string", "Who writes.");

const VALIDATION: (&str, &str, &str) = (
    "fieldValidation",
    "string",
    "What becomes of unknown fields: Strict (the default), Warn or Ignore.",
);

/// The routes of `kind`.
pub(super) fn of_kind(kind: Kind) -> Map<String, Value> {
    let facts = kind.facts();
    let root = format!("/{}", root(facts.group, facts.version));
    let plural = facts.plural;
    let mut paths = Map::new();
    let collection = match facts.namespaced {
        true => {
            let everywhere = json!({ "get": operation(kind, "list", &READ) });
            paths.insert(format!("{root}/{plural}"), everywhere);
            format!("{root}/namespaces/{{namespace}}/{plural}")
        }
        false => format!("{root}/{plural}"),
    };
    let place = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let namespace: Vec<Value> = facts
        .namespaced
        .then(|| place("namespace"))
        .into_iter()
        .collect();
    let mut one = namespace.clone();
    one.push(place("name"));
    paths.insert(
        collection.clone(),
        json!({
            "get": operation(kind, "list", &READ),
            "post": operation(kind, "post", &WRITE),
            "delete": operation(kind, "deletecollection", &READ),
            "parameters": namespace,
        }),
    );
    paths.insert(
        format!("{collection}/{{name}}"),
        json!({
            "get": operation(kind, "get", &[]),
            "put": operation(kind, "put", &WRITE),
            "patch": operation(kind, "patch", &APPLY),
            "delete": operation(kind, "delete", &DRY_RUN),
            "parameters": one,
        }),
    );
    paths
}

fn operation(kind: Kind, action: &str, options: &[(&str, &str, &str)]) -> Value {
    let facts = kind.facts();
    let options = options.iter().map(|(name, ty, about)| {
        json!({ "name": name, "in": "query", "description": about, "schema": { "type": ty, "uniqueItems": true } })
    });
    let answer = match action {
        "list" | "deletecollection" => format!("{}List", schema::name(kind)),
        _ => schema::name(kind),
    };
    let content = json!({ "application/json": { "schema": schema::reference(&answer) } });
    let content = match action {
        // A Status.
        "delete" => json!({ "application/json": { "schema": { "type": "object" } } }),
        _ => content,
    };
    let mut operation = json!({
        "operationId": format!("{action}{}", facts.kind),
        "description": format!("{action} {}", facts.plural),
        "parameters": options.collect::<Vec<_>>(),
        "responses": { "200": { "description": "OK", "content": content } },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": schema::gvk(kind, facts.kind),
    });
    let own = json!({ "schema": schema::reference(&schema::name(kind)) });
    match action {
        "post" | "put" => {
            let content = json!({ "application/json": own, "application/yaml": own });
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        "patch" => {
            let types = patch::media_types(kind).into_iter();
            let types =
                types.map(|media| (media.to_owned(), json!({ "schema": { "type": "object" } })));
            let content: Map<String, Value> = types.collect();
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        _ => {}
    }
    operation
}
