//! Gateways of one class that take the same host name on one port: their proxies open the port once
//! and serve the routes of both there.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::place_of;
use crate::{
    check::{Code, Diagnostic, World},
    model::{Document, DocumentKey, Gateway, GatewayListener, Kind, Spec},
};

/// Class, port and host name in lower case.
type Taken = (Arc<str>, u16, Option<String>);

/// Looks for Gateways that take the same as the changed ones.
pub(super) struct Gateways<'w> {
    world: &'w dyn World,
    changed: &'w HashSet<DocumentKey>,
    /// By precedence.
    taken: OnceCell<HashMap<Taken, Vec<(&'w Document, usize)>>>,
}

impl<'w> Gateways<'w> {
    pub(super) fn new(changed: &'w HashSet<DocumentKey>, world: &'w dyn World) -> Self {
        Self {
            world,
            changed,
            taken: OnceCell::new(),
        }
    }

    /// What `document` clashes with.
    pub(super) fn seek(&self, document: &Document) -> Vec<Diagnostic> {
        let Spec::Gateway(gateway) = &document.spec else {
            return Vec::new();
        };
        let own = self.world.precedence(document);
        let mut found = Vec::new();
        for (i, listener) in gateway.listeners.iter().enumerate() {
            let all = self.taken().get(&taken(gateway, listener));
            let others = all.into_iter().flatten();
            let mut others = others.filter(|(other, _)| other.key() != document.key());
            // Of two that change together the later one is told of the earlier one.
            let told = |other: &Document| {
                !self.changed.contains(&other.key()) || self.world.precedence(other) < own
            };
            if let Some((other, place)) = others.find(|(other, _)| told(other)) {
                found.push(clash(gateway, listener, i, (other, *place)));
            }
        }
        found
    }

    fn taken(&self) -> &HashMap<Taken, Vec<(&'w Document, usize)>> {
        self.taken.get_or_init(|| {
            let mut all: HashMap<Taken, Vec<(&Document, usize)>> = HashMap::new();
            let mut documents: Vec<_> = self.world.documents(Kind::Gateway).collect();
            documents.sort_by_cached_key(|document| self.world.precedence(document));
            for document in documents {
                let Spec::Gateway(gateway) = &document.spec else {
                    continue;
                };
                for (place, listener) in gateway.listeners.iter().enumerate() {
                    let key = taken(gateway, listener);
                    all.entry(key).or_default().push((document, place));
                }
            }
            all
        })
    }
}

fn taken(gateway: &Gateway, listener: &GatewayListener) -> Taken {
    let host = listener.hostname.as_ref();
    let host = host.map(|host| host.to_ascii_lowercase());
    (gateway.gateway_class_name.clone(), listener.port, host)
}

fn clash(
    gateway: &Gateway,
    listener: &GatewayListener,
    place: usize,
    (other, other_place): (&Document, usize),
) -> Diagnostic {
    let field = match listener.hostname {
        Some(_) => "hostname",
        None => "port",
    };
    let what = match &listener.hostname {
        Some(host) => format!("{host} on port {}", listener.port),
        None => format!("every host name on port {}", listener.port),
    };
    let there = place_of(other, &format!("/spec/listeners/{other_place}"));
    Diagnostic::new(
        Code::SAME_LISTENER,
        format!("{} takes {what} already", other.key()),
    )
    .pointer(format!("/spec/listeners/{place}/{field}"))
    .found(format!(
        "{there}, for the same proxies: class {:?}",
        gateway.gateway_class_name
    ))
    .suggest(Some(
        "give one of the two another port or hostname, or another gatewayClassName",
    ))
    .effect("the routes of both Gateways are tried together there")
}
