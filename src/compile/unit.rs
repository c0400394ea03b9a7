//! What is compiled at once, cached, and counted.

use std::{fmt, sync::Arc};

use super::{
    Output, cluster, contents, endpoints, gateway_hosts, listener, names, overlay, parents, patch,
    problems, proxy_class, raw, roster, route_configuration, virtual_host,
};
use crate::{
    model::StreamDialect,
    snapshot::{CLUSTER, ENDPOINTS, LISTENER, ROUTES, TypeIx},
    view,
    view::Name,
};

/// Reads for compiling.
pub type Lens<'v> = view::Lens<'v, Unit, Output>;

/// Who reads a resource. gRPC's own xDS clients take another subset of Envoy's API than Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Envoy, and what behaves like it.
    Envoy,
    /// Envoy that asks for endpoints and routes on streams of their own, in this dialect.
    Separate(StreamDialect),
    /// gRPC clients without a proxy.
    Grpc,
}

impl Audience {
    /// Who reads the same routes: they name no stream, so all Envoys share them.
    #[must_use]
    pub fn of_routes(self) -> Self {
        match self {
            Self::Envoy | Self::Separate(_) => Self::Envoy,
            Self::Grpc => Self::Grpc,
        }
    }
}

/// One port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The Service.
    pub service: Name,
    /// Its number.
    pub port: u16,
}

/// Where requests can be sent: a port of a Service, or of one version of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The port.
    pub port: Port,
    /// One version; nothing: all endpoints.
    pub version: Option<Arc<str>>,
}

/// Names a route configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Of a sidecar: every HTTP port it sees.
    Outbound,
    /// Of the Gateways of a class, on one port.
    Gateway(Arc<str>, u16),
    /// Of a gRPC client, for one port of a Service.
    Client(Port),
}

/// Names a listener.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// Of a sidecar.
    Outbound,
    /// Of the Gateways of a class, on one port.
    Gateway(Arc<str>, u16),
    /// Of a gRPC client: what it dials, and the port of a Service that is meant.
    Client(Arc<str>, Port),
    /// Of a gRPC server: the address it binds, as an IP literal, and the port.
    Server(&'static str, u16),
}

/// Names what is compiled at once. A unit never names a scope; what differs between proxies
/// comes from the facts it reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Which units a Service has, and where they belong.
    Roster(Name, Audience),
    /// Whether what an HTTPRoute attaches to is there.
    Parents(Name),
    /// Whether the ProxyClasses of one name make sense.
    ProxyClass(Arc<str>),
    /// A cluster.
    Cluster(Target, Audience),
    /// The endpoints of a cluster.
    Endpoints(Target),
    /// The virtual host of one port of a Service, for the whole mesh.
    VirtualHost(Port, Audience),
    /// All virtual hosts of a namespace, joined.
    VirtualHosts(Arc<str>, Audience),
    /// What the virtual hosts of all namespaces name and come from: one list for all sidecars.
    AllHosts,
    /// The host names that the Gateways of a class take on one port, and the routes of each.
    GatewayHosts(Arc<str>, u16),
    /// The virtual host of one host name with the rules of these HTTPRoutes, in name order.
    GatewayHost(Arc<str>, Arc<[Name]>),
    /// A route configuration.
    RouteConfiguration(Table),
    /// A listener.
    Listener(Door),
    /// What the gateways of a class have.
    GatewayContents(Arc<str>),
    /// What an EnvoyResource holds.
    Raw(Name),
    /// What that is called.
    RawName(Name),
    /// The same as long as it is called so: its name is part of what it is.
    RawAs(Name, TypeIx, Arc<str>),
    /// The units of all Services of a namespace.
    Inventory(Arc<str>, Audience),
    /// What an EnvoyPatch is for.
    Selects(Name),
    /// The resource of a unit as these EnvoyPatches make it, in name order.
    Patched(Box<Unit>, Arc<[Name]>),
    /// What a proxy has: its layers, and what belongs to it alone.
    Contents,
}

/// A unit's kind, for counts and for order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the variant of Unit with its name")]
pub enum UnitKind {
    Roster,
    Parents,
    ProxyClass,
    Cluster,
    Endpoints,
    VirtualHost,
    VirtualHosts,
    AllHosts,
    GatewayHosts,
    GatewayHost,
    RouteConfiguration,
    Listener,
    GatewayContents,
    Raw,
    RawName,
    RawAs,
    Inventory,
    Selects,
    Patched,
    Contents,
}

/// When a unit is compiled: it reads outputs of earlier phases only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phase(pub u8);

/// A layer: a table of resources that is part of every scope that lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerKey {
    /// Of every service.
    Mesh(Audience),
    /// Of the services of one namespace.
    Namespace(Arc<str>, Audience),
    /// For gRPC clients of one namespace: the short names of its services.
    ShortNames(Arc<str>),
    /// For gRPC servers: the listeners of all ports. A server's port says nothing of who may be seen.
    GrpcServers,
    /// Of the gateways of one class.
    Class(Arc<str>),
}

impl Unit {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> UnitKind {
        match self {
            Self::Roster(..) => UnitKind::Roster,
            Self::Parents(_) => UnitKind::Parents,
            Self::ProxyClass(_) => UnitKind::ProxyClass,
            Self::Cluster(..) => UnitKind::Cluster,
            Self::Endpoints(_) => UnitKind::Endpoints,
            Self::VirtualHost(..) => UnitKind::VirtualHost,
            Self::VirtualHosts(..) => UnitKind::VirtualHosts,
            Self::AllHosts => UnitKind::AllHosts,
            Self::GatewayHosts(..) => UnitKind::GatewayHosts,
            Self::GatewayHost(..) => UnitKind::GatewayHost,
            Self::RouteConfiguration(_) => UnitKind::RouteConfiguration,
            Self::Listener(_) => UnitKind::Listener,
            Self::GatewayContents(_) => UnitKind::GatewayContents,
            Self::Raw(_) => UnitKind::Raw,
            Self::RawName(_) => UnitKind::RawName,
            Self::RawAs(..) => UnitKind::RawAs,
            Self::Inventory(..) => UnitKind::Inventory,
            Self::Selects(_) => UnitKind::Selects,
            Self::Patched(..) => UnitKind::Patched,
            Self::Contents => UnitKind::Contents,
        }
    }

    /// The type and the name of the resource that it makes, if it makes one.
    pub(super) fn names(&self) -> Option<(TypeIx, Arc<str>)> {
        Some(match self {
            Self::Cluster(target, _) => (CLUSTER, names::cluster(target)),
            Self::Endpoints(target) => (ENDPOINTS, names::cluster(target)),
            Self::RouteConfiguration(table) => (ROUTES, names::table(table)),
            Self::Listener(Door::Outbound) => (LISTENER, names::OUTBOUND.into()),
            Self::Listener(Door::Gateway(class, port)) => (LISTENER, names::gateway(class, *port)),
            Self::Listener(Door::Client(dialled, _)) => (LISTENER, dialled.clone()),
            Self::Listener(Door::Server(address, port)) => {
                (LISTENER, names::grpc_server(address, *port))
            }
            Self::RawAs(_, ty, called) => (*ty, called.clone()),
            Self::Patched(unit, _) => return unit.names(),
            _ => return None,
        })
    }

    /// When it is compiled.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase(match self.kind() {
            UnitKind::Roster
            | UnitKind::Parents
            | UnitKind::ProxyClass
            | UnitKind::Cluster
            | UnitKind::Endpoints
            | UnitKind::VirtualHost
            | UnitKind::GatewayHosts
            | UnitKind::GatewayHost
            | UnitKind::Listener
            | UnitKind::Raw
            | UnitKind::Selects => 0,
            UnitKind::VirtualHosts | UnitKind::RawName | UnitKind::RawAs | UnitKind::Inventory => 1,
            UnitKind::AllHosts => 2,
            UnitKind::RouteConfiguration => 3,
            UnitKind::GatewayContents | UnitKind::Patched => 4,
            UnitKind::Contents => 5,
        })
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Compiles `unit` from what `lens` shows. The same reads give the same output, byte for byte.
///
/// An output that was compiled while `lens` lacked another unit's output is void.
#[must_use]
pub fn compile(unit: &Unit, lens: &mut Lens<'_>) -> Output {
    let compiled = match unit {
        Unit::Roster(service, audience) => Ok(roster::compile(service, *audience, lens)),
        Unit::Parents(route) => Ok(parents::compile(route, lens)),
        Unit::ProxyClass(name) => Ok(proxy_class::compile(name, lens)),
        Unit::Cluster(target, audience) => cluster::compile(target, *audience, lens),
        Unit::Endpoints(target) => endpoints::compile(target, lens),
        Unit::VirtualHost(port, audience) => virtual_host::compile(port, *audience, lens),
        Unit::VirtualHosts(namespace, audience) => {
            Ok(virtual_host::join(namespace, *audience, lens))
        }
        Unit::AllHosts => Ok(virtual_host::all(lens)),
        Unit::GatewayHosts(class, port) => Ok(gateway_hosts::compile(class, *port, lens)),
        Unit::GatewayHost(hostname, routes) => virtual_host::gateway(hostname, routes, lens),
        Unit::RouteConfiguration(table) => route_configuration::compile(table, lens),
        Unit::Listener(door) => listener::compile(door, lens),
        Unit::GatewayContents(class) => Ok(contents::gateway(class, lens)),
        Unit::Raw(name) => raw::compile(name, lens),
        Unit::RawName(name) => Ok(raw::name(name, lens)),
        Unit::RawAs(name, ty, called) => Ok(raw::called(name, *ty, called, lens)),
        Unit::Inventory(namespace, audience) => Ok(overlay::inventory(namespace, *audience, lens)),
        Unit::Selects(patch) => Ok(overlay::selects(patch, lens)),
        Unit::Patched(unit, patches) => Ok(patch::compile(unit, patches, lens)),
        Unit::Contents => Ok(contents::proxy(lens)),
    };
    compiled.unwrap_or_else(|error| Output::problem(problems::not_encodable(unit, &error)))
}
