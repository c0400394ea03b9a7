//! A refusal as Kubernetes' clients read it: `Status`, with the causes that `kubectl` prints.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    api::{
        error::{ApiError, may_come_again},
        write,
    },
    catalog,
    check::{Code, Diagnostic},
    model::DocumentKey,
};

/// Why a request is not answered as asked, told as `Status`.
#[derive(Debug)]
pub(in crate::api) struct Refused(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    error: ApiError,
    about: Option<DocumentKey>,
    causes: Vec<Cause>,
}

/// One of the things that are wrong.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Cause {
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) field: String,
}

impl Refused {
    pub(super) fn bad_request(detail: &str) -> Self {
        ApiError::bad_request(detail).into()
    }

    /// The document `key` is not there.
    pub(super) fn gone(key: &DocumentKey) -> Self {
        Self::from(ApiError::not_found(format!("{key} does not exist"))).about(key)
    }

    /// The document `key` is there without having been declared, and stays.
    pub(super) fn always(key: &DocumentKey) -> Self {
        let detail = format!("{key} always exists");
        Self::from(ApiError::new(StatusCode::FORBIDDEN, "Forbidden", detail)).about(key)
    }

    /// The same, told to be about `key` unless it is about something already.
    pub(super) fn or_about(self, key: &DocumentKey) -> Self {
        match self.0.about {
            Some(_) => self,
            None => self.about(key),
        }
    }

    /// The same, told to be about `key`.
    pub(super) fn about(mut self, key: &DocumentKey) -> Self {
        self.0.about = Some(key.clone());
        self
    }

    /// The same with `causes` of its own.
    pub(super) fn because(mut self, causes: Vec<Cause>) -> Self {
        self.0.causes = causes;
        self
    }

    /// As an object: the body of an answer, or of an event of a watch.
    pub(super) fn object(&self) -> Value {
        let errors = self.0.error.errors.iter().filter(|error| error.is_error());
        let mut causes: Vec<Cause> = self
            .0
            .causes
            .iter()
            .cloned()
            .chain(errors.map(cause))
            .collect();
        let mut details = json!({});
        if let Some(key) = &self.0.about {
            let facts = key.kind.facts();
            details = json!({ "name": key.name, "group": facts.group, "kind": facts.plural });
        }
        if causes.is_empty() && self.0.error.reason == "Invalid" {
            // All that `kubectl` prints of an object that is invalid.
            causes.push(Cause {
                reason: "FieldValueInvalid",
                message: self.0.error.detail.clone(),
                field: String::new(),
            });
        }
        if !causes.is_empty() {
            details["causes"] = json!(causes);
        }
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.0.error.detail,
            "reason": self.0.error.reason,
            "details": details,
            "code": self.0.error.status.as_u16(),
        });
        if !self.0.error.errors.is_empty() {
            status["errors"] = json!(self.0.error.errors);
        }
        status
    }
}

/// A diagnostic in the words of Kubernetes' causes.
fn cause(error: &Diagnostic) -> Cause {
    let reason = match error.code {
        Code::MISSING_FIELD => "FieldValueRequired",
        Code::DUPLICATE | Code::DECLARED_TWICE | Code::DUPLICATE_KEY => "FieldValueDuplicate",
        Code::NOT_A_CHOICE | Code::UNKNOWN_KIND | Code::NOT_YET => "FieldValueNotSupported",
        code if code.is_dangling() => "FieldValueNotFound",
        _ => "FieldValueInvalid",
    };
    let mut message = error.message.clone();
    if let Some(expected) = &error.expected {
        message += &format!("; expected {expected}");
    }
    if let Some(suggestion) = &error.suggestion {
        message += &format!("; {suggestion}");
    }
    Cause {
        reason,
        message: format!("{message} [{}]", error.code),
        field: error.field(),
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self(Box::new(Refusal {
            error,
            about: None,
            causes: Vec::new(),
        }))
    }
}

impl From<catalog::Error> for Refused {
    fn from(error: catalog::Error) -> Self {
        let error = ApiError::from(error);
        let reason = match error.status {
            // The word that tells clients to list again.
            StatusCode::GONE => "Expired",
            _ => error.reason,
        };
        ApiError { reason, ..error }.into()
    }
}

impl From<write::Refused<Self>> for Refused {
    fn from(refused: write::Refused<Self>) -> Self {
        match refused {
            write::Refused::Documents(errors) => ApiError::invalid(errors).into(),
            write::Refused::Catalog(error) => error.into(),
            write::Refused::Caller(refused) => refused,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.0.error.status;
        let mut response = (status, Json(self.object())).into_response();
        may_come_again(status, &mut response);
        response
    }
}
