//! `POST /v1/apply`: many documents, one transaction, one revision.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{
    State,
    aside::aside,
    body,
    error::ApiError,
    extract::{Body, Query},
    owner::{self, NotPruned},
    types::{ApplyAnswer, DocumentOutcome, File},
    write::{Change, Refused, now, write},
};
use crate::{
    catalog::{self, Applied, Catalog, Edit, Outcome, Receipt, Terms},
    check::{self, Diagnostic, Source},
    model::{DEFAULT_NAMESPACE, Document},
};

/// The files of one apply.
pub type Files = Vec<File>;

/// How an apply is meant.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Only tell what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// Who asks; kept with the revision. Absent: the program that asks.
    #[serde(default)]
    pub author: String,
    /// Why; kept with the revision.
    #[serde(default)]
    pub message: String,
    /// Namespace of documents that name none; absent: `default`.
    pub namespace: Option<String>,
    /// What is referred to and does not exist is a warning.
    #[serde(default)]
    pub allow_dangling: bool,
    /// What the documents name is to go.
    #[serde(default)]
    pub delete: bool,
    /// All documents belong to this owner (label `netloft.dev/owner`), and what else belongs to it
    /// goes in the same transaction.
    pub prune: Option<String>,
    /// What tells this request from others; see [`Receipt`].
    #[serde(skip)]
    pub receipt: Option<Receipt>,
}

/// An apply that was turned down; nothing was written.
#[derive(Debug)]
pub enum Invalid {
    /// All that is wrong with the documents.
    Documents(Vec<Diagnostic>),
    /// What belongs to an owner is not as the apply takes it to be.
    Owner(NotPruned),
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
    if let Some(owner) = &request.prune {
        if request.delete {
            return Err(Invalid::Owner(NotPruned::Deleting));
        }
        owner::mark(&mut checked.documents, owner).map_err(Invalid::Owner)?;
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
        receipt: request.receipt.clone(),
    };
    let written = write(catalog, terms, request.allow_dangling, |current| {
        let mut change = change.clone();
        if let Some(owner) = &request.prune {
            let gone = owner::gone(current, &change.edits, owner)?;
            change.edits.extend(gone);
        }
        Ok(change)
    });
    written.await.map_err(|refused| match refused {
        Refused::Documents(diagnostics) => Invalid::Documents(diagnostics),
        Refused::Catalog(error) => Invalid::Catalog(error),
        Refused::Caller(reason) => Invalid::Owner(reason),
    })
}

pub(super) async fn post(
    Shared(state): Shared<State>,
    Query(request): Query<Request>,
    uri: Uri,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let work = move |runtime: &Handle| {
        let (files, mut request) = asked(&headers, &body, request)?;
        request.receipt = receipt(&uri, &headers, &body)?;
        let begun = Instant::now();
        let result = runtime.block_on(apply(&state.catalog, &files, &request));
        let took = begun.elapsed().as_secs_f64();
        state.telemetry.metrics.apply_seconds.observe(took);
        Ok((request.dry_run, result?))
    };
    let (dry_run, (applied, warnings)) = aside(work).await?;
    // Only what a receipt tells has no documents with it.
    let replayed = applied.documents.len() < applied.outcomes.len();
    let documents = applied
        .outcomes
        .iter()
        .map(|(key, outcome)| DocumentOutcome {
            kind: key.kind.facts().kind.to_owned(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            outcome: word(*outcome).to_owned(),
        });
    let mut answer = Json(ApplyAnswer {
        revision: applied.revision.0,
        dry_run,
        documents: documents.collect(),
        warnings,
    })
    .into_response();
    if replayed {
        let yes = HeaderValue::from_static("true");
        answer.headers_mut().insert("idempotency-replayed", yes);
    }
    Ok(answer)
}

/// The files of a request, and how it is meant.
pub(super) fn asked(
    headers: &HeaderMap,
    body: &[u8],
    mut request: Request,
) -> Result<(Files, Request), ApiError> {
    let body = body::files(headers, body)?;
    request.delete |= body.delete;
    if request.author.is_empty() {
        let agent = headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        let program = agent.and_then(|agent| agent.split([' ', '/']).next());
        request.author = program.unwrap_or("api").to_owned();
    }
    Ok((body.files, request))
}

/// What an `Idempotency-Key` stands for: the whole request.
fn receipt(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Option<Receipt>, ApiError> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > 255 {
        return Err(ApiError::bad_request(
            "Idempotency-Key has 1 to 255 visible ASCII characters",
        ));
    }
    let mut hasher = blake3::Hasher::new();
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes);
    for part in [uri.query().unwrap_or_default().as_bytes(), kind, body] {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Ok(Some(Receipt {
        key: key.to_owned(),
        request: *hasher.finalize().as_bytes(),
    }))
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Documents(errors) => Self::invalid(errors),
            Invalid::Catalog(error) => error.into(),
            Invalid::Owner(reason @ NotPruned::Theirs { .. }) => Self::conflict(reason.to_string()),
            Invalid::Owner(reason) => Self::bad_request(reason.to_string()),
        }
    }
}

pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Configured => "configured",
        Outcome::Unchanged => "unchanged",
        Outcome::Deleted => "deleted",
        Outcome::NotFound => "notFound",
    }
}
