//! Whether this process lives, whether it is ready, its figures, and what did not compile.

use axum::{
    Json,
    extract::State as Shared,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    State,
    error::ApiError,
    extract::{Nothing, Query},
    types::Info,
};
use crate::snapshot::Problem;

/// The media type of `/metrics`.
pub(super) const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Ready once the first view is compiled and published.
pub(super) async fn ready(Shared(state): Shared<State>) -> Response {
    match state.compiled.revision() {
        Some(revision) => format!("ok: revision {revision} is published\n").into_response(),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the documents are being compiled\n",
        )
            .into_response(),
    }
}

pub(super) async fn metrics(Shared(state): Shared<State>) -> Result<Response, ApiError> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &state.registry).map_err(|error| {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            error.to_string(),
        )
    })?;
    Ok(([(header::CONTENT_TYPE, METRICS)], text).into_response())
}

pub(super) async fn problems(
    Shared(state): Shared<State>,
    Query(Nothing {}): Query<Nothing>,
) -> Json<Vec<Problem>> {
    Json(state.compiled.problems().to_vec())
}

pub(super) async fn info(
    Shared(state): Shared<State>,
    Query(Nothing {}): Query<Nothing>,
) -> Json<Info> {
    Json(Info {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        grpc: state.grpc.to_string(),
    })
}
