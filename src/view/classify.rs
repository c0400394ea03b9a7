//! Which ProxyClass a proxy belongs to.
//!
//! The one its bootstrap names; else the first, in order of name and namespace, of those whose
//! `match` fits; else the built-in `client` for gRPC's own xDS clients and `sidecar` for the rest.
//! It depends on ProxyClass documents only, so it is to be asked again when one of those changed.

use std::sync::Arc;

use super::{Facts, Index, MeshView, Name, Node, glob};
use crate::model::{DEFAULT_NAMESPACE, Kind, ProxyClass, ProxyMatch, Spec};

/// The built-in class of proxies beside an application.
pub const SIDECAR: &str = "sidecar";
/// The built-in class of proxies that requests enter by.
pub const GATEWAY: &str = "gateway";
/// The built-in class of gRPC clients without a proxy.
pub const CLIENT: &str = "client";

/// What is known of the proxy that calls itself `node`.
///
/// A class that its bootstrap names is
/// taken as named, whether there is such a class or not: it may be declared later.
#[must_use]
pub fn classify(view: &MeshView, node: &Node) -> Facts {
    let class = node.class.clone().unwrap_or_else(|| {
        matching(view, node).unwrap_or_else(|| {
            let grpc = node.user_agent.starts_with("gRPC ");
            if grpc { CLIENT } else { SIDECAR }.into()
        })
    });
    Facts {
        class,
        namespace: home(node),
        labels: node.labels.clone(),
        capabilities: node.features.clone(),
        cohort: "stable".into(),
    }
}

/// The namespace that `node` runs in. One that is not a DNS label counts as not given.
#[must_use]
pub fn home(node: &Node) -> Arc<str> {
    let namespace = node.namespace.as_ref().filter(|name| is_label(name));
    namespace
        .cloned()
        .unwrap_or_else(|| DEFAULT_NAMESPACE.into())
}

fn matching(view: &MeshView, node: &Node) -> Option<Arc<str>> {
    let classes = view.entry(&Index::All(Kind::ProxyClass));
    let fitting = classes.iter().filter(|name| {
        class(view, name)
            .and_then(|class| class.proxies.as_ref())
            .is_some_and(|wanted| fits(wanted, node))
    });
    fitting
        .min_by_key(|name| (&name.name, &name.namespace))
        .map(|name| name.name.clone())
}

fn class<'v>(view: &'v MeshView, name: &Name) -> Option<&'v ProxyClass> {
    match &view.get(&name.key(Kind::ProxyClass))?.spec {
        Spec::ProxyClass(class) => Some(class),
        _ => None,
    }
}

/// Whether all that is wanted holds. A match that wants nothing fits no proxy.
fn fits(wanted: &ProxyMatch, node: &Node) -> bool {
    *wanted != ProxyMatch::default()
        && wanted
            .node_id
            .as_ref()
            .is_none_or(|pattern| glob(pattern, &node.id))
        && wanted
            .cluster
            .as_ref()
            .is_none_or(|cluster| *cluster == node.cluster)
        && wanted
            .metadata
            .iter()
            .all(|(key, value)| node.metadata.get(key) == Some(value))
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
