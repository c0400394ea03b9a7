//! What a proxy has: the layers it shares with others, and the units of its own.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Audience, Contents, Door, LayerKey, Lens, Output, Placement, Product, Table, Target, Unit,
    overlay, problems,
    proxy_class::{self, Visible},
    roster,
};
use crate::{
    model::{Kind, Role, Spec},
    view::{Fact, Index, Name},
};

/// What the proxy that is looked at has.
pub(super) fn proxy(lens: &mut Lens<'_>) -> Output {
    let mut contents = match proxy_class::of_proxy(lens) {
        // It named a class that nobody declared: it waits for it, with nothing.
        None => {
            let class = lens.fact(Fact::Class);
            let problems = class.map(problems::undeclared_class).into_iter().collect();
            return Output::contents(Contents::default(), problems);
        }
        Some(class) => match class.role {
            Role::Gateway => Contents {
                shared: lens
                    .fact(Fact::Class)
                    .map(|class| LayerKey::Class(class.clone()))
                    .into_iter()
                    .collect(),
                ..Contents::default()
            },
            Role::Sidecar => {
                let visible = class.visible(lens);
                let mut contents = seeing(&visible, class.audience, lens);
                contents.own.extend([
                    Unit::Listener(Door::Outbound),
                    Unit::RouteConfiguration(Table::Outbound),
                ]);
                contents
            }
            Role::Client => {
                let visible = class.visible(lens);
                client(&visible, lens)
            }
        },
    };
    contents.own.sort_unstable();
    contents.own.dedup();
    let problems = overlay::lay(&mut contents, lens);
    Output::contents(contents, problems)
}

/// What gRPC clients have: that and the short names of their own namespace, where they see it.
fn client(visible: &Visible, lens: &mut Lens<'_>) -> Contents {
    let mut contents = seeing(visible, Audience::Grpc, lens);
    contents.shared.push(LayerKey::GrpcServers);
    let Some(home) = lens.fact(Fact::Namespace) else {
        return contents;
    };
    match visible {
        Visible::All => contents.shared.push(LayerKey::ShortNames(home.clone())),
        Visible::Some {
            namespaces,
            services,
        } => {
            if namespaces.contains(home) {
                contents.shared.push(LayerKey::ShortNames(home.clone()));
            }
            for service in services.iter().filter(|name| name.namespace == *home) {
                let Some(outline) = lens.outline(service) else {
                    continue;
                };
                for port in roster::ports(service, outline) {
                    contents.own.extend(roster::client_at_home(&port, outline));
                }
            }
        }
    }
    contents
}

/// The layers that hold what is visible, and what they lack: services that are seen one by one,
/// and targets that routes of visible services send requests to while their service is not seen.
fn seeing(visible: &Visible, audience: Audience, lens: &mut Lens<'_>) -> Contents {
    let Visible::Some {
        namespaces,
        services,
    } = visible
    else {
        return Contents {
            shared: vec![LayerKey::Mesh(audience)],
            ..Contents::default()
        };
    };
    let mut own = BTreeSet::new();
    let mut targets: BTreeSet<Target> = BTreeSet::new();
    for namespace in namespaces {
        let hosts = lens.output(&Unit::VirtualHosts(namespace.clone(), audience.of_routes()));
        if let Some(Product::VirtualHosts(hosts)) = hosts.map(|output| &output.product) {
            targets.extend(hosts.backends.iter().cloned());
        }
    }
    for service in services {
        own.extend(of_service(service, audience, lens));
        let Some(outline) = lens.outline(service) else {
            continue;
        };
        for port in roster::ports(service, outline) {
            let host = lens.output(&Unit::VirtualHost(port, audience.of_routes()));
            if let Some(Product::VirtualHost(host)) = host.map(|output| &output.product) {
                targets.extend(host.backends.iter().cloned());
            }
        }
    }
    targets.retain(|target| !visible.holds(&target.port.service));
    for target in targets {
        own.extend(of_target(target, audience, lens));
    }
    let layer = |namespace: &Arc<str>| LayerKey::Namespace(namespace.clone(), audience);
    Contents {
        shared: namespaces.iter().map(layer).collect(),
        own: own.into_iter().collect(),
        ..Contents::default()
    }
}

/// What a Service puts into the layer of its namespace.
fn of_service(service: &Name, audience: Audience, lens: &mut Lens<'_>) -> Vec<Unit> {
    let layer = LayerKey::Namespace(service.namespace.clone(), audience);
    let roster = lens.output(&Unit::Roster(service.clone(), audience));
    match roster.map(|output| &output.product) {
        Some(Product::Placements(placements)) => placements
            .iter()
            .filter(|placement| placement.layer.as_ref() == Some(&layer))
            .map(|placement| placement.unit.clone())
            .collect(),
        _ => Vec::new(),
    }
}

fn of_target(target: Target, audience: Audience, lens: &mut Lens<'_>) -> Vec<Unit> {
    match lens.outline(&target.port.service) {
        Some(outline) => roster::of_target(target, outline, audience),
        None => Vec::new(),
    }
}

/// What the gateways of `class` have: a listener and a route configuration for each port of its
/// Gateways, and the clusters that their routes name. A gateway is not given the rest of the mesh:
/// a new service costs it nothing.
pub(super) fn gateway(class: &Arc<str>, lens: &mut Lens<'_>) -> Output {
    if proxy_class::is_of_others(class, lens) {
        return Output::default();
    }
    let gateways = lens.entry(Index::GatewaysOf(class.clone()));
    let found = match proxy_class::resolve(class, lens) {
        None => Err("does not exist"),
        Some(found) if found.role != Role::Gateway => Err("is not one of gateways (role: gateway)"),
        Some(found) => Ok(found.audience),
    };
    let audience = match found {
        Ok(audience) => audience,
        Err(why) => {
            let problem = |gateway| problems::gateway_class(gateway, class, why);
            return Output::problems(gateways.iter().map(problem).collect());
        }
    };
    let mut ports = BTreeSet::new();
    for gateway in gateways {
        if let Some(Spec::Gateway(spec)) = lens.spec(Kind::Gateway, gateway) {
            ports.extend(spec.listeners.iter().map(|listener| listener.port));
        }
    }
    let mut units = BTreeSet::new();
    let mut targets = BTreeSet::new();
    for port in ports {
        let table = Unit::RouteConfiguration(Table::Gateway(class.clone(), port));
        if let Some(Product::Resource(_, named)) = lens.output(&table).map(|output| &output.product)
        {
            targets.extend(named.iter().cloned());
        }
        units.insert(table);
        units.insert(Unit::Listener(Door::Gateway(class.clone(), port)));
    }
    for target in targets {
        units.extend(of_target(target, audience, lens));
    }
    let placements = units.into_iter().map(|unit| Placement {
        unit,
        layer: Some(LayerKey::Class(class.clone())),
    });
    Output::placements(placements.collect(), Vec::new())
}
