//! Listeners: where requests come in. Compiled for LDS.

use std::{sync::Arc, time::Duration};

use envoy_types::pb::envoy::{
    config::{
        core::v3::{Http2ProtocolOptions, TrafficDirection},
        listener::v3::{ApiListener, Filter, FilterChain, Listener, filter},
        route::v3::{
            NonForwardingAction, Route, RouteConfiguration, RouteMatch, VirtualHost, route::Action,
            route_match::PathSpecifier,
        },
    },
    extensions::filters::{
        http::router::v3::Router,
        network::http_connection_manager::v3::{
            HttpConnectionManager, HttpFilter, Rds,
            http_connection_manager::{
                PathWithEscapedSlashesAction, RouteSpecifier, UpgradeConfig,
            },
            http_filter,
        },
    },
};

use super::{Audience, Door, Lens, Output, Port, names, place, proxy_class, wire};
use crate::{
    model::{Kind, Role, Spec},
    snapshot::{Draft, LISTENER, NotEncodable, Provenance, ROUTES, Ref, pack},
    view::{Fact, Index, Name},
};

const SIDECAR_ADDRESS: &str = "127.0.0.1";
const SIDECAR_PORT: u16 = 15001;
const GATEWAY_ADDRESS: &str = "0.0.0.0";

/// The listener `door`.
pub(super) fn compile(door: &Door, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    match door {
        Door::Outbound => outbound(lens),
        Door::Gateway(class, port) => gateway(class, *port, lens),
        Door::Client(dialled, port) => client(dialled, port),
        Door::Server(address, port) => server(address, *port),
    }
}

/// Takes an application's outgoing requests, for every service by its host name.
fn outbound(lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let Some(class) = proxy_class::of_proxy(lens) else {
        return Ok(Output::default());
    };
    let listen = class.listen;
    let address = listen.and_then(|listen| listen.address.as_deref());
    let port = listen.and_then(|listen| listen.port);
    let provenance = match lens.fact(Fact::Class).cloned() {
        Some(class) => of_class(&class, lens),
        None => Vec::new(),
    };
    let listener = Listener {
        address: Some(wire::socket(
            address.unwrap_or(SIDECAR_ADDRESS),
            port.unwrap_or(SIDECAR_PORT),
        )),
        traffic_direction: TrafficDirection::Outbound.into(),
        filter_chains: vec![chain(&manager(names::OUTBOUND, class.audience)?)?],
        ..Default::default()
    };
    sealed(
        names::OUTBOUND.into(),
        listener,
        names::OUTBOUND.into(),
        provenance,
    )
}

/// Takes requests into the mesh, for every Gateway of the class on that port.
fn gateway(class: &Arc<str>, port: u16, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let Some(found) = proxy_class::resolve(class, lens).filter(|it| it.role == Role::Gateway)
    else {
        return Ok(Output::default());
    };
    let address = found.listen.and_then(|listen| listen.address.as_deref());
    let mut provenance = of_class(class, lens);
    provenance.extend(gateways_on(class, port, lens));
    let name = names::gateway(class, port);
    let manager = HttpConnectionManager {
        // Whoever connects is outside: what it says of other addresses is not believed.
        use_remote_address: wire::bool(true),
        path_with_escaped_slashes_action: PathWithEscapedSlashesAction::UnescapeAndRedirect.into(),
        merge_slashes: true,
        request_headers_timeout: Some(wire::duration(Duration::from_secs(10))),
        http2_protocol_options: Some(Http2ProtocolOptions {
            // Envoy's own advice for an edge: its defaults let one client hold 256 MiB.
            max_concurrent_streams: wire::u32(100),
            initial_stream_window_size: wire::u32(64 * 1024),
            initial_connection_window_size: wire::u32(1024 * 1024),
            ..Default::default()
        }),
        ..manager(&name, found.audience)?
    };
    let listener = Listener {
        address: Some(wire::socket(address.unwrap_or(GATEWAY_ADDRESS), port)),
        traffic_direction: TrafficDirection::Inbound.into(),
        per_connection_buffer_limit_bytes: wire::u32(32 * 1024),
        filter_chains: vec![chain(&manager)?],
        ..Default::default()
    };
    sealed(name.clone(), listener, name, provenance)
}

/// Tells a gRPC client which routes the name it dials has. It has no address: nobody listens.
fn client(dialled: &Arc<str>, port: &Port) -> Result<Output, NotEncodable> {
    let routes: Arc<str> = names::service_port(port).into();
    let manager = HttpConnectionManager {
        stat_prefix: routes.to_string(),
        route_specifier: Some(rds(&routes, Audience::Grpc)),
        http_filters: vec![router()?],
        ..Default::default()
    };
    let listener = Listener {
        api_listener: Some(ApiListener {
            api_listener: Some(pack(&manager)?),
        }),
        ..Default::default()
    };
    let provenance = vec![place::at(Kind::Service, &port.service, place::SPEC)];
    sealed(dialled.clone(), listener, routes, provenance)
}

/// Lets a gRPC server that binds that address serve all it has: until it has a listener, it takes
/// no connection. The port alone says who it is, so no document is named as the one it comes from.
fn server(address: &str, port: u16) -> Result<Output, NotEncodable> {
    let name = names::grpc_server(address, port);
    let all = VirtualHost {
        name: "all".to_owned(),
        domains: vec!["*".to_owned()],
        routes: vec![Route {
            r#match: Some(RouteMatch {
                path_specifier: Some(PathSpecifier::Prefix(String::new())),
                ..Default::default()
            }),
            action: Some(Action::NonForwardingAction(NonForwardingAction {})),
            ..Default::default()
        }],
        ..Default::default()
    };
    let manager = HttpConnectionManager {
        stat_prefix: name.to_string(),
        route_specifier: Some(RouteSpecifier::RouteConfig(RouteConfiguration {
            virtual_hosts: vec![all],
            ..Default::default()
        })),
        http_filters: vec![router()?],
        ..Default::default()
    };
    let draft = Draft {
        message: Listener {
            name: name.to_string(),
            address: Some(wire::socket(address, port)),
            traffic_direction: TrafficDirection::Inbound.into(),
            filter_chains: vec![chain(&manager)?],
            ..Default::default()
        },
        refs: Vec::new(),
        provenance: Vec::new(),
    };
    draft.seal(LISTENER, name).map(Output::resource)
}

fn sealed(
    name: Arc<str>,
    mut message: Listener,
    routes: Arc<str>,
    provenance: Vec<Provenance>,
) -> Result<Output, NotEncodable> {
    message.name = name.to_string();
    let draft = Draft {
        message,
        refs: vec![Ref {
            to: ROUTES,
            name: routes,
        }],
        provenance,
    };
    draft.seal(LISTENER, name).map(Output::resource)
}

/// What every HTTP listener of an Envoy has.
fn manager(routes: &str, audience: Audience) -> Result<HttpConnectionManager, NotEncodable> {
    Ok(HttpConnectionManager {
        stat_prefix: routes.to_owned(),
        route_specifier: Some(rds(routes, audience)),
        normalize_path: wire::bool(true),
        upgrade_configs: vec![UpgradeConfig {
            upgrade_type: "websocket".to_owned(),
            ..Default::default()
        }],
        http_filters: vec![router()?],
        ..Default::default()
    })
}

fn rds(name: &str, audience: Audience) -> RouteSpecifier {
    RouteSpecifier::Rds(Rds {
        config_source: Some(wire::source(audience)),
        route_config_name: name.to_owned(),
    })
}

/// Sends the request on; always the last filter.
fn router() -> Result<HttpFilter, NotEncodable> {
    Ok(HttpFilter {
        name: "envoy.filters.http.router".to_owned(),
        config_type: Some(http_filter::ConfigType::TypedConfig(pack(
            &Router::default(),
        )?)),
        ..Default::default()
    })
}

fn chain(manager: &HttpConnectionManager) -> Result<FilterChain, NotEncodable> {
    Ok(FilterChain {
        filters: vec![Filter {
            name: "envoy.filters.network.http_connection_manager".to_owned(),
            config_type: Some(filter::ConfigType::TypedConfig(pack(manager)?)),
        }],
        ..Default::default()
    })
}

/// The document of a class; none where it is built in.
pub(super) fn of_class(class: &Arc<str>, lens: &mut Lens<'_>) -> Vec<Provenance> {
    let declared = lens.entry(Index::ClassNamed(class.clone())).get_min();
    let at = |name: &Name| place::at(Kind::ProxyClass, name, place::SPEC);
    declared.map(at).into_iter().collect()
}

/// The listeners of the Gateways of `class` on `port`.
pub(super) fn gateways_on(class: &Arc<str>, port: u16, lens: &mut Lens<'_>) -> Vec<Provenance> {
    let mut found = Vec::new();
    for gateway in lens.entry(Index::GatewaysOf(class.clone())) {
        let Some(Spec::Gateway(spec)) = lens.spec(Kind::Gateway, gateway) else {
            continue;
        };
        for (index, listener) in spec.listeners.iter().enumerate() {
            if listener.port == port {
                let pointer = format!("/spec/listeners/{index}");
                found.push(place::at(Kind::Gateway, gateway, &pointer));
            }
        }
    }
    found
}
