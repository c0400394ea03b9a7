//! Route configurations: virtual hosts joined by their bytes. Compiled for RDS.
//!
//! Nothing in here looks at a rule: those were compiled once for the whole mesh, as virtual hosts.

use std::{collections::BTreeSet, sync::Arc};

use envoy_types::pb::envoy::config::route::v3::RouteConfiguration;

use super::{
    Audience, Lens, Output, Port, Product, Table, Target, Unit,
    domains::Domains,
    listener, names,
    proxy_class::{self, Visible},
    roster,
    virtual_host::{self, JoinedHosts, VirtualHost},
    wire,
};
use crate::{
    snapshot::{Joined, NotEncodable, Provenance, ROUTES},
    view::{Fact, Name},
};

/// Field number of `RouteConfiguration.virtual_hosts`.
pub(super) const VIRTUAL_HOSTS: u32 = 2;

/// The route configuration `table`.
pub(super) fn compile(table: &Table, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    match table {
        Table::Outbound => outbound(lens),
        Table::Gateway(class, port) => gateway(class, *port, lens),
        Table::Client(port) => client(port, lens),
    }
}

/// A route configuration being joined.
struct Parts {
    name: Arc<str>,
    bytes: Joined,
    backends: BTreeSet<Target>,
    provenance: Vec<Provenance>,
}

impl Parts {
    fn named(name: Arc<str>) -> Result<Self, NotEncodable> {
        let head = RouteConfiguration {
            name: name.to_string(),
            ..Default::default()
        };
        Ok(Self {
            name,
            bytes: Joined::from(&head)?,
            backends: BTreeSet::new(),
            provenance: Vec::new(),
        })
    }

    fn push(&mut self, host: &VirtualHost, domains: &[&[String]]) {
        self.bytes.push(VIRTUAL_HOSTS, &host.encoded(domains));
        self.backends.extend(host.backends.iter().cloned());
        self.provenance.extend(host.provenance.iter().cloned());
    }

    /// `tail` holds fields that stand behind the virtual hosts by number.
    fn seal(mut self, tail: &RouteConfiguration) -> Result<Output, NotEncodable> {
        self.bytes.extend(Joined::from(tail)?.as_bytes());
        let refs = virtual_host::refs(&self.backends);
        let resource = self.bytes.seal(ROUTES, self.name, refs, self.provenance);
        let backends = self.backends.into_iter().collect();
        Ok(Output {
            product: Product::Resource(Arc::new(resource), backends),
            problems: Vec::new(),
        })
    }
}

/// A share may be sent to a cluster that does not exist, and is then answered with 500.
fn tail() -> RouteConfiguration {
    RouteConfiguration {
        validate_clusters: wire::bool(false),
        ..Default::default()
    }
}

/// Every HTTP port that a sidecar sees; those of its own namespace by their short names too.
fn outbound(lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let Some(class) = proxy_class::of_proxy(lens) else {
        return Ok(Output::default());
    };
    let mut parts = Parts::named(names::OUTBOUND.into())?;
    match class.visible(lens) {
        Visible::All => {
            // The list of what is named is as long as the mesh, and the same for all who see it.
            let Some(Product::AllHosts(all)) =
                lens.output(&Unit::AllHosts).map(|output| &output.product)
            else {
                return Ok(Output::default());
            };
            for namespace in lens.namespaces() {
                namespace_of(namespace, &mut parts, lens);
            }
            parts.bytes.extend(Joined::from(&tail())?.as_bytes());
            let (refs, provenance) = (all.refs.clone(), all.provenance.clone());
            let bytes = parts.bytes;
            Ok(Output::resource(
                bytes.seal_sharing(ROUTES, parts.name, refs, provenance),
            ))
        }
        Visible::Some {
            namespaces,
            services,
        } => {
            for namespace in &namespaces {
                if let Some(hosts) = namespace_of(namespace, &mut parts, lens) {
                    parts.backends.extend(hosts.backends.iter().cloned());
                    parts.provenance.extend(hosts.provenance.iter().cloned());
                }
            }
            for service in &services {
                one_by_one(service, &mut parts, lens);
            }
            parts.seal(&tail())
        }
    }
}

/// Joins the virtual hosts of a namespace, with short names where the proxy is at home.
fn namespace_of<'v>(
    namespace: &Arc<str>,
    parts: &mut Parts,
    lens: &mut Lens<'v>,
) -> Option<&'v JoinedHosts> {
    let home = lens.fact(Fact::Namespace);
    let hosts = lens.output(&Unit::VirtualHosts(namespace.clone(), Audience::Envoy))?;
    let Product::VirtualHosts(hosts) = &hosts.product else {
        return None;
    };
    parts.bytes.extend(if Some(namespace) == home {
        &hosts.at_home
    } else {
        &hosts.elsewhere
    });
    Some(hosts)
}

fn one_by_one(service: &Name, parts: &mut Parts, lens: &mut Lens<'_>) {
    let at_home = lens.fact(Fact::Namespace) == Some(&service.namespace);
    let Some(outline) = lens.outline(service) else {
        return;
    };
    for port in roster::ports(service, outline) {
        let host = lens.output(&Unit::VirtualHost(port.clone(), Audience::Envoy));
        if let Some(Product::VirtualHost(host)) = host.map(|output| &output.product) {
            let Domains { long, short } = Domains::of(&port, outline);
            let short = if at_home { short.as_slice() } else { &[] };
            parts.push(host, &[&long, short]);
        }
    }
}

/// Every host name that the Gateways of a class take on one port.
fn gateway(class: &Arc<str>, port: u16, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let mut parts = Parts::named(names::gateway(class, port))?;
    parts.provenance = listener::gateways_on(class, port, lens);
    let hosts = lens.output(&Unit::GatewayHosts(class.clone(), port));
    if let Some(Product::GatewayHosts(hosts)) = hosts.map(|output| &output.product) {
        for (hostname, routes) in hosts.iter() {
            let unit = Unit::GatewayHost(hostname.clone(), routes.clone());
            let host = lens.output(&unit);
            if let Some(Product::VirtualHost(host)) = host.map(|output| &output.product) {
                parts.push(host, &[&[hostname.to_string()]]);
            }
        }
    }
    parts.seal(&RouteConfiguration {
        // Clients name the port they dialled where it is not the usual one.
        ignore_port_in_host_matching: true,
        ..tail()
    })
}

/// One port of a Service, by whatever name a gRPC client dials it.
fn client(port: &Port, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let host = lens.output(&Unit::VirtualHost(port.clone(), Audience::Grpc));
    let Some(Product::VirtualHost(host)) = host.map(|output| &output.product) else {
        return Ok(Output::default());
    };
    let mut parts = Parts::named(names::service_port(port).into())?;
    parts.push(host, &[&["*".to_owned()]]);
    parts.seal(&RouteConfiguration::default())
}
