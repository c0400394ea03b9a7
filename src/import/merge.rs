//! A proxy's own bootstrap, and what netloft's adds to it, as one.
//!
//! Envoy could merge two files itself, but not these: it would have two admin layers of runtime, and
//! the node's id of the file instead of the one it is known by.

use serde_json::{Map, Value, json};

use super::{Configuration, configuration::OURS, stays::LOCAL};

/// Why the two cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// A cluster has the name of the one that leads to netloft.
    #[error(
        "the file has a cluster {OURS:?}, which is what leads to netloft: give it another name"
    )]
    OurCluster,
}

/// What stands in for [`LOCAL`] where the file has a cluster of that name.
const OTHER_LOCAL: &str = "netloft-local";

/// Puts `ours`, a bootstrap as `netloft bootstrap` makes it, onto `theirs`: theirs stays wherever the
/// two do not exclude each other.
///
/// # Errors
/// [`Clash`]: they exclude each other.
pub fn onto(ours: Value, theirs: Configuration) -> Result<Value, Clash> {
    let clusters = &theirs.resources;
    if clusters.iter().any(|it| &*it.name == OURS) {
        return Err(Clash::OurCluster);
    }
    let taken = clusters.iter().any(|it| &*it.name == LOCAL);
    let mut made = theirs.into_bootstrap();
    let local = made["cluster_manager"]["local_cluster_name"].is_string();
    let Value::Object(ours) = ours else {
        return Ok(made);
    };
    for (field, ours) in ours {
        let theirs = made[&field].take();
        made[&field] = match field.as_str() {
            _ if theirs.is_null() && field != "static_resources" => ours,
            "node" => node(theirs, &ours),
            "admin" => with_address(theirs, &ours),
            "stats_sinks" => joined(theirs, ours),
            "layered_runtime" => runtime(theirs, ours),
            "cluster_manager" => under(theirs, ours),
            "static_resources" => statics(theirs, ours, local),
            _ => theirs,
        };
    }
    if taken && !local {
        rename_local(&mut made);
    }
    Ok(made)
}

/// Known by our id, of our class, and else as it was.
fn node(mut theirs: Value, ours: &Value) -> Value {
    theirs["id"] = ours["id"].clone();
    if theirs["cluster"].as_str().unwrap_or_default().is_empty() {
        theirs["cluster"] = ours["cluster"].clone();
    }
    theirs["metadata"]["netloft"] = ours["metadata"]["netloft"].clone();
    theirs
}

fn with_address(mut theirs: Value, ours: &Value) -> Value {
    if theirs["address"].is_null() {
        theirs["address"] = ours["address"].clone();
    }
    theirs
}

fn joined(theirs: Value, ours: Value) -> Value {
    let items = |value| match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    items(theirs).into_iter().chain(items(ours)).collect()
}

/// `theirs`, and of `ours` the fields that it has not.
fn under(theirs: Value, ours: Value) -> Value {
    let (mut fields, ours) = match (theirs, ours) {
        (Value::Object(fields), Value::Object(ours)) => (fields, ours),
        (theirs, _) => return theirs,
    };
    for (name, value) in ours {
        fields.entry(name).or_insert(value);
    }
    fields.into()
}

/// Their layers, and those of ours that ask somebody: of admin layers there can be one.
fn runtime(theirs: Value, mut ours: Value) -> Value {
    let is_own =
        |layer: &Value| layer.get("static_layer").is_some() || layer.get("admin_layer").is_some();
    if let Value::Array(layers) = &mut ours["layers"] {
        layers.retain(|layer| !is_own(layer));
    }
    let mut theirs = theirs;
    let layers = joined(ours["layers"].take(), theirs["layers"].take());
    theirs["layers"] = layers;
    theirs
}

/// `local`: they have a local cluster of their own.
fn statics(theirs: Value, mut ours: Value, local: bool) -> Value {
    if let (Value::Array(clusters), true) = (&mut ours["clusters"], local) {
        clusters.retain(|cluster| cluster["name"] != LOCAL);
    }
    let mut made = if theirs.is_null() {
        Value::Object(Map::new())
    } else {
        theirs
    };
    made["clusters"] = joined(made["clusters"].take(), ours["clusters"].take());
    made
}

/// Ours is the last of that name.
fn rename_local(made: &mut Value) {
    made["cluster_manager"]["local_cluster_name"] = OTHER_LOCAL.into();
    if let Value::Array(clusters) = &mut made["static_resources"]["clusters"] {
        let ours = clusters.iter_mut().rev().find(|it| it["name"] == LOCAL);
        if let Some(ours) = ours {
            ours["name"] = OTHER_LOCAL.into();
            ours["load_assignment"] = json!({"cluster_name": OTHER_LOCAL});
        }
    }
}
