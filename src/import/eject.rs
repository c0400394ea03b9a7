//! What a proxy is given, and its bootstrap, to one file that needs no control plane.
//!
//! Routes and endpoints are written into what names them. A key that was hidden cannot be given back:
//! it is told where it belongs, for its file to be named there.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Configuration, Resource, Unfit, Why,
    configuration::{asks_ads, hidden},
};
use crate::{
    envoy::TYPE,
    snapshot::{CLUSTER, ENDPOINTS, LISTENER, ROUTES, TYPES, TypeIx},
};

/// Resources by name.
type Named = BTreeMap<String, Value>;

/// Makes one file of `given`, the resources of a proxy as (API, name, JSON form), and of `kept`, its
/// bootstrap without netloft's parts.
///
/// # Errors
/// All that a file cannot hold.
pub fn eject<'a>(
    given: impl IntoIterator<Item = (&'a str, &'a str, &'a Value)>,
    mut kept: Configuration,
) -> Result<Value, Vec<Unfit>> {
    let mut by_type: BTreeMap<TypeIx, Named> = BTreeMap::new();
    let mut unfit = Vec::new();
    for (api, name, value) in given {
        let Some(ty) = (0..).zip(&TYPES).find(|(_, ty)| ty.api == api) else {
            unfit.push(Unfit::new(format!("{api} {name}"), Why::OtherType));
            continue;
        };
        let mut value = value.clone();
        if let Value::Object(fields) = &mut value {
            fields.shift_remove(TYPE);
        }
        let named = by_type.entry(TypeIx(ty.0)).or_default();
        named.insert(name.to_owned(), value);
    }
    let mut take = |ty| by_type.remove(&ty).unwrap_or_default();
    let (clusters, listeners) = (take(CLUSTER), take(LISTENER));
    let (endpoints, mut routes) = (take(ENDPOINTS), take(ROUTES));
    for table in routes.values_mut() {
        // A table that is served may name clusters that are not there; one in a file may not.
        if let Value::Object(fields) = table {
            fields
                .entry("validate_clusters")
                .or_insert(Value::Bool(false));
        }
    }
    for (ty, left) in &by_type {
        for name in left.keys() {
            let place = format!("{} {name}", ty.info().api);
            unfit.push(Unfit::new(place, Why::OtherType));
        }
    }
    let clusters = clusters.into_iter().map(|(name, mut cluster)| {
        with_endpoints(&name, &mut cluster, &endpoints);
        Resource::of(CLUSTER, cluster)
    });
    let listeners = listeners.into_values().map(|mut listener| {
        with_routes(&mut listener, &routes);
        Resource::of(LISTENER, listener)
    });
    let all: Vec<Resource> = clusters.chain(listeners).collect();
    let there: Vec<_> = kept
        .resources
        .iter()
        .map(|it| (it.ty, it.name.clone()))
        .collect();
    // What an Envoy has from its bootstrap it takes from nobody else.
    let new = all
        .into_iter()
        .filter(|it| !there.contains(&(it.ty, it.name.clone())));
    for resource in new {
        let called = resource.to_string();
        let asks = asks_ads(&resource.value).into_iter();
        let asks = asks.map(|place| Unfit::new(format!("{called}: {place}"), Why::OtherType));
        unfit.extend(asks);
        let hides = hidden(&resource.value).into_iter();
        let hides = hides.map(|place| Unfit::new(format!("{called}: {place}"), Why::Hidden));
        unfit.extend(hides);
        kept.resources.push(resource);
    }
    if unfit.is_empty() {
        Ok(kept.into_bootstrap())
    } else {
        Err(unfit)
    }
}

/// Whether what stands under `source` is read from a file of the proxy's own machine.
fn is_a_file(source: &Value) -> bool {
    source.get("path_config_source").is_some() || source.get("path").is_some()
}

fn with_endpoints(name: &str, cluster: &mut Value, endpoints: &Named) {
    let eds = &cluster["eds_cluster_config"];
    if eds.is_null() || is_a_file(&eds["eds_config"]) {
        return;
    }
    let service = eds["service_name"].as_str().unwrap_or(name);
    let assigned = endpoints.get(service).cloned();
    let assigned = assigned.unwrap_or_else(|| json!({"cluster_name": service}));
    if let Value::Object(fields) = cluster {
        fields.shift_remove("eds_cluster_config");
        fields.insert("type".to_owned(), "STATIC".into());
        fields.insert("load_assignment".to_owned(), assigned);
    }
}

/// Each table of routes in the place of its name. One that is not there is left to be told.
fn with_routes(value: &mut Value, routes: &Named) {
    match value {
        Value::Object(fields) => {
            let table = fields
                .get("rds")
                .filter(|rds| !is_a_file(&rds["config_source"]));
            let table = table.and_then(|rds| routes.get(rds["route_config_name"].as_str()?));
            if let Some(table) = table {
                let replaced = std::mem::take(fields).into_iter();
                let replaced = replaced.map(|(name, value)| match name.as_str() {
                    "rds" => ("route_config".to_owned(), table.clone()),
                    _ => (name, value),
                });
                *fields = replaced.collect::<Map<String, Value>>();
            }
            for value in fields.values_mut() {
                with_routes(value, routes);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| with_routes(item, routes)),
        _ => {}
    }
}
