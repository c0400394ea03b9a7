//! `GET /v1/revisions/N` and `/v1/revisions/N/diff/M`: what a revision changed, and how two differ.
//!
//! A document is shown as it was declared: what the server knows besides is the same in no two
//! revisions, and would hide what somebody changed.

use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use similar::TextDiff;

use super::{
    State,
    error::ApiError,
    extract::{Nothing, Path, Query},
    revisions::rfc3339,
    types::{Diff, DocumentChange, DocumentDiff, RevisionDetail},
};
use crate::{catalog::Stored, check, model::DocumentKey, snapshot::Revision};

/// Lines around a difference that are shown.
const CONTEXT: usize = 3;

pub(super) async fn one(
    Shared(state): Shared<State>,
    Path(revision): Path<u64>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<RevisionDetail>, ApiError> {
    let next = Revision(revision.saturating_add(1));
    let found = state.catalog.revisions(Some(next), 1).await?;
    let info = found
        .into_iter()
        .find(|info| info.revision.0 == revision)
        .ok_or_else(|| unknown(&state, revision))?;
    let mut documents = Vec::with_capacity(info.keys.len());
    for key in info
        .keys
        .iter()
        .filter_map(|key| state.catalog.name_of(key))
    {
        let after = state.catalog.at(&key, Revision(revision)).await?;
        // Of the oldest revision that is kept, what was before is not.
        let before = state.catalog.at(&key, Revision(revision - 1)).await;
        let before = before.unwrap_or_default();
        documents.push(change(&key, before.as_deref(), after.as_deref()));
    }
    Ok(Json(RevisionDetail {
        revision,
        author: info.meta.author,
        message: info.meta.message,
        at: rfc3339(info.meta.at),
        documents,
    }))
}

pub(super) async fn diff(
    Shared(state): Shared<State>,
    Path((from, to)): Path<(u64, u64)>,
    Query(Nothing {}): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let newest = state.catalog.current().revision.0;
    if let Some(missing) = [from, to].into_iter().find(|one| *one > newest) {
        return Err(unknown(&state, missing));
    }
    let (older, newer) = (Revision(from.min(to)), Revision(from.max(to)));
    let changed = state.catalog.changed_between(older, newer).await?;
    let mut documents = Vec::new();
    for key in changed {
        let old = state.catalog.at(&key, Revision(from)).await?;
        let new = state.catalog.at(&key, Revision(to)).await?;
        documents.extend(difference(&key, old.as_deref(), new.as_deref()));
    }
    if wants_text(&headers) {
        let text: String = documents.into_iter().map(|one| one.diff).collect();
        let kind = [(header::CONTENT_TYPE, "text/x-diff; charset=utf-8")];
        return Ok((kind, text).into_response());
    }
    Ok(Json(Diff {
        from,
        to,
        documents,
    })
    .into_response())
}

/// Whether a text that `patch` and pagers understand is asked for, rather than JSON.
fn wants_text(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("text/"))
}

fn unknown(state: &State, revision: u64) -> ApiError {
    let newest = state.catalog.current().revision;
    if revision > newest.0 || revision == 0 {
        return ApiError::not_found(format!(
            "there is no revision {revision}: they go from 1 to {newest}"
        ));
    }
    ApiError::gone(format!(
        "revision {revision} is not in history any more: --history of `netloft up` says how far back it goes"
    ))
}

fn change(key: &DocumentKey, before: Option<&Stored>, after: Option<&Stored>) -> DocumentChange {
    let origin = after.or(before).map(|stored| &stored.document.origin);
    DocumentChange {
        kind: key.kind.to_string(),
        namespace: key.namespace.to_string(),
        name: key.name.to_string(),
        outcome: outcome(before, after).to_owned(),
        before: before.map(declared),
        after: after.map(declared),
        file: origin.and_then(|origin| origin.file.as_deref().map(str::to_owned)),
        line: origin.and_then(|origin| origin.line),
    }
}

fn outcome<T>(before: Option<T>, after: Option<T>) -> &'static str {
    match (before, after) {
        (_, None) => "deleted",
        (None, Some(_)) => "created",
        (Some(_), Some(_)) => "configured",
    }
}

fn declared(stored: &Stored) -> Value {
    // Fails for no document that was read by `check`, as all in the catalog were.
    stored.document.to_json().unwrap_or_default()
}

/// How `new` differs from `old`; nothing when it does not.
fn difference(
    key: &DocumentKey,
    old: Option<&Stored>,
    new: Option<&Stored>,
) -> Option<DocumentDiff> {
    let diff = unified(key, old.map(declared).as_ref(), new.map(declared).as_ref());
    (!diff.is_empty()).then(|| DocumentDiff {
        kind: key.kind.to_string(),
        namespace: key.namespace.to_string(),
        name: key.name.to_string(),
        outcome: outcome(old, new).to_owned(),
        diff,
    })
}

/// Unified diff of a document as canonical YAML; empty where nothing differs.
pub(super) fn unified(key: &DocumentKey, old: Option<&Value>, new: Option<&Value>) -> String {
    let facts = key.kind.facts();
    let place = [facts.plural, &key.namespace, &key.name]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    let yaml = |value: Option<&Value>| {
        value.map_or_else(String::new, |value| {
            check::to_yaml(value).unwrap_or_default()
        })
    };
    let name = |side: &str, value: Option<&Value>| match value {
        Some(_) => format!("{side}/{place}"),
        None => "/dev/null".to_owned(),
    };
    text((&name("a", old), &yaml(old)), (&name("b", new), &yaml(new)))
}

/// Unified diff of two named texts; empty where they are the same.
pub(super) fn text((old_name, old): (&str, &str), (new_name, new): (&str, &str)) -> String {
    if old == new {
        return String::new();
    }
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(old_name, new_name)
        .to_string()
}
