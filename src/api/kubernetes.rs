//! `/api` and `/apis`: documents in the shape of Kubernetes' API, so that `kubectl` and the libraries
//! of that world work. Its rules are those of Kubernetes' API conventions; `docs/api.md` tells which
//! of them hold.
//!
//! A verb or a concern a file. Two seams: [`Objects`] renders what is stored, [`super::write`] is
//! the way by which everything is written.
//!
//! Absent on purpose: kinds by name. What is served follows from `Kind::ALL`.

mod answer;
mod body;
mod commit;
mod create;
mod declared;
mod delete;
mod discovery;
mod get;
mod labels;
mod list;
mod object;
mod openapi;
mod page;
mod patch;
mod place;
mod precondition;
mod query;
mod replace;
mod selection;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod version;
mod watch;

use axum::{Router, extract::DefaultBodyLimit, routing::get};

use super::State;
use crate::check::limits;

use answer::Form;
use object::Objects;
pub(super) use object::seconds;
use place::Place;
pub(super) use status::Refused;

/// Everything that Kubernetes' clients ask for.
pub(super) fn routes() -> Router<State> {
    let mut router = Router::new()
        .route("/version", get(discovery::version))
        .route("/api", get(discovery::core))
        .route("/api/v1", get(discovery::core_version))
        .route("/apis", get(discovery::groups))
        .route("/apis/{group}", get(discovery::group))
        .route("/apis/{group}/{version}", get(discovery::group_version))
        .route("/openapi/v3", get(openapi::index))
        .route("/openapi/v3/{*version}", get(openapi::of_version));
    for version in ["/api/{version}", "/apis/{group}/{version}"] {
        for namespace in ["", "/namespaces/{namespace}"] {
            let collection = get(list::list)
                .post(create::create)
                .delete(delete::selected);
            let document = get(get::get)
                .put(replace::replace)
                .patch(patch::patch)
                .delete(delete::one);
            router = router
                .route(&format!("{version}{namespace}/{{plural}}"), collection)
                .route(
                    &format!("{version}{namespace}/{{plural}}/{{name}}"),
                    document,
                );
        }
    }
    router.layer(DefaultBodyLimit::max(limits::DOCUMENT_BYTES))
}

/// Whether errors at `path` are told in Kubernetes' words.
pub(super) fn serves(path: &str) -> bool {
    ["/api", "/apis", "/openapi/v3"].iter().any(|root| {
        let rest = path.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
