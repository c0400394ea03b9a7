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
        /// Why, in one sentence.
        why: String,
    },
}

/// Resolves `backend` as it stands in the route `route`.
///
/// A backend in another namespace is taken as it is: what may be named across namespaces is not
/// declared yet.
pub(super) fn resolve(route: &Name, backend: &BackendRef, lens: &mut Lens<'_>) -> Backend {
    let namespace = backend.namespace.as_ref().unwrap_or(&route.namespace);
    let versioned = match backend.kind.as_deref() {
        None | Some("Service") => false,
        Some("ServiceVersion") => true,
        Some(other) => {
            return missing(
                namespace,
                backend,
                None,
                format!("a backend cannot be a {other}"),
            );
        }
    };
    if !matches!(backend.group.as_deref(), None | Some("" | "netloft.dev")) {
        let group = backend.group.as_deref().unwrap_or_default();
        return missing(
            namespace,
            backend,
            None,
            format!("a backend cannot be of group {group}"),
        );
    }
    let (name, version): (Arc<str>, Option<Arc<str>>) = match backend.name.split_once('.') {
        Some((name, version)) if versioned => (name.into(), Some(version.into())),
        None if versioned => {
            let why = format!(
                "\"{}\" names no version: write SERVICE.VERSION",
                backend.name
            );
            return missing(namespace, backend, None, why);
        }
        _ => (backend.name.clone(), None),
    };
    let service = Name::new(namespace, &name);
    let missing = |port, why| Backend::Missing {
        cluster: names::missing_cluster(&service, port, version.as_deref()),
        why,
    };

    let Some(outline) = lens.outline(&service) else {
        return missing(backend.port, format!("Service {service} does not exist"));
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
        return missing(backend.port, why);
    };
    let protocol = domains::protocol(port);
    if !protocol.is_http() {
        let why = format!(
            "port {} of Service {service} does not speak HTTP",
            port.port
        );
        return missing(Some(port.port), why);
    }
    if let Some(version) = &version
        && !outline.versions.contains(version)
    {
        let versions = list(outline.versions.iter().map(ToString::to_string));
        let why = format!("Service {service} has no version \"{version}\"; it has {versions}");
        return missing(Some(port.port), why);
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

fn missing(
    namespace: &Arc<str>,
    backend: &BackendRef,
    version: Option<&str>,
    why: String,
) -> Backend {
    let name = Name::new(namespace, &backend.name);
    Backend::Missing {
        cluster: names::missing_cluster(&name, backend.port, version),
        why,
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
