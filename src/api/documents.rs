//! Documents in Kubernetes' shape: get, list, delete.

use axum::{
    Json,
    extract::{Path, Query, State as Shared},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{State, error::ApiError, revisions::rfc3339};
use crate::{
    catalog::{Edit, Outcome, Stored, Transaction, Verdict},
    model::{DocumentKey, Kind},
};

#[derive(Debug, Deserialize)]
pub(super) struct Place {
    group: String,
    version: String,
    namespace: Option<String>,
    plural: String,
    name: Option<String>,
}

impl Place {
    fn kind(&self) -> Result<Kind, ApiError> {
        let fits = |kind: &&Kind| {
            let facts = kind.facts();
            facts.group == self.group
                && facts.version == self.version
                && facts.plural == self.plural
        };
        Kind::ALL.iter().find(fits).copied().ok_or_else(|| {
            let known = Kind::ALL.iter().map(|kind| {
                let facts = kind.facts();
                format!("{}/{}/{}", facts.group, facts.version, facts.plural)
            });
            let known = known.collect::<Vec<_>>().join(", ");
            let asked = format!("{}/{}/{}", self.group, self.version, self.plural);
            ApiError::not_found(format!("there are no {asked}; there are {known}"))
        })
    }

    fn key(&self) -> Result<DocumentKey, ApiError> {
        Ok(DocumentKey {
            kind: self.kind()?,
            namespace: self.namespace.as_deref().unwrap_or_default().into(),
            name: self.name.as_deref().unwrap_or_default().into(),
        })
    }
}

pub(super) async fn list_all(shared: Shared<State>, place: Path<Place>) -> Response {
    list(shared, place).await
}

pub(super) async fn list(Shared(state): Shared<State>, Path(place): Path<Place>) -> Response {
    let kind = match place.kind() {
        Ok(kind) => kind,
        Err(error) => return error.status(),
    };
    let current = state.catalog.current();
    let items: Vec<Value> = current
        .list(kind, place.namespace.as_deref())
        .map(|(_, stored)| object(stored))
        .collect();
    let facts = kind.facts();
    Json(json!({
        "apiVersion": facts.api_version(),
        "kind": format!("{}List", facts.kind),
        "metadata": {"resourceVersion": current.revision.to_string()},
        "items": items,
    }))
    .into_response()
}

pub(super) async fn one(Shared(state): Shared<State>, Path(place): Path<Place>) -> Response {
    let found = place.key().and_then(|key| {
        let current = state.catalog.current();
        let stored = current.get(&key).map(|stored| object(stored));
        stored.ok_or_else(|| ApiError::not_found(format!("{key} does not exist")))
    });
    match found {
        Ok(object) => Json(object).into_response(),
        Err(error) => error.status(),
    }
}

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
    Path(place): Path<Place>,
    Query(deletion): Query<Deletion>,
) -> Response {
    match deleted(&state, &place, deletion).await {
        Ok(status) => Json(status).into_response(),
        Err(error) => error.status(),
    }
}

async fn deleted(state: &State, place: &Place, deletion: Deletion) -> Result<Value, ApiError> {
    let key = place.key()?;
    let uid = state
        .catalog
        .current()
        .get(&key)
        .map(|stored| stored.uid.to_string());
    let transaction = Transaction {
        changes: vec![Edit::Delete(key.clone())],
        author: deletion.author,
        message: deletion.message,
        dry_run: false,
        at: u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default(),
    };
    let verdict = state
        .catalog
        .apply(transaction, |_| Ok::<(), std::convert::Infallible>(()))
        .await?;
    let Verdict::Applied(applied) = verdict;
    if applied
        .outcomes
        .iter()
        .all(|(_, outcome)| *outcome == Outcome::NotFound)
    {
        return Err(ApiError::not_found(format!("{key} does not exist")));
    }
    Ok(json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Success",
        "metadata": {"resourceVersion": applied.revision.to_string()},
        "details": {"name": key.name, "kind": key.kind.facts().plural, "uid": uid},
    }))
}

/// The document as declared, with what the server knows of it in its metadata.
fn object(stored: &Stored) -> Value {
    // Fails for no document that was read by `check`, as all in the catalog were.
    let mut object = stored.document.to_json().unwrap_or_default();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".to_owned(), json!(stored.uid));
        metadata.insert("generation".to_owned(), json!(stored.generation));
        metadata.insert(
            "resourceVersion".to_owned(),
            json!(stored.changed.revision.to_string()),
        );
        metadata.insert(
            "creationTimestamp".to_owned(),
            json!(rfc3339(stored.created.at)),
        );
    }
    object
}
