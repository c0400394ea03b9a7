//! By which host names a Service's port is called.
//!
//! `orders.shop:8080` and `orders.shop.mesh:8080` from everywhere, `orders:8080` from the
//! service's own namespace. Without a port number HTTP means 80; so the names alone mean the
//! service's port 80 where it speaks HTTP, else the first HTTP port it declares. A service has two
//! or three labels in its long names and one in its short, and a port number once: so no host name
//! is ever given twice in one route configuration, for which Envoy would reject the whole of it.

use super::Port;
use crate::{model::ServicePort, view::Outline};

/// Host names of one port.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Domains {
    /// Good everywhere.
    pub(super) long: Vec<String>,
    /// Good in the service's own namespace.
    pub(super) short: Vec<String>,
}

impl Domains {
    pub(super) fn of(port: &Port, outline: &Outline) -> Self {
        let (name, namespace) = (&port.service.name, &port.service.namespace);
        let bases = [
            format!("{name}.{namespace}"),
            format!("{name}.{namespace}.mesh"),
        ];
        let number = port.port;
        let bare = default_port(outline) == Some(number);
        let each = |bases: &[String]| {
            let numbered = bases.iter().map(|base| format!("{base}:{number}"));
            let bare = bases.iter().filter(|_| bare).cloned();
            bare.chain(numbered).collect()
        };
        Self {
            long: each(&bases),
            short: each(&[name.to_string()]),
        }
    }
}

/// Ports that speak HTTP, in declared order.
pub(super) fn http_ports(outline: &Outline) -> impl Iterator<Item = &ServicePort> {
    outline.ports.iter().filter(|port| protocol(port).is_http())
}

/// What a port speaks: `http` where nothing is declared.
pub(super) fn protocol(port: &ServicePort) -> crate::model::Protocol {
    port.protocol.unwrap_or(crate::model::Protocol::Http)
}

fn default_port(outline: &Outline) -> Option<u16> {
    let mut ports = http_ports(outline).map(|port| port.port);
    let first = ports.next()?;
    Some(if first == 80 || ports.any(|port| port == 80) {
        80
    } else {
        first
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        model::Protocol,
        view::{Name, Supply},
    };

    #[test]
    fn a_bare_name_means_port_80_else_the_first_http_port() {
        for (ports, expected) in [
            (vec![(8080, None)], Some(8080)),
            (vec![(8080, None), (80, None)], Some(80)),
            (
                vec![(80, Some(Protocol::Tcp)), (8080, None), (8000, None)],
                Some(8080),
            ),
            (vec![(5432, Some(Protocol::Tcp))], None),
        ] {
            let ports = ports.into_iter().map(|(port, protocol)| ServicePort {
                name: None,
                port,
                target_port: None,
                protocol,
            });
            let outline = Outline {
                ports: ports.collect(),
                supply: Supply::Selector,
                versions: BTreeSet::new(),
                health_check: None,
            };
            assert_eq!(default_port(&outline), expected);
        }
    }

    #[test]
    fn a_port_is_called_by_long_names_everywhere_and_by_short_ones_at_home() {
        let port = |number| ServicePort {
            name: None,
            port: number,
            target_port: None,
            protocol: None,
        };
        let outline = Outline {
            ports: vec![port(8080), port(9090)],
            supply: Supply::Selector,
            versions: BTreeSet::new(),
            health_check: None,
        };
        let of = |number| {
            let service = Name::new(&"shop".into(), &"orders".into());
            Domains::of(
                &Port {
                    service,
                    port: number,
                },
                &outline,
            )
        };
        assert_eq!(
            of(8080).long,
            [
                "orders.shop",
                "orders.shop.mesh",
                "orders.shop:8080",
                "orders.shop.mesh:8080"
            ]
        );
        assert_eq!(of(8080).short, ["orders", "orders:8080"]);
        assert_eq!(of(9090).long, ["orders.shop:9090", "orders.shop.mesh:9090"]);
        assert_eq!(of(9090).short, ["orders:9090"]);
    }
}
