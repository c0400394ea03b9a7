//! What a route attaches to: a Service, whole or one port, or a Gateway, whole or some listeners.

use std::collections::BTreeSet;

use super::{Seeker, meant_port, ports, rivals::Door};
use crate::{
    check::{Code, Diagnostic, World, suggest},
    compile::listener_hosts,
    model::{
        Document, DocumentKey, Gateway, GatewayListener, Kind, RefRole, Reference, Service,
        ServicePort, Spec, Target,
    },
};

const EFFECT: &str = "the route is not attached there";

pub(super) fn seek(seeker: &Seeker<'_>, key: &DocumentKey) -> Option<Diagnostic> {
    let found = match (key.kind, seeker.world.document(key).map(|d| &d.spec)) {
        (Kind::Service, _) if key.namespace != seeker.document.metadata.namespace => {
            Some(other_namespace(seeker, key))
        }
        (_, None) => Some(seeker.missing(Code::NO_PARENT, key, "name")),
        (_, Some(Spec::Service(service))) => port(seeker, key, service),
        (_, Some(Spec::Gateway(gateway))) => listener(seeker, key, gateway),
        _ => None,
    };
    found.map(|diagnostic| diagnostic.effect(EFFECT))
}

fn other_namespace(seeker: &Seeker<'_>, key: &DocumentKey) -> Diagnostic {
    let own = &seeker.document.metadata.namespace;
    seeker
        .report(
            Code::OTHER_NAMESPACE,
            "namespace",
            format!("{key} takes routes of its own namespace only, not of {own:?}"),
        )
        .expected(own.to_string())
        .found(key.namespace.to_string())
        .suggest(Some("put the route into the service's namespace"))
}

fn port(seeker: &Seeker<'_>, key: &DocumentKey, service: &Service) -> Option<Diagnostic> {
    let reference = seeker.reference;
    let there = service.ports.iter();
    let mut there = there.filter(|it| named_port(reference, it)).peekable();
    let field = field_of(seeker);
    if there.peek().is_none() {
        return Some(
            seeker
                .report(
                    Code::NO_PARENT_PART,
                    field,
                    format!("{key} has no port {}", part_of(seeker)),
                )
                .expected(format!("one of {}", ports(&service.ports)))
                .found(part_of(seeker))
                .suggest(meant(
                    seeker,
                    service.ports.iter().filter_map(|p| p.name.as_deref()),
                    service.ports.iter().map(|p| p.port),
                )),
        );
    }
    if there.any(|port| port.speaks().is_http()) {
        return None;
    }
    let message = match field {
        "" => format!("{key} has no port that speaks HTTP"),
        _ => format!("port {} of {key} does not speak HTTP", part_of(seeker)),
    };
    Some(
        seeker
            .report(Code::NOT_HTTP, field, message)
            .expected("a port that speaks http, http2 or grpc"),
    )
}

fn listener(seeker: &Seeker<'_>, key: &DocumentKey, gateway: &Gateway) -> Option<Diagnostic> {
    let reference = seeker.reference;
    let there = gateway.listeners.iter();
    let there: Vec<_> = there.filter(|it| named(reference, it)).collect();
    let field = field_of(seeker);
    if there.is_empty() {
        let names = || gateway.listeners.iter().map(|listener| &*listener.name);
        let shown = gateway.listeners.iter();
        let shown = shown.map(|listener| format!("{} (port {})", listener.name, listener.port));
        return Some(
            seeker
                .report(
                    Code::NO_PARENT_PART,
                    field,
                    format!("{key} has no listener {}", part_of(seeker)),
                )
                .expected(format!("one of {}", suggest::enumerate(shown)))
                .found(part_of(seeker))
                .suggest(meant(
                    seeker,
                    names(),
                    gateway.listeners.iter().map(|it| it.port),
                )),
        );
    }
    let own = &seeker.document.metadata.namespace;
    let admitting: Vec<_> = there
        .into_iter()
        .filter(|listener| listener.admits(&key.namespace, own))
        .collect();
    if admitting.is_empty() {
        return Some(
            seeker
                .report(
                    Code::NOT_ALLOWED,
                    "name",
                    format!("{key} takes no routes of namespace {own:?}"),
                )
                .expected(format!("a route in namespace {:?}", key.namespace))
                .found(own.to_string())
                .suggest(Some(
                    "write allowedRoutes: {namespaces: {from: All}} into the Gateway's listener",
                )),
        );
    }
    hosts(seeker, key, &admitting)
}

fn hosts(
    seeker: &Seeker<'_>,
    key: &DocumentKey,
    listeners: &[&GatewayListener],
) -> Option<Diagnostic> {
    let Spec::HttpRoute(route) = &seeker.document.spec else {
        return None;
    };
    let taken = || {
        listeners
            .iter()
            .map(|listener| listener.hostname.as_deref())
    };
    let common =
        |listener: &&GatewayListener| !listener_hosts(listener, &route.hostnames).is_empty();
    if listeners.iter().any(common) {
        return None;
    }
    Some(
        seeker
            .report(
                Code::NO_COMMON_HOST,
                "name",
                format!("no host name of this route is one that {key} takes"),
            )
            .expected(format!("one of {}", suggest::enumerate(taken().flatten())))
            .found(suggest::enumerate(&route.hostnames)),
    )
}

/// The field that names a part of the parent.
fn field_of(seeker: &Seeker<'_>) -> &'static str {
    match (&seeker.reference.section, seeker.reference.port) {
        (Some(_), _) => "sectionName",
        (None, Some(_)) => "port",
        (None, None) => "",
    }
}

fn part_of(seeker: &Seeker<'_>) -> String {
    match (&seeker.reference.section, seeker.reference.port) {
        (Some(name), Some(port)) => format!("{name:?} with number {port}"),
        (Some(name), None) => format!("{name:?}"),
        (None, Some(port)) => port.to_string(),
        (None, None) => String::new(),
    }
}

/// The part that was meant: by its name where one is given, else by its number.
fn meant<'n>(
    seeker: &Seeker<'_>,
    names: impl Iterator<Item = &'n str>,
    numbers: impl Iterator<Item = u16>,
) -> Option<String> {
    match (&seeker.reference.section, seeker.reference.port) {
        (Some(section), _) => {
            let name = suggest::nearest(section, names)?;
            Some(format!("did you mean {name:?}?"))
        }
        (None, Some(port)) => meant_port(port, numbers),
        (None, None) => None,
    }
}

/// The listeners that `route` attaches to, as the Gateway's key and the listener's place in it, each
/// once; `gateway` looks a Gateway up. A listener that takes routes of the namespace but none of the
/// host names is not attached to.
pub fn attachments<'d>(
    route: &Document,
    gateway: impl Fn(&DocumentKey) -> Option<&'d Document>,
) -> BTreeSet<(DocumentKey, usize)> {
    let Spec::HttpRoute(spec) = &route.spec else {
        return BTreeSet::new();
    };
    let own = &route.metadata.namespace;
    let mut attached = BTreeSet::new();
    for reference in route.spec.refs(own) {
        let Target::Document(key) = &reference.target else {
            continue;
        };
        if reference.role != RefRole::Parent {
            continue;
        }
        let Some(Spec::Gateway(gateway)) = gateway(key).map(|document| &document.spec) else {
            continue;
        };
        for (place, listener) in gateway.listeners.iter().enumerate() {
            let admits = named(&reference, listener) && listener.admits(&key.namespace, own);
            if admits && !listener_hosts(listener, &spec.hostnames).is_empty() {
                attached.insert((key.clone(), place));
            }
        }
    }
    attached
}

/// By which doors requests come from `parent` to `route`; none where it is not attached.
pub(super) fn doors(route: &Document, parent: &DocumentKey, world: &dyn World) -> BTreeSet<Door> {
    let own = &route.metadata.namespace;
    let Spec::HttpRoute(spec) = &route.spec else {
        return BTreeSet::new();
    };
    let mut doors = BTreeSet::new();
    let references = route.spec.refs(own).into_iter();
    for reference in references.filter(|reference| {
        reference.role == RefRole::Parent && reference.target == Target::to(parent)
    }) {
        match world.document(parent).map(|document| &document.spec) {
            Some(Spec::Service(service)) if parent.namespace == *own => {
                let ports = service.ports.iter();
                let ports = ports.filter(|port| named_port(&reference, port));
                let http = ports.filter(|port| port.speaks().is_http());
                doors.extend(http.map(|port| Door {
                    port: port.port,
                    host: None,
                }));
            }
            Some(Spec::Gateway(gateway)) => {
                let listeners = gateway.listeners.iter();
                let listeners = listeners.filter(|it| named(&reference, it));
                for listener in listeners.filter(|it| it.admits(&parent.namespace, own)) {
                    let hosts = listener_hosts(listener, &spec.hostnames).into_iter();
                    doors.extend(hosts.map(|host| Door {
                        port: listener.port,
                        host: Some(host),
                    }));
                }
            }
            _ => {}
        }
    }
    doors
}

/// Whether a reference to a Service means this port of it.
fn named_port(reference: &Reference, port: &ServicePort) -> bool {
    reference.port.is_none_or(|number| number == port.port)
        && (reference.section.is_none() || reference.section == port.name)
}

/// Whether a reference to a Gateway means this listener of it.
fn named(reference: &Reference, listener: &GatewayListener) -> bool {
    let section = reference.section.as_ref();
    reference.port.is_none_or(|port| port == listener.port)
        && section.is_none_or(|name| *name == listener.name)
}
