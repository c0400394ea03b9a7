//! GET of many documents: all that are selected, in pages or at once, as of one revision; or, with
//! `watch=true`, what becomes of them.

use axum::{extract::State as Shared, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Form, Objects, Place, Refused,
    page::{self, Page},
    query::Asked,
    selection::Selection,
    version::{Match, Version},
    watch,
};
use crate::api::State;

/// What a list, a watch or the deletion of many is asked with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wanted {
    label_selector: Option<String>,
    field_selector: Option<String>,
    pub(super) limit: Option<u64>,
    #[serde(rename = "continue")]
    proceed: Option<String>,
    resource_version: Option<String>,
    resource_version_match: Option<String>,
    watch: Option<String>,
    pub(super) allow_watch_bookmarks: Option<bool>,
    pub(super) send_initial_events: Option<bool>,
    pub(super) timeout_seconds: Option<u64>,
}

impl Wanted {
    pub(super) fn selection(&self) -> Result<Selection, Refused> {
        Selection::parse(
            self.label_selector.as_deref(),
            self.field_selector.as_deref(),
        )
    }

    pub(super) fn version(&self) -> Result<Version, Refused> {
        Version::parse(
            self.resource_version.as_deref(),
            self.resource_version_match.as_deref(),
        )
    }

    /// Where an earlier answer ended.
    pub(super) fn proceed(&self) -> Option<&str> {
        self.proceed.as_deref().filter(|token| !token.is_empty())
    }

    /// `true` and `1`, as Kubernetes reads them.
    fn is_watch(&self) -> bool {
        let watch = self.watch.as_deref();
        watch.is_some_and(|watch| !["false", "0"].contains(&watch))
    }
}

pub(super) async fn list(
    Shared(state): Shared<State>,
    place: Place,
    form: Form,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Refused> {
    if wanted.is_watch() {
        return watch::watch(state, place, form, wanted).await;
    }
    let selection = wanted.selection()?;
    let version = wanted.version()?;
    let current = version.wait(&state).await?;
    let objects = Objects::new(&state);
    let at_once = wanted.limit.unwrap_or_default() == 0 && wanted.proceed().is_none();
    let exactly = matches!(version, Version::At(_, Match::Exact));
    if at_once && !exactly {
        let all = current.list(place.kind, place.namespace.as_deref());
        let items = all
            .filter(|(_, stored)| selection.fits(&stored.document))
            .map(|(_, stored)| objects.render(stored));
        let meta = json!({ "resourceVersion": current.revision.to_string() });
        let body = form.list(place.kind, &items.collect::<Vec<_>>(), &meta);
        return form.respond(StatusCode::OK, &body);
    }
    let Page {
        revision,
        documents,
        next,
    } = page::read(&state, &place, &wanted, &version, &selection).await?;
    let items: Vec<Value> = documents
        .iter()
        .map(|stored| objects.render(stored))
        .collect();
    let mut meta = json!({ "resourceVersion": revision.to_string() });
    if let Some(next) = next {
        meta["continue"] = next.into();
    }
    form.respond(StatusCode::OK, &form.list(place.kind, &items, &meta))
}
