//! Which units a Service has, and where they belong.

use std::sync::Arc;

use super::{
    Audience, Door, LayerKey, Lens, Output, Placement, Port, Table, Target, Unit, cluster,
    domains::{Domains, http_ports, protocol},
    problems,
};
use crate::{
    model::Protocol,
    view::{Name, Outline, Supply},
};

/// The addresses that gRPC servers commonly bind.
const ANY_OR_LOOPBACK: [&str; 4] = ["0.0.0.0", "::", "127.0.0.1", "::1"];

/// What the Service `service` adds to the layers of `audience`: a cluster and endpoints for each
/// HTTP port and each version of it; for gRPC clients a listener for each name it is dialled by.
pub(super) fn compile(service: &Name, audience: Audience, lens: &mut Lens<'_>) -> Output {
    let Some(outline) = lens.outline(service) else {
        return Output::default();
    };
    if let Supply::Dns(hosts) = &outline.supply
        && cluster::resolving(audience, hosts).is_none()
    {
        return Output::problem(problems::grpc_dns(service));
    }
    let namespace = &service.namespace;
    let mesh = LayerKey::Mesh(audience);
    let namespace_layer = LayerKey::Namespace(namespace.clone(), audience);
    let mut placements = Vec::new();
    let mut everywhere = |unit: Unit| {
        for layer in [&mesh, &namespace_layer] {
            placements.push(Placement {
                unit: unit.clone(),
                layer: Some(layer.clone()),
            });
        }
    };
    for port in ports(service, outline) {
        for target in targets(&port, outline) {
            for unit in of_target(target, outline, audience) {
                everywhere(unit);
            }
        }
        if audience == Audience::Grpc {
            for unit in client(&port, outline) {
                everywhere(unit);
            }
        }
    }
    if audience == Audience::Grpc {
        placements.extend(servers(outline).map(|door| Placement {
            unit: Unit::Listener(door),
            layer: Some(LayerKey::GrpcServers),
        }));
    }
    for port in ports(service, outline) {
        if audience == Audience::Grpc {
            for unit in client_at_home(&port, outline) {
                placements.push(Placement {
                    unit,
                    layer: Some(LayerKey::ShortNames(namespace.clone())),
                });
            }
        }
        // Wanted for what is wrong with its routes, whether a proxy is there to see it or not.
        if audience == audience.of_routes() {
            placements.push(Placement {
                unit: Unit::VirtualHost(port, audience),
                layer: None,
            });
        }
    }
    Output::placements(placements, Vec::new())
}

/// The HTTP ports of a Service.
pub(super) fn ports<'a>(
    service: &'a Name,
    outline: &'a Outline,
) -> impl Iterator<Item = Port> + 'a {
    http_ports(outline).map(|port| Port {
        service: service.clone(),
        port: port.port,
    })
}

/// Everything of `port` that requests can be sent to.
pub(super) fn targets<'a>(
    port: &'a Port,
    outline: &'a Outline,
) -> impl Iterator<Item = Target> + 'a {
    let versions = outline.versions.iter().cloned().map(Some);
    std::iter::once(None::<Arc<str>>)
        .chain(versions)
        .map(|version| Target {
            port: port.clone(),
            version,
        })
}

/// The units that `target` needs.
pub(super) fn of_target(target: Target, outline: &Outline, audience: Audience) -> Vec<Unit> {
    let mut units = vec![Unit::Cluster(target.clone(), audience)];
    if !matches!(outline.supply, Supply::Dns(_)) {
        units.push(Unit::Endpoints(target));
    }
    units
}

/// What gRPC clients of every namespace need to dial `port`.
pub(super) fn client(port: &Port, outline: &Outline) -> Vec<Unit> {
    let names = Domains::of(port, outline).long;
    let mut units = doors(port, names);
    units.push(Unit::RouteConfiguration(Table::Client(port.clone())));
    units
}

/// What gRPC clients of the service's own namespace need besides.
pub(super) fn client_at_home(port: &Port, outline: &Outline) -> Vec<Unit> {
    doors(port, Domains::of(port, outline).short)
}

/// Where gRPC servers listen that serve a port of it: on every address or on loopback. What they
/// may bind beyond that is not known from a Service, and thousands of endpoints would be thousands
/// of listeners that nobody asks for.
fn servers(outline: &Outline) -> impl Iterator<Item = Door> + '_ {
    let ours = !matches!(outline.supply, Supply::Dns(_));
    let ports = outline.ports.iter().filter(move |_| ours);
    let grpc = ports.filter(|port| protocol(port) == Protocol::Grpc);
    grpc.flat_map(|port| {
        let number = port.target_port.unwrap_or(port.port);
        ANY_OR_LOOPBACK.map(|address| Door::Server(address, number))
    })
}

fn doors(port: &Port, names: Vec<String>) -> Vec<Unit> {
    let door = |name: String| Unit::Listener(Door::Client(name.into(), port.clone()));
    names.into_iter().map(door).collect()
}
