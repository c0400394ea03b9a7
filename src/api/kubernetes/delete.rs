//! DELETE of one document.

use axum::{
    Json,
    extract::{Query, State as Shared},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{Place, Refused};
use crate::{
    api::{State, error::ApiError, write},
    catalog::{Edit, Terms},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deletion {
    #[serde(default)]
    author: String,
    #[serde(default)]
    message: String,
}

pub(super) async fn delete(
    Shared(state): Shared<State>,
    place: Place,
    Query(deletion): Query<Deletion>,
) -> Result<Response, Refused> {
    let key = place.key();
    let terms = Terms {
        author: deletion.author,
        message: deletion.message,
        dry_run: false,
        at: write::now(),
        ..Terms::default()
    };
    let written = write::write(&state.catalog, terms, true, |current| {
        let gone = || ApiError::not_found(format!("{key} does not exist"));
        current.get(&key).ok_or_else(gone)?;
        Ok::<_, ApiError>(write::Change {
            edits: vec![Edit::Delete(key.clone())],
            ..write::Change::default()
        })
    });
    let (applied, _) = written.await?;
    let uid = applied.documents.iter().flatten().next();
    Ok(Json(json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": applied.revision.to_string()},
        "status": "Success",
        "details": {
            "name": key.name,
            "group": key.kind.facts().group,
            "kind": key.kind.facts().plural,
            "uid": uid.map(|stored| stored.uid),
        },
    }))
    .into_response())
}
