//! Clusters: how the endpoints of a target are reached. Compiled for CDS.

use std::{collections::HashMap, sync::Arc, time::Duration};

use envoy_types::pb::{
    envoy::{
        config::{
            cluster::v3::{
                CircuitBreakers, Cluster,
                circuit_breakers::Thresholds,
                cluster::{
                    ClusterDiscoveryType, CommonLbConfig, DiscoveryType, DnsLookupFamily,
                    EdsClusterConfig, LbPolicy,
                },
            },
            core::v3::Http2ProtocolOptions,
            endpoint::v3::{
                ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
                lb_endpoint::HostIdentifier,
            },
        },
        extensions::upstreams::http::v3::{
            HttpProtocolOptions,
            http_protocol_options::{
                ExplicitHttpConfig, UpstreamProtocolOptions, explicit_http_config::ProtocolConfig,
            },
        },
        r#type::v3::Percent,
    },
    google::protobuf::Any,
};

use super::{Audience, Lens, Output, Target, domains, health_check, names, place, wire};
use crate::{
    model::Kind,
    snapshot::{CLUSTER, Draft, ENDPOINTS, NotEncodable, Ref, pack},
    view::Supply,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The cluster of `target`; nothing where the Service has no such HTTP port or version.
pub(super) fn compile(
    target: &Target,
    audience: Audience,
    lens: &mut Lens<'_>,
) -> Result<Output, NotEncodable> {
    let service = &target.port.service;
    let Some(outline) = lens.outline(service) else {
        return Ok(Output::default());
    };
    let known = |version: &Arc<str>| outline.versions.contains(version);
    let port = domains::http_ports(outline).find(|port| port.port == target.port.port);
    let (Some(port), true) = (port, target.version.as_ref().is_none_or(known)) else {
        return Ok(Output::default());
    };
    let name = names::cluster(target);

    let mut message = Cluster {
        name: name.to_string(),
        connect_timeout: Some(wire::duration(CONNECT_TIMEOUT)),
        circuit_breakers: Some(circuit_breakers()),
        ..Default::default()
    };
    let mut refs = Vec::new();
    if let Supply::Dns(hosts) = &outline.supply {
        let target_port = port.target_port.unwrap_or(port.port);
        let Some(discovery) = resolving(audience, hosts) else {
            return Ok(Output::default());
        };
        message.cluster_discovery_type = Some(ClusterDiscoveryType::Type(discovery.into()));
        message.dns_lookup_family = DnsLookupFamily::V4Preferred.into();
        message.load_assignment = Some(resolved(&name, hosts, target_port));
    } else {
        message.cluster_discovery_type =
            Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into()));
        message.eds_cluster_config = Some(EdsClusterConfig {
            eds_config: Some(wire::source(audience)),
            service_name: name.to_string(),
        });
        refs.push(Ref {
            to: ENDPOINTS,
            name: name.clone(),
        });
    }
    match audience {
        Audience::Envoy | Audience::Separate(_) => {
            message.lb_policy = LbPolicy::LeastRequest.into();
            // Above 0, Envoy sends requests to unhealthy and draining endpoints too as soon as too
            // few are healthy. Here `unhealthy` takes none, as documented.
            message.common_lb_config = Some(CommonLbConfig {
                healthy_panic_threshold: Some(Percent { value: 0.0 }),
                ..Default::default()
            });
            if let Some(declared) = &outline.health_check {
                message.health_checks = vec![health_check::compile(declared, port)];
                // What is no endpoint any more is gone, even while it still answers well.
                message.ignore_health_on_host_removal = true;
            }
            if domains::protocol(port).is_http2() {
                message.typed_extension_protocol_options = http2()?;
            }
        }
        Audience::Grpc => message.lb_policy = LbPolicy::RoundRobin.into(),
    }
    let draft = Draft {
        message,
        refs,
        provenance: vec![place::at(Kind::Service, service, place::SPEC)],
    };
    draft.seal(CLUSTER, name).map(Output::resource)
}

/// How host names are resolved, or nothing where `audience` cannot: gRPC clients take one host
/// name only, and no strict DNS.
pub(super) fn resolving(audience: Audience, hosts: &[Arc<str>]) -> Option<DiscoveryType> {
    match audience {
        // All addresses of all hosts are used, which is what is expected of a name of several.
        Audience::Envoy | Audience::Separate(_) => Some(DiscoveryType::StrictDns),
        Audience::Grpc => (hosts.len() == 1).then_some(DiscoveryType::LogicalDns),
    }
}

fn resolved(cluster: &str, hosts: &[Arc<str>], port: u16) -> ClusterLoadAssignment {
    let endpoints = hosts.iter().map(|host| LbEndpoint {
        host_identifier: Some(HostIdentifier::Endpoint(Endpoint {
            address: Some(wire::socket(host, port)),
            ..Default::default()
        })),
        ..Default::default()
    });
    ClusterLoadAssignment {
        cluster_name: cluster.to_owned(),
        endpoints: vec![LocalityLbEndpoints {
            lb_endpoints: endpoints.collect(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// Envoy's own defaults, written out so that they are seen.
fn circuit_breakers() -> CircuitBreakers {
    CircuitBreakers {
        thresholds: vec![Thresholds {
            max_connections: wire::u32(1024),
            max_pending_requests: wire::u32(1024),
            max_requests: wire::u32(1024),
            max_retries: wire::u32(3),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn http2() -> Result<HashMap<String, Any>, NotEncodable> {
    let http2 = ProtocolConfig::Http2ProtocolOptions(Http2ProtocolOptions::default());
    let options = HttpProtocolOptions {
        upstream_protocol_options: Some(UpstreamProtocolOptions::ExplicitHttpConfig(
            ExplicitHttpConfig {
                protocol_config: Some(http2),
            },
        )),
        ..Default::default()
    };
    let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions".to_owned();
    Ok(HashMap::from([(name, pack(&options)?)]))
}
