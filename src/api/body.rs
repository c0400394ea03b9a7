//! The body of an apply or a plan as files.
//!
//! Documents come as they are, in YAML or JSON; several files with their names come as
//! `files: [{name, text}]`, in either as well.

use axum::http::{HeaderMap, StatusCode, header};

use super::{
    error::ApiError,
    types::{ApplyBody, File},
};

/// The files in `body`.
pub(super) fn files(headers: &HeaderMap, body: &[u8]) -> Result<ApplyBody, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let json = match kind.to_ascii_lowercase().as_str() {
        "application/json" => true,
        "application/yaml" | "application/x-yaml" | "text/yaml" | "" => false,
        _ => {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                format!("{kind:?} is not taken: send application/yaml or application/json"),
            ));
        }
    };
    let text = std::str::from_utf8(body).map_err(|error| {
        ApiError::bad_request(format!(
            "the body is not UTF-8 at byte {}",
            error.valid_up_to()
        ))
    })?;
    if names_files(text, json) {
        let read = match json {
            true => serde_json::from_str(text).map_err(|error| error.to_string()),
            false => serde_saphyr::from_str(text).map_err(|error| error.to_string()),
        };
        return read.map_err(|error| {
            ApiError::bad_request(format!(
                "the body is neither documents nor {{\"files\": [{{\"name\", \"text\"}}]}}: {error}"
            ))
        });
    }
    let name = headers
        .get("x-netloft-file")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Ok(ApplyBody {
        files: vec![File {
            name: name.to_owned(),
            text: text.to_owned(),
        }],
        delete: false,
    })
}

/// Whether the first thing in `text` is not a document's: a document begins with one of four fields,
/// in any order.
fn names_files(text: &str, json: bool) -> bool {
    let begins = |key: &str| match json {
        true => {
            let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
            inside.is_some_and(|inside| inside.starts_with(&format!("\"{key}\"")))
        }
        false => text
            .lines()
            .any(|line| line.starts_with(&format!("{key}:"))),
    };
    match json {
        true => !["apiVersion", "kind", "metadata", "spec"]
            .into_iter()
            .any(begins),
        false => begins("files") && !begins("kind"),
    }
}
