//! Parts of a request, read so that what does not fit is told in the API's own form.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Path as AxumPath, Query as AxumQuery, Request,
        rejection::BytesRejection,
    },
    http::{StatusCode, request::Parts},
};
use serde::{Deserialize, Deserializer, de, de::DeserializeOwned};

use super::{error::ApiError, server::Broken};
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

/// Nothing can be asked for besides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

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

/// The whole body, within the limit of the route.
#[derive(Debug)]
pub(super) struct Body(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await;
        Ok(Self(bytes.map_err(|why| unread(&why, super::MAX_APPLY))?))
    }
}

/// Why a body that may be of `limit` bytes was not read.
pub(super) fn unread(why: &BytesRejection, limit: usize) -> ApiError {
    if why.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            format!("the body is larger than {} MiB", limit >> 20),
        );
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(why);
    while let Some(error) = cause {
        if let Some(broken) = error.downcast_ref::<Broken>() {
            return (*broken).into();
        }
        cause = error.source();
    }
    ApiError::bad_request(format!("the body broke off: {}", why.body_text()))
}

/// A time to wait, as `30s`, `1m30s` or `250ms`.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let parse = |text: String| model::Duration::parse(&text).map(model::Duration::get);
    text.map(parse).transpose().map_err(de::Error::custom)
}
