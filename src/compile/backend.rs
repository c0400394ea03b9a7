//! From a rule's `backendRef` to the target it means.

use std::sync::Arc;

use super::{Lens, Port, Target, domains, names};
use crate::{
    model::{BackendRef, Protocol},
    view::Name,
};

/// What a backend came to.
pub(super) enum Backend {
    /// It is there.
    Found {
        target: Target,
        /// What its port speaks.
        protocol: Protocol,
    },
    /// It is not there, or cannot be used.
    Missing {
        /// Name of a cluster that never exists.
        cluster: String,
        /// Gateway API's word for why.
        reason: &'static str,
        /// Why, in one sentence.
        why: String,
    },
}

/// Resolves `backend` as it stands in the route `route`.
///
/// A backend in another namespace is not reached: nothing can allow it yet (Gateway API's
/// ReferenceGrant), and a route must not help itself to what is another's.
pub(super) fn resolve(route: &Name, backend: &BackendRef, lens: &mut Lens<'_>) -> Backend {
    let namespace = backend.namespace.as_ref().unwrap_or(&route.namespace);
    let (name, version): (Arc<str>, Option<Arc<str>>) = match backend.target() {
        Some((name, version)) => (name.into(), version.map(Into::into)),
        None => (backend.name.clone(), None),
    };
    let service = Name::new(namespace, &name);
    let missing = |port, reason, why| Backend::Missing {
        cluster: names::missing_cluster(&service, port, version.as_deref()),
        reason,
        why,
    };
    if backend.target().is_none() {
        let why = "requests go to a Service, or to a ServiceVersion called SERVICE.VERSION";
        return missing(backend.port, "InvalidKind", why.to_owned());
    }
    if *namespace != route.namespace {
        let own = &route.namespace;
        let why = format!("Service {service} is in another namespace than the route, \"{own}\"");
        return missing(backend.port, "RefNotPermitted", why);
    }
    let Some(outline) = lens.outline(&service) else {
        let why = format!("Service {service} does not exist");
        return missing(backend.port, "BackendNotFound", why);
    };
    let port = match (backend.port, outline.ports.as_slice()) {
        (Some(number), _) => outline.port(number),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let Some(port) = port else {
        let ports = list(outline.ports.iter().map(|port| port.port.to_string()));
        let why = match backend.port {
            Some(port) => format!("Service {service} has no port {port}; it has {ports}"),
            None => format!("Service {service} has several ports, name one of {ports}"),
        };
        return missing(backend.port, "BackendNotFound", why);
    };
    let protocol = domains::protocol(port);
    if !protocol.is_http() {
        let why = format!(
            "port {} of Service {service} does not speak HTTP",
            port.port
        );
        return missing(Some(port.port), "UnsupportedProtocol", why);
    }
    if let Some(version) = &version
        && !outline.versions.contains(version)
    {
        let versions = list(outline.versions.iter().map(ToString::to_string));
        let why = format!("Service {service} has no version \"{version}\"; it has {versions}");
        return missing(Some(port.port), "BackendNotFound", why);
    }
    Backend::Found {
        target: Target {
            port: Port {
                port: port.port,
                service,
            },
            version,
        },
        protocol,
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}
