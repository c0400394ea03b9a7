//! `POST /v1/apply`: many documents, one transaction, one revision.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    body::Bytes,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;

use super::{
    State,
    error::ApiError,
    extract::Query,
    types::{ApplyAnswer, ApplyBody, DocumentOutcome, File},
    write::{Change, Refused, now, write},
};
use crate::{
    catalog::{self, Applied, Catalog, Edit, Outcome, Terms},
    check::{self, Diagnostic, Source},
    model::{DEFAULT_NAMESPACE, Document},
};

/// The files of one apply.
pub type Files = Vec<File>;

/// How an apply is meant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Only tell what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// Who asks; kept with the revision.
    #[serde(default)]
    pub author: String,
    /// Why; kept with the revision.
    #[serde(default)]
    pub message: String,
    /// Namespace of documents that name none.
    pub namespace: Option<String>,
    /// What is referred to and does not exist is a warning.
    #[serde(default)]
    pub allow_dangling: bool,
    /// What the documents name is to go.
    #[serde(default)]
    pub delete: bool,
}

/// An apply that was turned down; nothing was written.
#[derive(Debug)]
pub enum Invalid {
    /// All that is wrong with the documents.
    Documents(Vec<Diagnostic>),
    /// The store could not take them.
    Catalog(catalog::Error),
}

/// Checks `files` and commits them, all or nothing.
///
/// # Errors
/// [`Invalid`]; then nothing was written.
pub async fn apply(
    catalog: &Catalog,
    files: &[File],
    request: &Request,
) -> Result<(Applied, Vec<Diagnostic>), Invalid> {
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|file| Source {
            file: (!file.name.is_empty()).then_some(&*file.name),
            text: &file.text,
        })
        .collect();
    let namespace = request.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
    let mut checked = check::documents(&sources, namespace);
    for document in &mut checked.documents {
        document.origin.source = "apply".into();
    }
    let put = |document: Document| match request.delete {
        true => Edit::Delete(document.key()),
        false => Edit::Put(Arc::new(document)),
    };
    let change = Change {
        edits: checked.documents.into_iter().map(put).collect(),
        found: checked.diagnostics,
        unreadable: checked.unreadable,
    };
    let terms = Terms {
        author: request.author.clone(),
        message: request.message.clone(),
        dry_run: request.dry_run,
        at: now(),
    };
    let written = write(catalog, terms, request.allow_dangling, |_| {
        Ok::<_, std::convert::Infallible>(change.clone())
    });
    written.await.map_err(|refused| match refused {
        Refused::Documents(diagnostics) => Invalid::Documents(diagnostics),
        Refused::Catalog(error) => Invalid::Catalog(error),
        Refused::Caller(never) => match never {},
    })
}

pub(super) async fn post(
    Shared(state): Shared<State>,
    Query(mut request): Query<Request>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ApplyAnswer>, ApiError> {
    let files = files(&headers, &body, &mut request)?;
    let begun = Instant::now();
    let result = apply(&state.catalog, &files, &request).await;
    state
        .telemetry
        .metrics
        .apply_seconds
        .observe(begun.elapsed().as_secs_f64());
    let (applied, warnings) = result.map_err(|invalid| match invalid {
        Invalid::Documents(errors) => ApiError::invalid(errors),
        Invalid::Catalog(error) => error.into(),
    })?;
    let documents = applied
        .outcomes
        .iter()
        .map(|(key, outcome)| DocumentOutcome {
            kind: key.kind.facts().kind.to_owned(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            outcome: word(*outcome).to_owned(),
        });
    Ok(Json(ApplyAnswer {
        revision: applied.revision.0,
        dry_run: request.dry_run,
        documents: documents.collect(),
        warnings,
    }))
}

/// The files in `body`: one text, or JSON that names several.
fn files(headers: &HeaderMap, body: &[u8], request: &mut Request) -> Result<Files, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/json" => {
            let body: ApplyBody = serde_json::from_slice(body).map_err(|error| {
                ApiError::bad_request(format!(
                    "the body is not {{\"files\": [{{\"name\", \"text\"}}]}}: {error}"
                ))
            })?;
            request.delete |= body.delete;
            Ok(body.files)
        }
        "application/yaml" | "application/x-yaml" | "text/yaml" | "" => {
            let text = std::str::from_utf8(body).map_err(|error| {
                ApiError::bad_request(format!(
                    "the body is not UTF-8 at byte {}",
                    error.valid_up_to()
                ))
            })?;
            let name = headers
                .get("x-netloft-file")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            Ok(vec![File {
                name: name.to_owned(),
                text: text.to_owned(),
            }])
        }
        other => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            format!(
                "{other:?} is not taken: send application/yaml, or application/json with files"
            ),
        )),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Configured => "configured",
        Outcome::Unchanged => "unchanged",
        Outcome::Deleted => "deleted",
        Outcome::NotFound => "notFound",
    }
}
