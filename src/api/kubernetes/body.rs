//! What a request brings: a text, and what it says the text is.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};

use super::Refused;
use crate::{
    api::{error::ApiError, extract::unread},
    check::limits,
};

/// A body, within its limit.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// `Content-Type` without its parameters; empty where none was told.
    media: String,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let media = request.headers().get(header::CONTENT_TYPE);
        let media = media
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default();
        let media = media.trim().to_ascii_lowercase();
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self { media, bytes }),
            Err(why) => Err(unread(&why, limits::DOCUMENT_BYTES).into()),
        }
    }
}

impl Sent {
    pub(super) fn media(&self) -> &str {
        &self.media
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The text of a document, in JSON or YAML.
    pub(super) fn document(&self) -> Result<&str, Refused> {
        match &*self.media {
            "" | "application/json" | "application/yaml" | "application/x-yaml" | "text/yaml" => {
                Ok(self.text()?)
            }
            _ => Err(self.not_taken(&["application/json", "application/yaml"])),
        }
    }

    /// Whether it is written for people, who want to be told lines.
    pub(super) fn has_lines(&self) -> bool {
        self.media.ends_with("yaml")
    }

    pub(super) fn text(&self) -> Result<&str, ApiError> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let place = error.valid_up_to();
            ApiError::bad_request(format!("the body is not UTF-8 at byte {place}"))
        })
    }

    /// The refusal of a body of another type than `taken`.
    pub(super) fn not_taken(&self, taken: &[&str]) -> Refused {
        let detail = format!(
            "{:?} is not taken here: send {}",
            self.media,
            taken.join(", ")
        );
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        ApiError::new(status, "UnsupportedMediaType", detail).into()
    }
}
