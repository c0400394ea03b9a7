//! `GET /v1/revisions`: history, newest first.

use axum::{Json, extract::State as Shared};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    State,
    error::ApiError,
    extract::Query,
    types::{RevisionEntry, Revisions},
};
use crate::snapshot::Revision;

/// Most revisions of one answer.
const MOST: usize = 1_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Which {
    /// Only those below this one.
    before: Option<u64>,
    /// At most so many, 1 to 1,000; absent: 100.
    limit: Option<usize>,
}

pub(super) async fn list(
    Shared(state): Shared<State>,
    Query(which): Query<Which>,
) -> Result<Json<Revisions>, ApiError> {
    let limit = which.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::bad_request(format!(
            "limit is {limit}; it goes from 1 to {MOST}"
        )));
    }
    let found = state
        .catalog
        .revisions(which.before.map(Revision), limit)
        .await?;
    let revisions = found.into_iter().map(|info| RevisionEntry {
        revision: info.revision.0,
        author: info.meta.author,
        message: info.meta.message,
        at: rfc3339(info.meta.at),
        documents: info
            .keys
            .iter()
            .filter_map(|key| Some(state.catalog.name_of(key)?.to_string()))
            .collect(),
    });
    Ok(Json(Revisions {
        revisions: revisions.collect(),
    }))
}

/// Unix milliseconds as people read them.
pub(super) fn rfc3339(at: u64) -> String {
    let at = i64::try_from(at)
        .ok()
        .and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or_else(String::new, |at| at.to_string())
}
