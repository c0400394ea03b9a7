//! Errors as answers: RFC 9457 under `/v1`, Kubernetes' Status under `/apis`.

use axum::{
    Json,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{kubernetes, server, types::ProblemDetails};
use crate::{
    catalog::{self, Class},
    check::Diagnostic,
};

/// Why a request is not answered as asked.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    /// Stable word: the end of `type`, and Kubernetes' `reason`.
    pub(super) reason: &'static str,
    pub(super) detail: String,
    pub(super) errors: Vec<Diagnostic>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            reason,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", detail)
    }

    pub(super) fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Gone", detail)
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", detail)
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", detail)
    }

    pub(super) fn invalid(errors: Vec<Diagnostic>) -> Self {
        let count = errors.iter().filter(|error| error.is_error()).count();
        let detail = format!(
            "{count} error{} in the documents; nothing was changed",
            if count == 1 { "" } else { "s" }
        );
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", detail)
        }
    }

    /// As RFC 9457 has it.
    pub(super) fn problem(self) -> ProblemDetails {
        let title = self.status.canonical_reason().unwrap_or(self.reason);
        ProblemDetails {
            kind: format!("https://netloft.dev/problems/{}", self.reason),
            title: title.to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            errors: self.errors,
        }
    }

    /// A text that cannot be read so far that it is known what it declares.
    pub(super) fn unreadable(errors: Vec<Diagnostic>) -> Self {
        let detail = match errors.first() {
            Some(first) => format!("the body cannot be read: {}", first.message),
            None => "the body cannot be read".to_owned(),
        };
        Self {
            errors,
            ..Self::bad_request(detail)
        }
    }
}

impl From<catalog::Error> for ApiError {
    fn from(error: catalog::Error) -> Self {
        let detail = error.to_string();
        let (status, reason) = match error.class() {
            Class::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid"),
            Class::Conflict => (StatusCode::CONFLICT, "Conflict"),
            Class::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge"),
            Class::OutOfSpace => (StatusCode::INSUFFICIENT_STORAGE, "OutOfSpace"),
            Class::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "Overloaded"),
            Class::Gone => (StatusCode::GONE, "Gone"),
            Class::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            Class::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        };
        Self::new(status, reason, detail)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self.problem())).into_response();
        may_come_again(status, &mut response);
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        response
    }
}

/// Tells when to come again, where there is no room now.
pub(super) fn may_come_again(status: StatusCode, response: &mut Response) {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let soon = HeaderValue::from_static(server::RETRY_AFTER);
        response.headers_mut().insert(header::RETRY_AFTER, soon);
    }
}

/// `error` in the words of those who ask for `uri`.
pub(super) fn for_path(uri: &Uri, error: ApiError) -> Response {
    if kubernetes::serves(uri.path()) {
        kubernetes::Refused::from(error).into_response()
    } else {
        error.into_response()
    }
}

pub(super) async fn no_route(uri: Uri) -> Response {
    let detail = format!("there is nothing at {}", uri.path());
    for_path(&uri, ApiError::not_found(detail))
}

pub(super) async fn no_method(method: Method, uri: Uri) -> Response {
    let detail = format!("{} does not take {method}", uri.path());
    for_path(
        &uri,
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", detail),
    )
}
