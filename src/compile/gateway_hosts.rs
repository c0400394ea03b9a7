//! Which host names the Gateways of a class take on one port, and which routes each has.
//!
//! Rules: Gateway API, "Listener.hostname", "AllowedRoutes", "HTTPRouteSpec.hostnames". A request
//! is for the most specific host name alone: where none of its rules match, the answer is 404 and
//! no wider host name is asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Lens, Output, Product, hostname};
use crate::{
    model::{GatewayListener, Kind, Precedence, Spec},
    view::{Index, Name, Parent, ParentKind},
};

/// Host names by which requests enter on `port`, with the HTTPRoutes of each by precedence.
pub(super) fn compile(class: &Arc<str>, port: u16, lens: &mut Lens<'_>) -> Output {
    let mut hosts: BTreeMap<Arc<str>, BTreeSet<(&Precedence, Name)>> = BTreeMap::new();
    for gateway in lens.entry(Index::GatewaysOf(class.clone())) {
        let Some(Spec::Gateway(spec)) = lens.spec(Kind::Gateway, gateway) else {
            continue;
        };
        let listeners: Vec<_> = spec.listeners.iter().filter(|it| it.port == port).collect();
        if listeners.is_empty() {
            continue;
        }
        for route in lens.entry(Index::RoutesOf(ParentKind::Gateway, gateway.clone())) {
            let Some(attachment) = lens.attachment(route) else {
                continue;
            };
            for parent in attachment.to(ParentKind::Gateway, gateway) {
                for listener in listeners.iter().filter(|it| {
                    names_listener(parent, it) && it.admits(&gateway.namespace, &route.namespace)
                }) {
                    for host in self::hosts(listener, &attachment.hostnames) {
                        let route = (&attachment.precedence, route.clone());
                        hosts.entry(host).or_default().insert(route);
                    }
                }
            }
        }
    }
    let hosts = hosts
        .into_iter()
        .map(|(host, routes)| (host, routes.into_iter().map(|(_, name)| name).collect()))
        .collect();
    Output {
        product: Product::GatewayHosts(Arc::new(hosts)),
        problems: Vec::new(),
    }
}

/// Whether `parent` means this listener of the Gateway it names.
pub(super) fn names_listener(parent: &Parent, listener: &GatewayListener) -> bool {
    parent.port.is_none_or(|port| port == listener.port)
        && parent
            .section
            .as_ref()
            .is_none_or(|name| *name == listener.name)
}

/// The host names that a route of these `hostnames` has on a listener, in lower case as Envoy
/// compares them; `*` for all. None: it is not attached there.
#[must_use]
pub fn hosts(listener: &GatewayListener, hostnames: &[Arc<str>]) -> BTreeSet<Arc<str>> {
    let any: Arc<str> = hostname::ANY.into();
    let taken = listener.hostname.as_ref().unwrap_or(&any);
    let asked = if hostnames.is_empty() {
        std::slice::from_ref(&any)
    } else {
        hostnames
    };
    asked
        .iter()
        .filter_map(|host| hostname::common(taken, host))
        .map(|host| host.to_ascii_lowercase().into())
        .collect()
}
