//! Sets of names that the view keeps, so that nothing has to be searched for.

use std::{collections::BTreeSet, sync::Arc};

use imbl::OrdSet;

use super::{Attachment, Name, ParentKind};
use crate::model::{Document, Kind, Spec};

/// Names one set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    /// All documents of a kind.
    All(Kind),
    /// The Services of a namespace.
    ServicesIn(Arc<str>),
    /// The Workloads that a Service selects: all, or those of one version.
    Selected(Name, Option<Arc<str>>),
    /// The HTTPRoutes that name this parent.
    RoutesOf(ParentKind, Name),
    /// The Gateways of a class.
    GatewaysOf(Arc<str>),
    /// The ProxyClasses with this name, whatever their namespace.
    ClassNamed(Arc<str>),
    /// The EnvoyResources for the proxies of a class.
    RawOf(Arc<str>),
    /// The EnvoyPatches for the proxies of a class.
    PatchesOf(Arc<str>),
}

/// The names in one set, in order. Shares structure with earlier versions of itself.
pub type Entry = OrdSet<Name>;

/// The sets that `document` is a member of by itself; [`Index::Selected`] takes two documents and
/// is kept by `selection`.
pub(super) fn memberships(document: &Document) -> BTreeSet<Index> {
    let namespace = &document.metadata.namespace;
    let mut sets = BTreeSet::from([Index::All(document.spec.kind())]);
    match &document.spec {
        Spec::Service(_) => {
            sets.insert(Index::ServicesIn(namespace.clone()));
        }
        Spec::HttpRoute(route) => {
            let parents = Attachment::of(document, route).parents;
            sets.extend(parents.into_iter().filter_map(|parent| {
                let kind = parent.kind?;
                Some(Index::RoutesOf(kind, parent.name))
            }));
        }
        Spec::Gateway(gateway) => {
            sets.insert(Index::GatewaysOf(gateway.gateway_class_name.clone()));
        }
        Spec::ProxyClass(_) => {
            sets.insert(Index::ClassNamed(document.metadata.name.clone()));
        }
        Spec::EnvoyResource(raw) => {
            sets.insert(Index::RawOf(raw.proxy_class.clone()));
        }
        Spec::EnvoyPatch(patch) => {
            sets.insert(Index::PatchesOf(patch.select.proxy_class.clone()));
        }
        // The others are looked up by their own names alone.
        _ => {}
    }
    sets
}
