//! What proxies of a class would be served, compiled from documents alone.

use std::sync::Arc;

use prost_reflect::DynamicMessage;

use super::Resource;
use crate::{
    envoy::{self, Secrets},
    model::Document,
    reconcile::graph::Graph,
    snapshot::{Problem, Severity, TYPES, TypeIx},
    view::{Change, Facts, MeshView},
};

/// What `documents` give a proxy of `class` in `namespace`.
///
/// # Errors
/// What does not compile as declared, where that is not only a warning.
pub(super) fn served(
    documents: &[Arc<Document>],
    class: &str,
    namespace: &str,
) -> Result<Vec<Resource>, Vec<Problem>> {
    let changes: Vec<Change> = documents
        .iter()
        .map(|document| (document.key(), Some(document.clone())))
        .collect();
    let (view, changed) = MeshView::default().apply(1, &changes);
    let mut graph = Graph::default();
    graph.update(view, &changed);
    let (_, snapshot) = graph.open_scope(&Facts {
        class: class.into(),
        namespace: namespace.into(),
        ..Facts::nobody()
    });
    let problems = graph.problems();
    let wrong: Vec<Problem> = problems
        .into_iter()
        .filter(|it| it.severity == Severity::Error)
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let types = (0..).zip(&TYPES).map(|(ix, _)| TypeIx(ix));
    let all = types.flat_map(|ty| {
        let mut all: Vec<_> = snapshot.iter(ty).collect();
        all.sort_by_key(|resource| resource.name().clone());
        all
    });
    let decoded = all.filter_map(|resource| {
        let of = envoy::descriptor(resource.ty().info().url)?;
        let message = DynamicMessage::decode(of, resource.message()).ok()?;
        Some(Resource {
            ty: resource.ty(),
            name: resource.name().clone(),
            value: envoy::json(&message, Secrets::Shown),
        })
    });
    Ok(decoded.collect())
}
