//! What an `HTTPRoute` names: the parents it attaches to and the backends it sends to.

use std::sync::Arc;

use super::{BackendRef, HttpRoute, ParentRef};
use crate::model::{DocumentKey, Kind, RefRole, Reference, Target};

impl HttpRoute {
    /// Its parents and backends.
    pub(in crate::model) fn refs(&self, namespace: &str) -> Vec<Reference> {
        let mut found = Vec::new();
        for (i, parent) in self.parent_refs.iter().enumerate() {
            found.push(parent.reference(format!("/parentRefs/{i}"), namespace));
        }
        for (i, rule) in self.rules.iter().enumerate() {
            let weight = |backend: &BackendRef| u64::from(backend.weight.unwrap_or(1));
            let total = rule.backend_refs.iter().map(weight).sum();
            for (j, backend) in rule.backend_refs.iter().enumerate() {
                let pointer = format!("/rules/{i}/backendRefs/{j}");
                found.push(Reference {
                    share: Some((weight(backend), total)),
                    ..backend.reference(pointer, namespace)
                });
            }
        }
        found
    }
}

impl ParentRef {
    fn reference(&self, pointer: String, namespace: &str) -> Reference {
        let target = match self.target() {
            Some(kind) => key(kind, self.namespace.as_ref(), namespace, &self.name),
            None => foreign(self.group.as_deref(), self.kind.as_deref(), &self.name),
        };
        Reference {
            port: self.port,
            section: self.section_name.clone(),
            ..Reference::new(pointer, RefRole::Parent, target)
        }
    }
}

impl BackendRef {
    fn reference(&self, pointer: String, namespace: &str) -> Reference {
        let (target, version) = match self.target() {
            Some((service, version)) => (
                key(Kind::Service, self.namespace.as_ref(), namespace, service),
                version.map(Into::into),
            ),
            None => (
                foreign(self.group.as_deref(), self.kind.as_deref(), &self.name),
                None,
            ),
        };
        Reference {
            port: self.port,
            version,
            ..Reference::new(pointer, RefRole::Backend, target)
        }
    }
}

fn key(kind: Kind, namespace: Option<&Arc<str>>, own: &str, name: &str) -> Target {
    Target::Document(DocumentKey {
        kind,
        namespace: namespace.map_or_else(|| own.into(), Arc::clone),
        name: name.into(),
    })
}

fn foreign(group: Option<&str>, kind: Option<&str>, name: &Arc<str>) -> Target {
    let kind = kind.unwrap_or("Service");
    Target::Foreign {
        kind: match group {
            Some(group) if !group.is_empty() => format!("{group}/{kind}"),
            _ => kind.to_owned(),
        },
        name: name.clone(),
    }
}
