//! Whether what an HTTPRoute attaches to is there and takes it.

use std::sync::Arc;

use super::{Lens, Output, domains::http_ports, gateway_hosts, place, problems};
use crate::{
    model::{Kind, Spec},
    snapshot::Problem,
    view::{Attachment, Name, Parent, ParentKind},
};

/// The problems of `route` with its parents.
pub(super) fn compile(route: &Name, lens: &mut Lens<'_>) -> Output {
    let Some(attachment) = lens.attachment(route) else {
        return Output::default();
    };
    let parents = attachment.parents.iter().enumerate();
    let problems = parents.filter_map(|(index, parent)| {
        let at = place::at(Kind::HttpRoute, route, &format!("/spec/parentRefs/{index}"));
        let found = match parent.kind {
            Some(ParentKind::Service) => service(route, parent, lens),
            Some(ParentKind::Gateway) => gateway(route, attachment, parent, lens),
            None => Err(Fault::Missing(
                "routes attach to Services and Gateways only".to_owned(),
            )),
        };
        found.err().map(|fault| fault.at(at))
    });
    let problems = problems.collect();
    Output::problems(problems)
}

enum Fault {
    Missing(String),
    /// Gateway API's word, and a sentence.
    Refused(&'static str, String),
}

impl Fault {
    fn at(self, at: crate::snapshot::Provenance) -> Problem {
        match self {
            Self::Missing(why) => problems::no_parent(at, why),
            Self::Refused(reason, why) => problems::parent_refuses(at, reason, why),
        }
    }
}

/// Whether a route of `namespace` is taken by this port of a Service, as `parent` asks.
pub(super) fn takes_port(parent: &Parent, port: &crate::model::ServicePort) -> bool {
    parent.port.is_none_or(|number| number == port.port)
        && (parent.section.is_none() || parent.section == port.name)
}

fn service(route: &Name, parent: &Parent, lens: &mut Lens<'_>) -> Result<(), Fault> {
    let name = &parent.name;
    let Some(outline) = lens.outline(name) else {
        return Err(Fault::Missing(format!("Service {name} does not exist")));
    };
    if name.namespace != route.namespace {
        return Err(Fault::Refused(
            "NotAllowedByListeners",
            format!(
                "Service {name} takes routes of its own namespace only, not of \"{}\"",
                route.namespace
            ),
        ));
    }
    if http_ports(outline).any(|port| takes_port(parent, port)) {
        return Ok(());
    }
    Err(Fault::Missing(match (&parent.section, parent.port) {
        (None, None) => format!("Service {name} has no port that speaks HTTP"),
        (None, Some(port)) => format!("Service {name} has no HTTP port {port}"),
        (section, port) => format!("Service {name} has no HTTP port {}", called(section, port)),
    }))
}

fn gateway(
    route: &Name,
    attachment: &Attachment,
    parent: &Parent,
    lens: &mut Lens<'_>,
) -> Result<(), Fault> {
    let name = &parent.name;
    let Some(Spec::Gateway(gateway)) = lens.spec(Kind::Gateway, name) else {
        return Err(Fault::Missing(format!("Gateway {name} does not exist")));
    };
    let listeners = gateway.listeners.iter();
    let meant: Vec<_> = listeners
        .filter(|listener| gateway_hosts::names_listener(parent, listener))
        .collect();
    if meant.is_empty() {
        let listener = called(&parent.section, parent.port);
        return Err(Fault::Missing(format!(
            "Gateway {name} has no listener {listener}"
        )));
    }
    let admitting: Vec<_> = meant
        .into_iter()
        .filter(|listener| listener.admits(&name.namespace, &route.namespace))
        .collect();
    if admitting.is_empty() {
        return Err(Fault::Refused(
            "NotAllowedByListeners",
            format!(
                "no listener of Gateway {name} admits routes of namespace \"{}\" (allowedRoutes)",
                route.namespace
            ),
        ));
    }
    let any = admitting
        .into_iter()
        .any(|listener| !gateway_hosts::hosts(listener, &attachment.hostnames).is_empty());
    if any {
        Ok(())
    } else {
        Err(Fault::Refused(
            "NoMatchingListenerHostname",
            format!("no host name of the route is one that a listener of Gateway {name} takes"),
        ))
    }
}

fn called(section: &Option<Arc<str>>, port: Option<u16>) -> String {
    match (section, port) {
        (Some(section), Some(port)) => format!("\"{section}\" on port {port}"),
        (Some(section), None) => format!("\"{section}\""),
        (None, Some(port)) => format!("on port {port}"),
        (None, None) => "at all".to_owned(),
    }
}
