//! `resourceVersion` and `resourceVersionMatch`: as of when a list or a watch is.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;

use super::{Refused, status::Cause};
use crate::{
    api::{State, error::ApiError},
    catalog::Current,
    snapshot::Revision,
};

/// As of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// As of now, which is never older than what the client has seen here.
    Any,
    /// As of this revision.
    At(Revision, Match),
}

/// How exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// Of it or of a later one.
    NotOlderThan,
    /// Of it.
    Exact,
}

/// How long a revision that is not here yet is waited for: another replica may be ahead.
const AHEAD: Duration = Duration::from_secs(3);

impl Version {
    pub(super) fn parse(version: Option<&str>, exactness: Option<&str>) -> Result<Self, Refused> {
        let exactness = match exactness {
            None | Some("" | "NotOlderThan") => Match::NotOlderThan,
            Some("Exact") => Match::Exact,
            Some(other) => {
                return Err(Refused::bad_request(&format!(
                    "resourceVersionMatch is {other:?}: there are Exact and NotOlderThan"
                )));
            }
        };
        match version.unwrap_or_default() {
            "" | "0" if exactness == Match::Exact => Err(Refused::bad_request(
                "resourceVersionMatch=Exact needs a resourceVersion",
            )),
            "" | "0" => Ok(Self::Any),
            text => match text.parse() {
                Ok(revision) => Ok(Self::At(Revision(revision), exactness)),
                Err(_) => Err(Refused::bad_request(&format!(
                    "resourceVersion is {text:?}: take it from an object or a list"
                ))),
            },
        }
    }

    /// All documents, once they are as new as that.
    pub(super) async fn wait(self, state: &State) -> Result<Arc<Current>, Refused> {
        let Self::At(revision, _) = self else {
            return Ok(state.catalog.current());
        };
        let mut current = state.catalog.watch();
        let reached = current.wait_for(|current| current.revision >= revision);
        match tokio::time::timeout(AHEAD, reached).await {
            Ok(Ok(current)) => Ok(current.clone()),
            _ => Err(ahead(revision, state.catalog.current().revision)),
        }
    }
}

fn ahead(asked: Revision, newest: Revision) -> Refused {
    let detail = format!("Too large resource version: {asked}, current: {newest}");
    let error = ApiError::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", detail.clone());
    Refused::from(error).because(vec![Cause {
        reason: "ResourceVersionTooLarge",
        message: detail,
        field: String::new(),
    }])
}
