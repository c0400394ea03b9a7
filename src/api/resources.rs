//! `GET /v1/proxies/{id}/xds/{type}`: what one proxy is given, as Envoy writes it in JSON.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State as Shared, http::StatusCode};
use prost_reflect::DynamicMessage;
use serde_json::Value;

use super::{
    State,
    error::ApiError,
    extract::{Nothing, Path, Query},
    proxies::{places, unknown},
    types::{ALL_TYPES, ResourceEntry, Resources, type_names},
};
use crate::{
    catalog::Current,
    envoy::{self, Secrets},
    snapshot::{Resource, TYPES, TypeIx, type_called},
    xds::cache::TypeStatus,
};

pub(super) async fn list(
    Shared(state): Shared<State>,
    Path((id, wanted)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<Resources>, ApiError> {
    let wanted = types(&wanted)?;
    let streams = state.cache.streams();
    let streams: Vec<_> = streams
        .iter()
        .filter(|stream| stream.peer.proxy.as_str() == id)
        .collect();
    if streams.is_empty() {
        return Err(unknown(&id));
    }
    let current = state.catalog.current();
    let mut resources = Vec::new();
    for stream in streams {
        for status in stream
            .types
            .iter()
            .filter(|status| wanted.contains(&status.ty))
        {
            of_type(status, &current, &mut resources)?;
        }
    }
    Ok(Json(Resources { resources }))
}

/// The types that `wanted` stands for: one by any of its names, or `all`.
fn types(wanted: &str) -> Result<Vec<TypeIx>, ApiError> {
    if wanted.eq_ignore_ascii_case(ALL_TYPES) {
        return Ok((0..).zip(&TYPES).map(|(ix, _)| TypeIx(ix)).collect());
    }
    let unknown = || {
        let names: Vec<_> = type_names().map(|(noun, _)| noun).collect();
        let names = names.join(", ");
        ApiError::not_found(format!("{wanted:?} is no type: there are {names} and all"))
    };
    Ok(vec![type_called(wanted).ok_or_else(unknown)?])
}

fn of_type(
    status: &TypeStatus,
    current: &Current,
    into: &mut Vec<ResourceEntry>,
) -> Result<(), ApiError> {
    let Some(snapshot) = &status.current else {
        return Ok(());
    };
    let pending: BTreeSet<Arc<str>> = status
        .differences()
        .into_iter()
        .map(|one| one.name)
        .collect();
    let rejected: BTreeSet<&Arc<str>> = status.rejected.iter().map(|one| &one.name).collect();
    for resource in snapshot
        .iter(status.ty)
        .filter(|resource| status.wants(resource.name()))
    {
        let state = if rejected.contains(resource.name()) {
            "rejected"
        } else if pending.contains(resource.name()) {
            "pending"
        } else {
            "accepted"
        };
        into.push(ResourceEntry {
            api: status.ty.info().api.to_owned(),
            name: resource.name().to_string(),
            version: resource.version().to_string(),
            state: state.to_owned(),
            from: places(resource.provenance(), current),
            resource: json(resource)?,
        });
    }
    Ok(())
}

/// The resource in proto3's JSON, with Envoy's own field names and nothing secret in it.
pub(super) fn json(resource: &Resource) -> Result<Value, ApiError> {
    let failed = |why: String| {
        let detail = format!("{} cannot be shown: {why}", resource.name());
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", detail)
    };
    let url = resource.ty().info().url;
    let message = envoy::descriptor(url)
        .ok_or_else(|| failed(format!("there is no descriptor for {url}")))?;
    let message = DynamicMessage::decode(message, resource.message())
        .map_err(|error| failed(error.to_string()))?;
    Ok(envoy::json(&message, Secrets::Hidden))
}
