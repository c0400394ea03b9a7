//! `/openapi/v3`: what `kubectl explain` prints and what clients validate by. Made from the schemas
//! of the kinds, a document for each group and version; their hashes are part of their addresses, so
//! that clients keep them.
//!
//! Absent on purpose: `/openapi/v2`, which no client asks for that knows the third.

mod paths;
mod schema;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

pub(super) use paths::{APPLY, DRY_RUN, READ, WRITE};

use super::{Form, Refused, discovery, precondition};
use crate::{api::error::ApiError, model::Kind};

/// One group and version.
struct Document {
    body: Value,
    hash: String,
}

/// By the end of their addresses: `api/v1`, `apis/G/V`.
fn documents() -> &'static BTreeMap<String, Document> {
    static DOCUMENTS: LazyLock<BTreeMap<String, Document>> = LazyLock::new(|| {
        let versions = discovery::group_versions().into_iter();
        let documents = versions.map(|(group, version)| {
            let body = document(group, version);
            let hash = blake3::hash(body.to_string().as_bytes()).to_hex();
            let hash = hash[..32].to_owned();
            (root(group, version), Document { body, hash })
        });
        documents.collect()
    });
    &DOCUMENTS
}

/// Where a group and version is served, without the first `/`.
fn root(group: &str, version: &str) -> String {
    match group {
        "" => format!("api/{version}"),
        group => format!("apis/{group}/{version}"),
    }
}

/// `GET /openapi/v3`.
pub(super) async fn index(form: Form) -> Result<Response, Refused> {
    let paths = documents().iter().map(|(root, document)| {
        let url = format!("/openapi/v3/{root}?hash={}", document.hash);
        (root.clone(), json!({ "serverRelativeURL": url }))
    });
    let paths: Map<String, Value> = paths.collect();
    form.respond(StatusCode::OK, &json!({ "paths": paths }))
}

/// `GET /openapi/v3/api/v1` and `/openapi/v3/apis/{group}/{version}`.
pub(super) async fn of_version(
    form: Form,
    Path(root): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Some(document) = documents().get(&root) else {
        let known: Vec<&str> = documents().keys().map(String::as_str).collect();
        let detail = format!("there is no {root}; there are {}", known.join(", "));
        return Err(ApiError::not_found(detail).into());
    };
    let tag = format!("\"{}\"", document.hash);
    let mut response = match precondition::is_known(&headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => form.respond(StatusCode::OK, &document.body)?,
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The schemas of all kinds, and of a document and a list of any of them.
pub(in crate::api) fn schemas() -> Map<String, Value> {
    let mut all = schema::shared();
    for kind in Kind::ALL {
        all.extend(schema::of_kind(*kind));
    }
    let kinds = Kind::ALL.iter().map(|kind| schema::name(*kind));
    let kinds: Vec<_> = kinds.map(|name| schema::reference(&name)).collect();
    let whole = json!({
        "type": "object",
        "required": ["kind", "apiVersion", "metadata"],
        "properties": { "kind": { "type": "string" }, "apiVersion": { "type": "string" }, "metadata": { "type": "object" } },
        "anyOf": kinds,
    });
    let list = json!({
        "type": "object",
        "required": ["kind", "apiVersion", "metadata"],
        "properties": {
            "kind": { "type": "string" },
            "apiVersion": { "type": "string" },
            "metadata": { "type": "object" },
            "items": { "type": "array", "items": { "type": "object" } },
        },
    });
    all.insert("Document".to_owned(), whole);
    all.insert("DocumentList".to_owned(), list);
    all
}

fn document(group: &str, version: &str) -> Value {
    let kinds = Kind::ALL.iter().copied();
    let kinds: Vec<Kind> = kinds
        .filter(|kind| kind.facts().group == group && kind.facts().version == version)
        .collect();
    let mut schemas = schema::shared();
    let mut all_paths = Map::new();
    for kind in kinds {
        schemas.extend(schema::of_kind(kind));
        all_paths.extend(paths::of_kind(kind));
    }
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Netloft", "version": env!("CARGO_PKG_VERSION") },
        "paths": all_paths,
        "components": { "schemas": schemas },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All `$ref`s in `value`.
    fn refs(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(
                    fields
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                fields.values().for_each(|value| refs(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_kind_has_a_schema_and_every_reference_leads_to_one() {
        let mut kinds = 0;
        for (root, document) in documents() {
            let schemas = document.body["components"]["schemas"].as_object().unwrap();
            let named = |schema: &&Value| schema.get("x-kubernetes-group-version-kind").is_some();
            kinds += schemas.values().filter(named).count();
            let mut found = Vec::new();
            refs(&document.body, &mut found);
            assert!(!found.is_empty());
            for reference in found {
                let name = reference.rsplit('/').next().unwrap();
                assert!(schemas.contains_key(name), "{root}: {reference}");
            }
        }
        // Each kind and its list.
        assert_eq!(kinds, 2 * Kind::ALL.len());
    }
}
