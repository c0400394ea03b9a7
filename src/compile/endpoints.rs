//! Endpoints of one cluster: compiled for EDS.

use std::{collections::BTreeMap, sync::Arc};

use envoy_types::pb::envoy::config::{
    core::v3::{HealthStatus, Locality},
    endpoint::v3::{
        ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
        lb_endpoint::HostIdentifier,
    },
};

use super::{Lens, Output, Product, Target, names, place, problems, wire};
use crate::{
    model::{self, Health, Kind, ServicePort, Spec, Workload},
    snapshot::{Draft, ENDPOINTS, NotEncodable, Provenance},
    view::{Index, Supply},
};

/// One endpoint before it is grouped by locality.
struct Found<'v> {
    address: &'v Arc<str>,
    port: u16,
    weight: u32,
    health: Health,
    locality: Option<&'v model::Locality>,
    from: Provenance,
}

/// The endpoints of `target`; none is a resource too. Nothing where the Service has no such port,
/// or its hosts are resolved by the proxies.
pub(super) fn compile(target: &Target, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let service = &target.port.service;
    let Some(outline) = lens.outline(service) else {
        return Ok(Output::default());
    };
    let version = target.version.as_ref();
    let known = version.is_none_or(|version| outline.versions.contains(version));
    let (Some(port), true) = (outline.port(target.port.port), known) else {
        return Ok(Output::default());
    };
    let mut provenance = vec![place::at(Kind::Service, service, place::SPEC)];
    let found: Vec<Found<'_>> = match outline.supply {
        Supply::Dns(_) => return Ok(Output::default()),
        Supply::Inline => {
            let endpoints = lens.inline(service, version).iter();
            endpoints
                .map(|endpoint| Found {
                    address: &endpoint.address,
                    port: port_of(&endpoint.ports, port),
                    weight: endpoint.weight.unwrap_or(1),
                    health: Health::Healthy,
                    locality: None,
                    from: place::at(Kind::Service, service, "/spec/endpoints"),
                })
                .collect()
        }
        Supply::Selector => {
            let selected = lens.entry(Index::Selected(service.clone(), version.cloned()));
            let mut found = Vec::with_capacity(selected.len());
            for name in selected {
                let Some(Spec::Workload(workload)) = lens.spec(Kind::Workload, name) else {
                    continue;
                };
                let from = place::at(Kind::Workload, name, place::SPEC);
                provenance.push(from.clone());
                found.push(of_workload(workload, port, from));
            }
            found
        }
    };

    // Each address once: a gRPC client rejects an assignment that has one twice.
    let mut problems = Vec::new();
    let mut seen: BTreeMap<(&str, u16), Provenance> = BTreeMap::new();
    let mut groups: BTreeMap<model::Locality, Vec<Found<'_>>> = BTreeMap::new();
    for found in found {
        if let Some(first) = seen.get(&(found.address, found.port)) {
            problems.push(problems::address_twice(
                &found.from,
                found.address,
                found.port,
                first,
            ));
            continue;
        }
        seen.insert((found.address, found.port), found.from.clone());
        let locality = found.locality.cloned().unwrap_or_default();
        groups.entry(locality).or_default().push(found);
    }

    let name = names::cluster(target);
    let message = ClusterLoadAssignment {
        cluster_name: name.to_string(),
        endpoints: groups.into_iter().map(group).collect(),
        ..Default::default()
    };
    let draft = Draft {
        message,
        refs: Vec::new(),
        provenance,
    };
    let resource = draft.seal(ENDPOINTS, name)?;
    Ok(Output {
        product: Product::Resource(Arc::new(resource), Arc::default()),
        problems,
    })
}

fn of_workload<'v>(workload: &'v Workload, port: &ServicePort, from: Provenance) -> Found<'v> {
    Found {
        address: &workload.address,
        port: port_of(&workload.ports, port),
        weight: workload.weight.unwrap_or(1),
        health: workload.health.unwrap_or(Health::Healthy),
        locality: workload.locality.as_ref(),
        from,
    }
}

/// What an endpoint listens on for `port`: its own word for it by name or number, else the
/// Service's target port.
fn port_of(own: &BTreeMap<Arc<str>, u16>, port: &ServicePort) -> u16 {
    let by_name = port.name.as_ref().and_then(|name| own.get(name));
    let own = by_name.or_else(|| own.get(port.port.to_string().as_str()));
    own.copied().or(port.target_port).unwrap_or(port.port)
}

/// One locality's endpoints, by address. gRPC clients want the locality set, empty as it may be,
/// and pass over one without a weight: it weighs as much as its endpoints.
fn group((locality, mut found): (model::Locality, Vec<Found<'_>>)) -> LocalityLbEndpoints {
    found.sort_unstable_by(|a, b| (a.address, a.port).cmp(&(b.address, b.port)));
    let weight = found
        .iter()
        .fold(0_u32, |sum, each| sum.saturating_add(each.weight));
    let text = |part: &Option<Arc<str>>| part.as_deref().unwrap_or_default().to_owned();
    LocalityLbEndpoints {
        locality: Some(Locality {
            region: text(&locality.region),
            zone: text(&locality.zone),
            sub_zone: text(&locality.sub_zone),
        }),
        load_balancing_weight: wire::u32(weight.max(1)),
        lb_endpoints: found.iter().map(endpoint).collect(),
        ..Default::default()
    }
}

fn endpoint(found: &Found<'_>) -> LbEndpoint {
    LbEndpoint {
        health_status: match found.health {
            Health::Healthy => HealthStatus::Healthy,
            Health::Unhealthy => HealthStatus::Unhealthy,
            Health::Draining => HealthStatus::Draining,
        }
        .into(),
        load_balancing_weight: wire::u32(found.weight.max(1)),
        host_identifier: Some(HostIdentifier::Endpoint(Endpoint {
            address: Some(wire::socket(found.address, found.port)),
            ..Default::default()
        })),
        ..Default::default()
    }
}
