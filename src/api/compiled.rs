//! `GET /v1/compiled`: the resources that one document is compiled into, and who has them.
//!
//! Read from what connected proxies are given: where none is, nothing is told. It looks at every
//! resource of every scope, which is for one document at a time and for people.

use std::collections::BTreeMap;

use axum::{Json, extract::State as Shared};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    State,
    error::ApiError,
    extract::Query,
    proxies::places,
    types::{Compiled, CompiledResource, Holder},
};
use crate::{
    model::{DEFAULT_NAMESPACE, Kind},
    snapshot::Provenance,
};

/// Which document.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Question {
    /// Its kind, as `HTTPRoute`.
    kind: String,
    /// Its namespace; absent: `default`.
    namespace: Option<String>,
    /// Its name.
    name: String,
}

pub(super) async fn get(
    Shared(state): Shared<State>,
    Query(question): Query<Question>,
) -> Result<Json<Compiled>, ApiError> {
    let kind = Kind::by_name(&question.kind)
        .ok_or_else(|| ApiError::not_found(format!("{:?} is no kind", question.kind)))?;
    let namespace = match kind.facts().namespaced {
        true => question.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE),
        false => "",
    };
    let kind = kind.facts().kind;
    let is_from = |place: &&Provenance| {
        let of = (&*place.kind, &*place.namespace, &*place.name);
        of == (kind, namespace, &*question.name)
    };
    let current = state.catalog.current();
    let mut found: BTreeMap<_, CompiledResource> = BTreeMap::new();
    for stream in state.cache.streams() {
        for status in &stream.types {
            let Some(snapshot) = &status.current else {
                continue;
            };
            let open = status.differences();
            for resource in snapshot.iter(status.ty) {
                let from: Vec<Provenance> = resource
                    .provenance()
                    .iter()
                    .filter(is_from)
                    .cloned()
                    .collect();
                if from.is_empty() || !status.wants(resource.name()) {
                    continue;
                }
                let name = resource.name();
                let proxy_state = if status.rejected.iter().any(|one| one.name == *name) {
                    "rejected"
                } else if open.iter().any(|one| one.name == *name) {
                    "pending"
                } else {
                    "accepted"
                };
                let version = resource.version().to_string();
                let key = (status.ty, name.clone(), version.clone());
                let entry = found.entry(key).or_insert_with(|| CompiledResource {
                    api: status.ty.info().api.to_owned(),
                    name: name.to_string(),
                    version,
                    bytes: resource.message().len() as u64,
                    from: places(&from, &current),
                    proxies: Vec::new(),
                });
                entry.proxies.push(Holder {
                    name: stream.peer.proxy.to_string(),
                    state: proxy_state.to_owned(),
                });
            }
        }
    }
    let mut resources: Vec<CompiledResource> = found.into_values().collect();
    for resource in &mut resources {
        resource.proxies.sort();
        resource.proxies.dedup();
    }
    Ok(Json(Compiled { resources }))
}
