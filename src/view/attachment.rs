//! What an HTTPRoute attaches to: a facet of its document that an edit of its rules leaves alone.

use std::sync::Arc;

use super::Name;
use crate::model::{Document, HttpRoute, Kind, Precedence};

/// Where an HTTPRoute applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its `parentRefs`, in their order.
    pub parents: Vec<Parent>,
    /// Its `hostnames`; only Gateway parents ask for them.
    pub hostnames: Vec<Arc<str>>,
    /// Where it stands among routes that take the same requests.
    pub precedence: Precedence,
}

/// One of a route's parents, its namespace filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Nothing: a kind that no route attaches to.
    pub kind: Option<ParentKind>,
    /// Which one.
    pub name: Name,
    /// One listener of a Gateway, or one port of a Service, by name.
    pub section: Option<Arc<str>>,
    /// One port, by number.
    pub port: Option<u16>,
}

/// What routes attach to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParentKind {
    /// Requests sent to a Service.
    Service,
    /// Requests that enter by a Gateway.
    Gateway,
}

impl Attachment {
    pub(super) fn of(document: &Document, route: &HttpRoute) -> Self {
        let namespace = &document.metadata.namespace;
        let parents = route.parent_refs.iter().map(|parent| {
            let kind = match parent.target() {
                Some(Kind::Service) => Some(ParentKind::Service),
                Some(Kind::Gateway) => Some(ParentKind::Gateway),
                _ => None,
            };
            Parent {
                kind,
                name: Name::new(parent.namespace.as_ref().unwrap_or(namespace), &parent.name),
                section: parent.section_name.clone(),
                port: parent.port,
            }
        });
        Self {
            parents: parents.collect(),
            hostnames: route.hostnames.clone(),
            precedence: document.precedence(),
        }
    }

    /// The parents that are the `kind` called `name`.
    pub fn to<'a>(&'a self, kind: ParentKind, name: &'a Name) -> impl Iterator<Item = &'a Parent> {
        self.parents
            .iter()
            .filter(move |parent| parent.kind == Some(kind) && parent.name == *name)
    }
}
