//! What a document is compiled into.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;

/// Answer of `GET /v1/compiled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compiled {
    /// In send order of their types, then by name; one that proxies have in several versions is
    /// told once for each.
    pub resources: Vec<CompiledResource>,
}

/// One resource that a document has a part in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompiledResource {
    /// `CDS`, `EDS`, `LDS` or `RDS`.
    pub api: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its size.
    pub bytes: u64,
    /// Which places of the document.
    pub from: Vec<Place>,
    /// The connected proxies that are given it, by name.
    pub proxies: Vec<Holder>,
}

/// A proxy that is given a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// What it calls itself.
    pub name: String,
    /// `accepted`, `pending` or `rejected`.
    #[schemars(extend("enum" = ["accepted", "pending", "rejected"]))]
    pub state: String,
}
