//! The answer of `/config_dump`: a configuration with what the Envoy was given by a control plane.
//!
//! Routes and endpoints that it was given are served by netloft from now on, so what names them asks
//! for them on netloft's stream. Endpoints are dumped as they are, with what health checks found: such
//! a finding of a moment is left out.
//!
//! Absent on purpose: sections that repeat what others hold (static parts), and resources that are
//! still warming or were rejected.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Configuration, Resource, Unfit, Why,
    configuration::{asks_ads, hidden, kind},
};
use crate::{
    envoy::TYPE,
    snapshot::{CLUSTER, ENDPOINTS, LISTENER, ROUTES, TypeIx},
};

/// Reads the fields of a `ConfigDump`; what cannot be taken over goes to `unfit`.
pub(super) fn read(fields: Map<String, Value>, unfit: &mut Vec<Unfit>) -> Configuration {
    let sections = match fields.into_iter().find(|(name, _)| name == "configs") {
        Some((_, Value::Array(sections))) => sections,
        _ => Vec::new(),
    };
    let mut configuration = Configuration::default();
    let mut dynamic = Vec::new();
    for mut section in sections {
        let ty = section[TYPE].as_str().unwrap_or_default().to_owned();
        match ty.rsplit('.').next().unwrap_or_default() {
            "BootstrapConfigDump" => {
                if let Value::Object(bootstrap) = section["bootstrap"].take() {
                    configuration = Configuration::of_bootstrap(bootstrap);
                    configuration.bootstrap.shift_remove("dynamic_resources");
                    forget_what_it_says_of_itself(&mut configuration.bootstrap);
                }
            }
            "ClustersConfigDump" => {
                let all = list(&mut section, "dynamic_active_clusters");
                dynamic.extend(all.map(|mut it| of(CLUSTER, it["cluster"].take())));
            }
            "ListenersConfigDump" => {
                let all = list(&mut section, "dynamic_listeners");
                let active = all.map(|mut it| it["active_state"]["listener"].take());
                dynamic.extend(active.filter(|it| !it.is_null()).map(|it| of(LISTENER, it)));
            }
            "RoutesConfigDump" => {
                let all = list(&mut section, "dynamic_route_configs");
                dynamic.extend(all.map(|mut it| of(ROUTES, it["route_config"].take())));
            }
            "EndpointsConfigDump" => {
                let all = list(&mut section, "dynamic_endpoint_configs");
                dynamic.extend(all.map(|mut it| of(ENDPOINTS, it["endpoint_config"].take())));
            }
            "ScopedRoutesConfigDump" => other(&section, "dynamic_scoped_route_configs", unfit),
            "EcdsConfigDump" => other(&section, "ecds_filters", unfit),
            _ => {}
        }
    }
    configuration.resources.append(&mut dynamic);
    drop_our_local(&mut configuration);
    let all = configuration.resources.iter();
    let there: BTreeSet<(TypeIx, Arc<str>)> = all.map(|it| (it.ty, it.name.clone())).collect();
    let checked: BTreeSet<String> = configuration.resources.iter().filter_map(health).collect();
    for resource in &mut configuration.resources {
        let called = resource.to_string();
        if resource.ty == ENDPOINTS {
            forget_no_weight(&mut resource.value);
        }
        if resource.ty == ENDPOINTS && checked.contains(&*resource.name) {
            forget_health(&mut resource.value);
        }
        sources(&mut resource.value, &called, &there, unfit);
        for place in hidden(&resource.value) {
            unfit.push(Unfit::new(format!("{called}: {place}"), Why::Hidden));
        }
    }
    for place in hidden(&Value::Object(configuration.bootstrap.clone())) {
        unfit.push(Unfit::new(format!("bootstrap: {place}"), Why::Hidden));
    }
    configuration
}

fn list(section: &mut Value, field: &str) -> impl Iterator<Item = Value> + use<> {
    let items = match section[field].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    items.into_iter()
}

fn of(ty: TypeIx, mut value: Value) -> Resource {
    if let Value::Object(fields) = &mut value {
        fields.shift_remove(TYPE);
    }
    Resource::of(ty, value)
}

fn other(section: &Value, field: &str, unfit: &mut Vec<Unfit>) {
    let count = section[field].as_array().map_or(0, Vec::len);
    if count > 0 {
        unfit.push(Unfit::new(
            format!("{field}: {count} resources"),
            Why::OtherType,
        ));
    }
}

/// What netloft's own bootstrap made: a local cluster without endpoints.
fn is_of_netloft(resource: &Resource) -> bool {
    resource.ty == CLUSTER
        && &*resource.name == super::stays::LOCAL
        && resource.value["load_assignment"] == json!({"cluster_name": super::stays::LOCAL})
}

/// Takes out what netloft's own bootstrap made, which is made again.
fn drop_our_local(configuration: &mut Configuration) {
    let before = configuration.resources.len();
    configuration.resources.retain(|it| !is_of_netloft(it));
    if configuration.resources.len() < before
        && let Some(Value::Object(manager)) = configuration.bootstrap.get_mut("cluster_manager")
    {
        manager.shift_remove("local_cluster_name");
        if manager.is_empty() {
            configuration.bootstrap.shift_remove("cluster_manager");
        }
    }
}

/// A dump's node tells which Envoy it is besides what it was told.
fn forget_what_it_says_of_itself(bootstrap: &mut Map<String, Value>) {
    const OWN: [&str; 5] = [
        "user_agent_name",
        "user_agent_version",
        "user_agent_build_version",
        "extensions",
        "client_features",
    ];
    if let Some(Value::Object(node)) = bootstrap.get_mut("node") {
        node.retain(|field, _| !OWN.contains(&field.as_str()));
    }
}

/// What a cluster calls its endpoints, where the health in a dump is what this Envoy found itself.
fn health(cluster: &Resource) -> Option<String> {
    let finds = ["health_checks", "outlier_detection"];
    let finds = finds.iter().any(|field| cluster.value.get(field).is_some());
    (cluster.ty == CLUSTER && finds).then(|| endpoints_of(cluster))
}

fn endpoints_of(cluster: &Resource) -> String {
    let service = cluster.value["eds_cluster_config"]["service_name"].as_str();
    service.unwrap_or(&cluster.name).to_owned()
}

/// A weight that is not set is dumped as 0, which Envoy does not take.
fn forget_no_weight(endpoints: &mut Value) {
    if let Value::Array(localities) = &mut endpoints["endpoints"] {
        for locality in localities.iter_mut().filter_map(Value::as_object_mut) {
            if locality
                .get("load_balancing_weight")
                .is_some_and(|it| it == 0)
            {
                locality.shift_remove("load_balancing_weight");
            }
        }
    }
}

fn forget_health(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.shift_remove("health_status");
            fields.values_mut().for_each(forget_health);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_health),
        _ => {}
    }
}

/// Lets `value` ask netloft for the routes and endpoints that are taken over with it.
fn sources(
    value: &mut Value,
    called: &str,
    there: &BTreeSet<(TypeIx, Arc<str>)>,
    unfit: &mut Vec<Unfit>,
) {
    let name = value["name"].as_str().unwrap_or_default().to_owned();
    ask(value, &name, called, there, unfit);
    for place in asks_ads(value) {
        let taken = ["rds.config_source", "eds_cluster_config.eds_config"];
        if !taken.iter().any(|end| place.ends_with(end)) {
            unfit.push(Unfit::new(format!("{called}: {place}"), Why::OtherType));
        }
    }
}

fn ask(
    value: &mut Value,
    name: &str,
    called: &str,
    there: &BTreeSet<(TypeIx, Arc<str>)>,
    unfit: &mut Vec<Unfit>,
) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let (source, ty, wanted) = match field.as_str() {
                    "rds" => ("config_source", ROUTES, value["route_config_name"].as_str()),
                    "eds_cluster_config" => {
                        let service = value["service_name"].as_str();
                        ("eds_config", ENDPOINTS, service.or(Some(name)))
                    }
                    _ => {
                        ask(value, name, called, there, unfit);
                        continue;
                    }
                };
                let wanted: Arc<str> = wanted.unwrap_or_default().into();
                if value[source].get("path_config_source").is_some() {
                    continue;
                }
                if there.contains(&(ty, wanted.clone())) {
                    value[source] = json!({"ads": {}, "resource_api_version": "V3"});
                } else {
                    let place = format!("{called}: {} {wanted}", kind(ty));
                    unfit.push(Unfit::new(place, Why::NotInDump));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                ask(item, name, called, there, unfit);
            }
        }
        _ => {}
    }
}
