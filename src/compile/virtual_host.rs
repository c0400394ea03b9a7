//! Virtual hosts: the rules for the requests to one host. Compiled once for the whole mesh into
//! bytes that route configurations are joined from, since the host names differ between them.

use std::{collections::BTreeSet, sync::Arc};

use envoy_types::pb::envoy::config::route::v3;

use super::{
    Audience, Lens, Output, Port, Product, Target, Unit,
    domains::{self, Domains, http_ports},
    names, parents, place, roster, route,
    route_configuration::VIRTUAL_HOSTS,
};
use crate::{
    model::Kind,
    snapshot::{CLUSTER, Joined, NotEncodable, Provenance, Ref},
    view::{Index, Name, ParentKind},
};

/// Field numbers of `VirtualHost`.
const NAME: u32 = 1;
const DOMAINS: u32 = 2;

/// A virtual host without its domains.
#[derive(Debug, PartialEq, Eq)]
pub struct VirtualHost {
    name: String,
    /// Encoded: all fields behind the domains.
    rest: Vec<u8>,
    /// Where its rules send requests, sorted, each once; dangling ones left out.
    pub(super) backends: Vec<Target>,
    pub(super) provenance: Vec<Provenance>,
}

/// The virtual hosts of all services of one namespace, as encoded fields of a route configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JoinedHosts {
    /// With long host names alone.
    pub(super) elsewhere: Vec<u8>,
    /// With short ones too: for proxies of the namespace.
    pub(super) at_home: Vec<u8>,
    pub(super) backends: Vec<Target>,
    /// Of the same: sorted, each once.
    pub(super) refs: Vec<Ref>,
    pub(super) provenance: Vec<Provenance>,
}

/// What the virtual hosts of all namespaces name, and what they come from.
#[derive(Debug, PartialEq, Eq)]
pub struct AllHosts {
    pub(super) refs: Arc<[Ref]>,
    pub(super) provenance: Arc<[Provenance]>,
}

impl VirtualHost {
    fn new(
        name: String,
        rules: route::Rules,
        provenance: Option<Provenance>,
    ) -> Result<Self, NotEncodable> {
        // Name and domains are the first two fields: without them, this is the rest.
        let rest = v3::VirtualHost {
            routes: rules.routes,
            ..Default::default()
        };
        Ok(Self {
            name,
            rest: Joined::from(&rest)?.as_bytes().to_vec(),
            backends: rules.backends.into_iter().collect(),
            provenance: provenance.into_iter().chain(rules.provenance).collect(),
        })
    }

    /// The whole virtual host, for these host names.
    pub(super) fn encoded(&self, domains: &[&[String]]) -> Vec<u8> {
        let mut host = Joined::default();
        host.push(NAME, self.name.as_bytes());
        for domain in domains.iter().copied().flatten() {
            host.push(DOMAINS, domain.as_bytes());
        }
        host.extend(&self.rest);
        host.as_bytes().to_vec()
    }
}

/// The virtual host of `port`: the rules of the HTTPRoutes that attach to it, or all requests to
/// the Service itself where there is none. Nothing where there is no such HTTP port.
pub(super) fn compile(
    port: &Port,
    audience: Audience,
    lens: &mut Lens<'_>,
) -> Result<Output, NotEncodable> {
    let service = &port.service;
    let Some(outline) = lens.outline(service) else {
        return Ok(Output::default());
    };
    let Some(declared) = http_ports(outline).find(|declared| declared.port == port.port) else {
        return Ok(Output::default());
    };
    let mut attached = Vec::new();
    for name in lens.entry(Index::RoutesOf(ParentKind::Service, service.clone())) {
        if name.namespace != service.namespace {
            continue;
        }
        let Some(attachment) = lens.attachment(name) else {
            continue;
        };
        let mut parents = attachment.to(ParentKind::Service, service);
        if parents.any(|parent| parents::takes_port(parent, declared)) {
            attached.push((&attachment.precedence, name.clone()));
        }
    }
    attached.sort_unstable();
    let attached: Vec<Name> = attached.into_iter().map(|(_, name)| name).collect();
    let (rules, problems) = if attached.is_empty() {
        let target = Target {
            port: port.clone(),
            version: None,
        };
        let rules = route::everything_to(target, domains::protocol(declared), audience);
        (rules, Vec::new())
    } else {
        route::compile(&attached, audience, lens)
    };
    let at = place::at(Kind::Service, service, place::SPEC);
    let host = VirtualHost::new(names::service_port(port), rules, Some(at))?;
    Ok(Output {
        product: Product::VirtualHost(Arc::new(host)),
        problems,
    })
}

/// The virtual host of a Gateway's host name: the rules of `routes` together.
pub(super) fn gateway(
    hostname: &Arc<str>,
    routes: &[Name],
    lens: &mut Lens<'_>,
) -> Result<Output, NotEncodable> {
    let (rules, problems) = route::compile(routes, Audience::Envoy, lens);
    let host = VirtualHost::new(hostname.to_string(), rules, None)?;
    Ok(Output {
        product: Product::VirtualHost(Arc::new(host)),
        problems,
    })
}

/// References to the clusters of `targets`, sorted.
pub(super) fn refs<'a>(targets: impl IntoIterator<Item = &'a Target>) -> Vec<Ref> {
    let mut refs: Vec<Ref> = targets
        .into_iter()
        .map(|target| Ref {
            to: CLUSTER,
            name: names::cluster(target),
        })
        .collect();
    refs.sort_unstable();
    refs
}

/// What the virtual hosts of all namespaces name and come from. Apart from their bytes, since it
/// is the same for every sidecar that sees all of them.
pub(super) fn all(lens: &mut Lens<'_>) -> Output {
    let mut refs = Vec::new();
    let mut provenance = Vec::new();
    for namespace in lens.namespaces() {
        let hosts = lens.output(&Unit::VirtualHosts(namespace.clone(), Audience::Envoy));
        if let Some(Product::VirtualHosts(hosts)) = hosts.map(|output| &output.product) {
            refs.extend(hosts.refs.iter().cloned());
            provenance.extend(hosts.provenance.iter().cloned());
        }
    }
    refs.sort_unstable();
    refs.dedup();
    provenance.sort_unstable();
    provenance.dedup();
    let all = AllHosts {
        refs: refs.into(),
        provenance: provenance.into(),
    };
    Output {
        product: Product::AllHosts(Arc::new(all)),
        problems: Vec::new(),
    }
}

/// All virtual hosts of `namespace`, in order of service and port. gRPC clients have a route
/// configuration for each, so for them only the backends are collected.
pub(super) fn join(namespace: &Arc<str>, audience: Audience, lens: &mut Lens<'_>) -> Output {
    let (mut elsewhere, mut at_home) = (Joined::default(), Joined::default());
    let mut backends = BTreeSet::new();
    let mut provenance = Vec::new();
    for service in lens.entry(Index::ServicesIn(namespace.clone())) {
        let Some(outline) = lens.outline(service) else {
            continue;
        };
        for port in roster::ports(service, outline) {
            let host = lens.output(&Unit::VirtualHost(port.clone(), audience));
            let Some(Product::VirtualHost(host)) = host.map(|output| &output.product) else {
                continue;
            };
            if audience != Audience::Grpc {
                let Domains { long, short } = Domains::of(&port, outline);
                elsewhere.push(VIRTUAL_HOSTS, &host.encoded(&[&long]));
                at_home.push(VIRTUAL_HOSTS, &host.encoded(&[&long, &short]));
            }
            backends.extend(host.backends.iter().cloned());
            provenance.extend(host.provenance.iter().cloned());
        }
    }
    let hosts = JoinedHosts {
        refs: refs(&backends),
        elsewhere: elsewhere.as_bytes().to_vec(),
        at_home: at_home.as_bytes().to_vec(),
        backends: backends.into_iter().collect(),
        provenance,
    };
    Output {
        product: Product::VirtualHosts(Arc::new(hosts)),
        problems: Vec::new(),
    }
}
