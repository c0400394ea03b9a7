//! What compiled resources are called: from identity, never from position.
//!
//! Names of documents are DNS labels, so the marks between them (`.` `:` `/`) are never part of
//! one; a version's name may be anything, so what is not plain in it is written `%XX`. Two
//! different things never have one name.

use std::{fmt::Write as _, sync::Arc};

use super::{Port, Table, Target};
use crate::view::Name;

/// The route configuration and the listener of sidecars.
pub(super) const OUTBOUND: &str = "outbound";

/// `orders.shop:8080`, or `orders.shop:8080/v1`: a cluster and its endpoints.
pub(super) fn cluster(target: &Target) -> Arc<str> {
    let mut name = service_port(&target.port);
    if let Some(version) = &target.version {
        name.push('/');
        escape(&mut name, version);
    }
    name.into()
}

/// `missing/..`: no cluster is ever called so, so that a share routed to it is answered with 500.
pub(super) fn missing_cluster(service: &Name, port: Option<u16>, version: Option<&str>) -> String {
    let mut name = format!("missing/{}.{}", service.name, service.namespace);
    if let Some(port) = port {
        let _ = write!(name, ":{port}");
    }
    if let Some(version) = version {
        name.push('/');
        escape(&mut name, version);
    }
    name
}

/// `orders.shop:8080`: a virtual host, and a gRPC client's route configuration.
pub(super) fn service_port(port: &Port) -> String {
    format!(
        "{}.{}:{}",
        port.service.name, port.service.namespace, port.port
    )
}

/// `gateway/edge/8080`: the listener of all Gateways of class `edge` on one port, and its routes.
pub(super) fn gateway(class: &str, port: u16) -> Arc<str> {
    format!("gateway/{class}/{port}").into()
}

/// `grpc/server?xds.resource.listening_address=0.0.0.0:50051`: what a gRPC server that binds
/// that address asks for. `netloft grpc-bootstrap` writes the template of it.
pub(super) fn grpc_server(address: &str, port: u16) -> Arc<str> {
    let (open, close) = if address.contains(':') {
        ("[", "]")
    } else {
        ("", "")
    };
    netloft_proto::grpc_server::name(&format!("{open}{address}{close}:{port}")).into()
}

/// A route configuration.
pub(super) fn table(table: &Table) -> Arc<str> {
    match table {
        Table::Outbound => OUTBOUND.into(),
        Table::Gateway(class, port) => gateway(class, *port),
        Table::Client(port) => service_port(port).into(),
    }
}

/// `shop/orders/canary`: one rule of one HTTPRoute, by its own name or one derived from a match.
pub(super) fn rule(route: &Name, rule: &str) -> String {
    format!("{}/{}/{rule}", route.namespace, route.name)
}

fn escape(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(version: Option<&str>) -> Target {
        let service = Name::new(&"shop".into(), &"orders".into());
        Target {
            port: Port {
                service,
                port: 8080,
            },
            version: version.map(Into::into),
        }
    }

    #[test]
    fn names_say_what_they_name_and_cannot_run_together() {
        for (version, expected) in [
            (None, "orders.shop:8080"),
            (Some("v1"), "orders.shop:8080/v1"),
            (Some("2024.10_a-b"), "orders.shop:8080/2024.10_a-b"),
            (Some("a/b"), "orders.shop:8080/a%2Fb"),
            (Some("a%2Fb"), "orders.shop:8080/a%252Fb"),
            (Some("é"), "orders.shop:8080/%C3%A9"),
        ] {
            assert_eq!(&*cluster(&target(version)), expected);
        }
        let service = target(None).port.service;
        assert_eq!(missing_cluster(&service, None, None), "missing/orders.shop");
        assert_eq!(
            missing_cluster(&service, Some(1), Some("v9")),
            "missing/orders.shop:1/v9"
        );
        assert_eq!(&*gateway("edge", 80), "gateway/edge/80");
        assert_eq!(rule(&service, "canary"), "shop/orders/canary");
    }
}
