//! Which resources stay in the bootstrap, and why.
//!
//! Envoy wants some clusters static: those that the bootstrap itself names, and those through which
//! something is fetched. A secret that stands in a resource stays on the proxy's machine. What is
//! named by a static listener is looked for when Envoy starts, so it is static too.

use std::{collections::BTreeMap, sync::Arc};

use netloft_proto::type_url;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value as Proto};
use serde_json::Value;

use super::{
    Configuration, Reason, Resource,
    configuration::{BOOTSTRAP, kind},
};
use crate::{
    envoy::{self, Named},
    snapshot::{CLUSTER, LISTENER, TypeIx},
};

/// The cluster of netloft's own bootstrap that stands for the proxies themselves.
pub(super) const LOCAL: &str = "local";

/// Resources that stay, by type and name.
pub(super) type Stays = BTreeMap<(TypeIx, Arc<str>), Reason>;

/// What of `configuration` stays in the bootstrap.
pub(super) fn stays(configuration: &Configuration) -> Stays {
    let all = configuration.by_name();
    let mut stays = Stays::new();
    let mut cluster = |name: &str, why: Reason| {
        let key = (CLUSTER, name.into());
        if all.contains_key(&key) {
            stays.entry(key).or_insert(why);
        }
    };
    for (field, value) in &configuration.bootstrap {
        for name in of_bootstrap(field, value) {
            cluster(&name, Reason::Bootstrap(field.clone()));
        }
    }
    let messages = configuration.resources.iter();
    let messages: Vec<(&Resource, DynamicMessage)> = messages
        .filter_map(|resource| Some((resource, resource.message()?)))
        .collect();
    for (resource, message) in &messages {
        for name in fetched_through(message) {
            cluster(&name, Reason::FetchedThrough(resource.to_string()));
        }
    }
    cluster(LOCAL, Reason::NetloftsName);
    for (resource, message) in &messages {
        if let Some(why) = alone(resource, message) {
            stays.insert((resource.ty, resource.name.clone()), why);
        }
    }
    close(&mut stays, &messages);
    stays
}

/// Why a resource stays that nothing else is needed to know of.
fn alone(resource: &Resource, message: &DynamicMessage) -> Option<Reason> {
    if resource.ty == LISTENER && resource.value.get("api_listener").is_some() {
        return Some(Reason::ApiListener);
    }
    envoy::secret(message).map(Reason::Secret)
}

/// What is named by what stays, stays too.
fn close(stays: &mut Stays, messages: &[(&Resource, DynamicMessage)]) {
    let mut looked_at = std::collections::BTreeSet::new();
    loop {
        let next = messages.iter().find(|(resource, _)| {
            let key = (resource.ty, resource.name.clone());
            stays.contains_key(&key) && !looked_at.contains(&key)
        });
        let Some((resource, message)) = next else {
            return;
        };
        looked_at.insert((resource.ty, resource.name.clone()));
        for named in clusters(message) {
            let to = messages.iter().map(|(to, _)| to);
            let mut to = to.filter(|to| to.ty == CLUSTER && *to.name == *named);
            if let Some(to) = to.next() {
                stays.entry((to.ty, to.name.clone())).or_insert_with(|| {
                    Reason::NamedBy(format!("{} {}", kind(resource.ty), resource.name))
                });
            }
        }
    }
}

fn clusters(message: &DynamicMessage) -> impl Iterator<Item = String> + use<> {
    let named = envoy::refs(message).into_iter();
    let clusters = named.filter(|it: &Named| it.type_url == type_url::CLUSTER);
    clusters.map(|it| it.name)
}

/// The clusters that the field `field` of a bootstrap names.
fn of_bootstrap(field: &str, value: &Value) -> Vec<String> {
    let alone = Value::Object([(field.to_owned(), value.clone())].into_iter().collect());
    let read = envoy::descriptor(BOOTSTRAP).map(|of| envoy::message(&of, &alone));
    let message = read.and_then(|read| read.message);
    let mut names: Vec<String> = message.iter().flat_map(clusters).collect();
    texts(
        value,
        &["tcp_cluster_name", "local_cluster_name"],
        &mut names,
    );
    names
}

/// Texts in fields of these names, at any depth.
fn texts(value: &Value, fields: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str() {
                    Some(text) if fields.contains(&name.as_str()) => found.push(text.to_owned()),
                    _ => texts(value, fields, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, fields, found)),
        _ => {}
    }
}

/// The clusters through which `message` has something fetched from a control plane.
fn fetched_through(message: &DynamicMessage) -> Vec<String> {
    let mut found = Vec::new();
    sources(message, &mut found);
    found
}

fn sources(message: &DynamicMessage, found: &mut Vec<String>) {
    let of = message.descriptor();
    match of.full_name() {
        "envoy.config.core.v3.ApiConfigSource" => return found.extend(clusters(message)),
        "google.protobuf.Any" => {
            if let Some(inner) = envoy::unpacked(message) {
                sources(&inner, found);
            }
            return;
        }
        _ => {}
    }
    for (field, value) in message.fields() {
        if matches!(field.kind(), Kind::Message(_)) {
            each(value, found);
        }
    }
}

fn each(value: &Proto, found: &mut Vec<String>) {
    match value {
        Proto::Message(message) => sources(message, found),
        Proto::List(list) => list.iter().for_each(|it| each(it, found)),
        Proto::Map(map) => map.values().for_each(|it| each(it, found)),
        _ => {}
    }
}
