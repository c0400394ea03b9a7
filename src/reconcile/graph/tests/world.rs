//! Compiled scopes, looked at.

use std::{collections::BTreeMap, sync::Arc};

use prost_reflect::DynamicMessage;
use serde_json::Value;

use crate::{
    envoy,
    model::Document,
    reconcile::graph::Graph,
    snapshot::{ROUTES, Resource, Snapshot, TYPES, TypeIx},
    view::{Change, MeshView, worlds::put},
};

/// A graph that holds `documents`, compiled from nothing.
pub(super) fn graph_of<'a>(documents: impl IntoIterator<Item = &'a Arc<Document>>) -> Graph {
    let changes: Vec<Change> = documents.into_iter().map(put).collect();
    let (view, changed) = MeshView::default().apply(1, &changes);
    let mut graph = Graph::default();
    graph.update(view, &changed);
    graph
}

/// All types, in send order.
pub(super) fn types() -> impl Iterator<Item = TypeIx> {
    (0..).zip(&TYPES).map(|(ix, _)| TypeIx(ix))
}

/// What matters of a resource: its bytes, what it names and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    message: Vec<u8>,
    version: String,
    refs: Vec<String>,
    provenance: Vec<String>,
}

/// Everything a scope holds. Panics where a name stands in two layers.
pub(super) fn held(snapshot: &Snapshot) -> BTreeMap<(TypeIx, Arc<str>), Held> {
    let mut all = BTreeMap::new();
    for ty in types() {
        for resource in snapshot.iter(ty) {
            let refs = resource.refs().iter();
            let held = Held {
                message: resource.message().to_vec(),
                version: resource.version().to_string(),
                refs: refs.map(|to| format!("{:?} {}", to.to, to.name)).collect(),
                provenance: resource
                    .provenance()
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            };
            let twice = all.insert((ty, resource.name().clone()), held);
            assert!(twice.is_none(), "{ty:?} {} twice", resource.name());
        }
    }
    all
}

/// A scope's resources as JSON, by API and name.
pub(super) fn as_json(snapshot: &Snapshot) -> Value {
    let mut apis = serde_json::Map::new();
    for ty in types() {
        // Nothing is compiled into the others: they are raw.
        if ty > ROUTES && snapshot.len(ty) == 0 {
            continue;
        }
        let mut sorted: Vec<_> = snapshot.iter(ty).collect();
        sorted.sort_by_key(|resource| resource.name().clone());
        let resources = sorted
            .into_iter()
            .map(|it| (it.name().to_string(), message(it)));
        apis.insert(ty.info().api.to_owned(), Value::Object(resources.collect()));
    }
    Value::Object(apis)
}

fn message(resource: &Resource) -> Value {
    let descriptor = envoy::descriptor(resource.ty().info().url).unwrap();
    let message = DynamicMessage::decode(descriptor, resource.message()).unwrap();
    envoy::json(&message, envoy::Secrets::Hidden)
}
