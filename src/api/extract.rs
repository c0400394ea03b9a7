//! Parts of a request, read so that what does not fit is told in the API's own form.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery},
    http::request::Parts,
};
use serde::{Deserialize, Deserializer, de, de::DeserializeOwned};

use super::error::ApiError;
use crate::model;

/// The query, every parameter of which must be known.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match AxumQuery::from_request_parts(parts, state).await {
            Ok(AxumQuery(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let why = text.rsplit_once("query string: ").map_or(&*text, |it| it.1);
                Err(ApiError::bad_request(format!("in the query: {why}")))
            }
        }
    }
}

/// What stands in the path.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match AxumPath::from_request_parts(parts, state).await {
            Ok(AxumPath(path)) => Ok(Self(path)),
            Err(rejection) => Err(ApiError::bad_request(format!(
                "in the path {:?}: {}",
                parts.uri.path(),
                rejection.body_text()
            ))),
        }
    }
}

/// A time to wait, as `30s`, `1m30s` or `250ms`.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let parse = |text: String| model::Duration::parse(&text).map(model::Duration::get);
    text.map(parse).transpose().map_err(de::Error::custom)
}
