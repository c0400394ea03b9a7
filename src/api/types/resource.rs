//! What a proxy is given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Place;
use crate::snapshot::TYPES;

/// What stands for every type.
pub const ALL_TYPES: &str = "all";

/// What each type is called, and its API: `clusters` and `CDS`.
pub fn type_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    TYPES.iter().map(|info| (info.noun, info.api))
}

/// Answer of `GET /v1/proxies/{id}/xds/{type}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// The resources it is to have, by name.
    pub resources: Vec<ResourceEntry>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceEntry {
    /// Its type's API: `CDS`, `EDS`, ..
    pub api: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `accepted`, `pending` or `rejected`.
    pub state: String,
    /// The documents it was compiled from.
    pub from: Vec<Place>,
    /// The resource as Envoy writes it in JSON.
    pub resource: Value,
}
