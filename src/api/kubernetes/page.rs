//! Lists in pages: all pages of a list are as of the revision of its first.

use std::sync::Arc;

use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

use super::{
    Place, Refused,
    list::Wanted,
    selection::Selection,
    version::{Match, Version},
};
use crate::{
    api::{State, error::ApiError},
    catalog::{Portion, Stored},
    model::DocumentKey,
    snapshot::Revision,
};

/// A part of a list.
pub(super) struct Page {
    /// As of when the list is.
    pub(super) revision: Revision,
    pub(super) documents: Vec<Arc<Stored>>,
    /// What to ask for the next part with; none: this was the last.
    pub(super) next: Option<String>,
}

/// Where a list goes on. Opaque to clients.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    /// The life of the store that the revision is of.
    epoch: String,
    revision: u64,
    namespace: Arc<str>,
    name: Arc<str>,
}

/// Documents that are read at once to find those that are selected.
const CHUNK: usize = 500;

/// The next part of what is selected at `place`.
pub(super) async fn read(
    state: &State,
    place: &Place,
    wanted: &Wanted,
    version: &Version,
    selection: &Selection,
) -> Result<Page, Refused> {
    let epoch = state.catalog.epoch().await?;
    let (revision, mut after) = match wanted.proceed().map(Token::read).transpose()? {
        Some(token) if token.epoch != epoch => return Err(restored()),
        Some(token) => {
            let after = DocumentKey {
                kind: place.kind,
                namespace: token.namespace,
                name: token.name,
            };
            (Revision(token.revision), Some(after))
        }
        None => match version {
            Version::At(revision, Match::Exact) => (*revision, None),
            _ => (state.catalog.current().revision, None),
        },
    };
    let limit = wanted.limit.filter(|limit| *limit > 0);
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let mut documents = Vec::new();
    loop {
        let namespace = place.namespace.as_deref();
        let portion = state
            .catalog
            .list_at(place.kind, namespace, revision, after.as_ref(), CHUNK);
        let Portion {
            documents: found,
            more,
        } = portion.await?;
        let last = found.last().map(|(key, _)| key.clone());
        for (key, stored) in found {
            if !selection.fits(&stored.document) {
                continue;
            }
            if documents.len() == limit {
                // There is one more: the list goes on behind the last that was taken.
                let next = after
                    .as_ref()
                    .map(|after| Token::after(&epoch, revision, after));
                return Ok(Page {
                    revision,
                    documents,
                    next: next.transpose()?,
                });
            }
            documents.push(stored);
            after = Some(key);
        }
        if !more {
            return Ok(Page {
                revision,
                documents,
                next: None,
            });
        }
        if documents.len() < limit {
            after = last;
        }
    }
}

impl Token {
    fn after(epoch: &str, revision: Revision, key: &DocumentKey) -> Result<String, Refused> {
        let token = Self {
            epoch: epoch.to_owned(),
            revision: revision.0,
            namespace: key.namespace.clone(),
            name: key.name.clone(),
        };
        let json = serde_json::to_vec(&token).map_err(|error| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            ApiError::new(status, "InternalError", error.to_string())
        })?;
        Ok(BASE64.encode(json))
    }

    fn read(text: &str) -> Result<Self, Refused> {
        let json = BASE64.decode(text).ok();
        json.and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| Refused::bad_request("continue is not what an earlier list told"))
    }
}

fn restored() -> Refused {
    let detail = "the documents were restored from a backup since this list was begun: begin again";
    ApiError::new(StatusCode::GONE, "Expired", detail).into()
}
