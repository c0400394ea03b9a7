//! What others look at when they name a Service: a facet of its document.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::model::{HealthCheck, InlineEndpoint, Service, ServicePort};

/// A Service without its endpoints and without the labels that tell versions apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// As declared.
    pub ports: Vec<ServicePort>,
    /// Where endpoints come from.
    pub supply: Supply,
    /// Names of its versions.
    pub versions: BTreeSet<Arc<str>>,
    /// As declared.
    pub health_check: Option<HealthCheck>,
}

/// Where a Service's endpoints come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supply {
    /// Workloads that its selector fits.
    Selector,
    /// Written down in it.
    Inline,
    /// Host names that each proxy resolves itself.
    Dns(Vec<Arc<str>>),
}

/// The endpoints written down in a Service: under nothing all of them, and those of each version.
pub(super) type InlineParts = BTreeMap<Option<Arc<str>>, Arc<[InlineEndpoint]>>;

impl Outline {
    pub(super) fn of(service: &Service) -> Self {
        Self {
            ports: service.ports.clone(),
            supply: match (&service.dns, &service.endpoints) {
                (Some(hosts), _) => Supply::Dns(hosts.clone()),
                (None, Some(_)) => Supply::Inline,
                (None, None) => Supply::Selector,
            },
            versions: match service.dns {
                Some(_) => BTreeSet::new(), // a resolved address has no labels
                None => service.versions.keys().cloned().collect(),
            },
            health_check: service.health_check.clone(),
        }
    }

    /// The port numbered `port`.
    #[must_use]
    pub fn port(&self, port: u16) -> Option<&ServicePort> {
        self.ports.iter().find(|declared| declared.port == port)
    }
}

pub(super) fn inline_parts(service: &Service) -> InlineParts {
    let Some(endpoints) = &service.endpoints else {
        return InlineParts::new();
    };
    let fits = |labels: &BTreeMap<_, _>| -> Arc<[InlineEndpoint]> {
        endpoints
            .iter()
            .filter(|endpoint| fits(&endpoint.labels, labels))
            .cloned()
            .collect()
    };
    let mut parts = InlineParts::from([(None, endpoints.as_slice().into())]);
    for (version, labels) in &service.versions {
        parts.insert(Some(version.clone()), fits(labels));
    }
    parts
}

/// Whether `labels` hold all of `wanted`.
pub(super) fn fits(
    labels: &BTreeMap<Arc<str>, Arc<str>>,
    wanted: &BTreeMap<Arc<str>, Arc<str>>,
) -> bool {
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}
