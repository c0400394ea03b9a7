//! A refusal as Kubernetes' clients read it: `Status`.

use axum::response::{IntoResponse, Response};

use crate::{
    api::{error::ApiError, write},
    catalog,
};

/// Why a request is not answered as asked, told as `Status`.
#[derive(Debug)]
pub(super) struct Refused(pub(super) ApiError);

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<catalog::Error> for Refused {
    fn from(error: catalog::Error) -> Self {
        Self(error.into())
    }
}

impl From<write::Refused<ApiError>> for Refused {
    fn from(refused: write::Refused<ApiError>) -> Self {
        Self(match refused {
            write::Refused::Documents(errors) => ApiError::invalid(errors),
            write::Refused::Catalog(error) => error.into(),
            write::Refused::Caller(error) => error,
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.status()
    }
}
