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
mod routes;
mod selection;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod version;
mod watch;

use answer::Form;
use object::Objects;
pub(super) use object::seconds;
pub(super) use openapi::schemas;
use place::Place;
pub(super) use routes::routes;
pub(super) use status::Refused;

/// Whether errors at `path` are told in Kubernetes' words.
pub(super) fn serves(path: &str) -> bool {
    ["/api", "/apis", "/openapi/v3", "/version"]
        .iter()
        .any(|root| {
            let rest = path.strip_prefix(root);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}
