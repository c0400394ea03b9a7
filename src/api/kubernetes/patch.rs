//! PATCH: a change of the document that is there, in one of the forms that Kubernetes' clients send.
//!
//! JSON patch (RFC 6902), merge patch (RFC 7386) and apply. Absent on purpose: strategic merge, which
//! is for Kubernetes' own types only. Where a kind has no lists it is a merge patch by another name,
//! and taken: so `kubectl apply` and `edit` work for ConfigMaps and Secrets.

mod apply;

use std::sync::Arc;

use axum::{
    extract::State as Shared,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Map, Value};

use super::{
    Form, Objects, Place, Refused,
    body::Sent,
    commit::{self, Made, ManagedBy, rewritten},
    declared,
    precondition::Preconditions,
    query::Manner,
};
use crate::{
    api::{State, error::ApiError},
    catalog::Stored,
    model::Kind,
};

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// The media types that PATCH takes, of some kinds at least.
pub(super) const ALL: [&str; 4] = [JSON, MERGE, APPLY, STRATEGIC];

/// The media types that PATCH takes for documents of `kind`.
pub(super) fn media_types(kind: Kind) -> Vec<&'static str> {
    let mut taken = vec![JSON, MERGE, APPLY];
    if !has_lists(kind.spec_schema().as_value()) {
        taken.push(STRATEGIC);
    }
    taken
}

fn has_lists(schema: &Value) -> bool {
    match schema {
        Value::Object(words) => words.contains_key("items") || words.values().any(has_lists),
        Value::Array(alternatives) => alternatives.iter().any(has_lists),
        _ => false,
    }
}

/// A change of an object.
enum Change {
    Json(json_patch::Patch),
    Merge(Value),
}

pub(super) async fn patch(
    Shared(state): Shared<State>,
    place: Place,
    form: Form,
    manner: Manner,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Refused> {
    let preconditions = Preconditions::of_headers(&headers);
    let taken = media_types(place.kind);
    let change = match sent.media() {
        media if !taken.contains(&media) => return Err(sent.not_taken(&taken)),
        APPLY => {
            return apply::apply(&state, &place, &manner, preconditions, &sent)
                .await?
                .respond(&state, form);
        }
        JSON => Change::Json(serde_json::from_str(sent.text()?).map_err(|error| {
            ApiError::bad_request(format!("the body is no JSON patch: {error}"))
        })?),
        _ => Change::Merge(merge_patch(sent.text()?)?),
    };
    let key = place.key();
    let committed = commit::commit(&state, &place, &manner, |stored| {
        preconditions.hold(&key, stored.map(|stored| &**stored))?;
        let stored = stored.ok_or_else(|| Refused::gone(&key))?;
        changed(&state, &place, &manner, &change, stored)
    });
    committed.await?.respond(&state, form)
}

fn merge_patch(text: &str) -> Result<Value, ApiError> {
    let patch: Value = serde_json::from_str(text)
        .map_err(|error| ApiError::bad_request(format!("the body is no merge patch: {error}")))?;
    if !patch.is_object() {
        return Err(ApiError::bad_request(
            "the body is no merge patch: it is no object",
        ));
    }
    match directive(&patch) {
        Some(directive) => Err(ApiError::bad_request(format!(
            "{directive:?} is a directive of strategic merge, which is not done here"
        ))),
        None => Ok(patch),
    }
}

/// A field of `patch` that tells strategic merge what to do instead of being merged.
fn directive(patch: &Value) -> Option<&str> {
    let fields = patch.as_object()?;
    fields.iter().find_map(|(name, value)| match name.as_str() {
        "$patch" | "$retainKeys" => Some(name.as_str()),
        _ if name.starts_with("$setElementOrder/") => Some(name.as_str()),
        _ if name.starts_with("$deleteFromPrimitiveList/") => Some(name.as_str()),
        _ => directive(value),
    })
}

/// What `change` makes of `stored`.
fn changed(
    state: &State,
    place: &Place,
    manner: &Manner,
    change: &Change,
    stored: &Arc<Stored>,
) -> Result<Made, Refused> {
    let mut object = Objects::new(state).render(stored);
    match change {
        Change::Json(patch) => json_patch::patch(&mut object, patch).map_err(|error| {
            let detail = format!("the patch does not fit {}: {error}", place.key());
            let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", detail);
            Refused::from(error).about(&place.key())
        })?,
        Change::Merge(patch) => json_patch::merge(&mut object, patch),
    }
    let Value::Object(object) = object else {
        return Err(ApiError::bad_request("what comes of the patch is no object").into());
    };
    made(object, place, manner, stored)
}

fn made(
    object: Map<String, Value>,
    place: &Place,
    manner: &Manner,
    stored: &Arc<Stored>,
) -> Result<Made, Refused> {
    let metadata = object.get("metadata").cloned().unwrap_or(Value::Null);
    // A patch that names the version it is made for meets another one.
    Preconditions::default()
        .and_of(&metadata)
        .hold(&place.key(), Some(stored))?;
    Ok(Made {
        managers: ManagedBy::Writer(rewritten(Some(&metadata), Some(stored))?),
        declared: declared::document(object, &[], None, place, manner.validation)?,
    })
}
