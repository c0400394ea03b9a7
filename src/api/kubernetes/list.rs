//! GET of many documents.

use axum::{
    Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Objects, Place, Refused};
use crate::api::State;

pub(super) async fn list(Shared(state): Shared<State>, place: Place) -> Result<Response, Refused> {
    let current = state.catalog.current();
    let objects = Objects::new(&state);
    let items: Vec<Value> = current
        .list(place.kind, place.namespace.as_deref())
        .map(|(_, stored)| objects.render(stored))
        .collect();
    let facts = place.kind.facts();
    Ok(Json(json!({
        "kind": format!("{}List", facts.kind),
        "apiVersion": facts.api_version(),
        "metadata": {"resourceVersion": current.revision.to_string()},
        "items": items,
    }))
    .into_response())
}
