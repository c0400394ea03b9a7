//! Places in documents: where what is compiled comes from.

use std::sync::{Arc, LazyLock};

use crate::{model::Kind, snapshot::Provenance, view::Name};

/// The whole spec.
pub(super) const SPEC: &str = "/spec";

/// One `Arc` for each kind's name: provenance is kept by the thousand.
static KINDS: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
    Kind::ALL
        .iter()
        .map(|kind| kind.facts().kind.into())
        .collect()
});
static WHOLE_SPEC: LazyLock<Arc<str>> = LazyLock::new(|| SPEC.into());

/// The place `pointer` (RFC 6901) in the document of `kind` named `name`.
pub(super) fn at(kind: Kind, name: &Name, pointer: &str) -> Provenance {
    let text = Kind::ALL
        .iter()
        .position(|each| *each == kind)
        .and_then(|place| KINDS.get(place).cloned());
    Provenance {
        kind: text.unwrap_or_else(|| kind.facts().kind.into()),
        namespace: name.namespace.clone(),
        name: name.name.clone(),
        pointer: if pointer == SPEC {
            WHOLE_SPEC.clone()
        } else {
            pointer.into()
        },
    }
}

/// The rule at `index` of an HTTPRoute.
pub(super) fn rule(route: &Name, index: usize) -> Provenance {
    at(Kind::HttpRoute, route, &format!("/spec/rules/{index}"))
}
