//! `/api` and `/apis`: documents in the shape of Kubernetes' API, so that `kubectl` and the libraries
//! of that world work. Its rules are those of Kubernetes' API conventions; `docs/api.md` tells which
//! of them hold.
//!
//! A verb or a concern a file. Two seams: [`Objects`] renders what is stored, [`super::write`] is
//! the way by which everything is written.
//!
//! Absent on purpose: kinds by name. What is served follows from `Kind::ALL`.

mod delete;
mod get;
mod list;
mod object;
mod place;
mod status;

use axum::{Router, routing::get};

use super::State;

pub(super) use object::seconds;

use object::Objects;
use place::Place;
use status::Refused;

/// Everything under `/api` and `/apis`.
pub(super) fn routes() -> Router<State> {
    let mut router = Router::new();
    for version in ["/api/{version}", "/apis/{group}/{version}"] {
        let collection = || get(list::list);
        let document = || get(get::get).delete(delete::delete);
        router = router
            .route(&format!("{version}/{{plural}}"), collection())
            .route(&format!("{version}/{{plural}}/{{name}}"), document())
            .route(
                &format!("{version}/namespaces/{{namespace}}/{{plural}}"),
                collection(),
            )
            .route(
                &format!("{version}/namespaces/{{namespace}}/{{plural}}/{{name}}"),
                document(),
            );
    }
    router
}
