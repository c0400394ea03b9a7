//! `Workload`: one running instance of something.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Fault, Form, KindFacts, Reference, form};

/// One running instance: where it is reached, and the labels that services select it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-columns" = [
    { "name": "Address", "pointer": "/spec/address" },
    { "name": "Health", "pointer": "/spec/health" },
    { "name": "Zone", "pointer": "/spec/locality/zone", "wide": true },
]))]
pub struct Workload {
    /// IPv4 or IPv6 address.
    #[schemars(schema_with = "form::ip")]
    pub address: Arc<str>,
    /// Ports by name or number of the service's port, where they differ from its target port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::port_map")]
    pub ports: BTreeMap<Arc<str>, u16>,
    /// The account it runs as: the last part of its identity. Absent: its service's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::dns_label")]
    pub identity: Option<Arc<str>>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
    /// Share among the endpoints of its locality, 1 to 128; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 128))]
    pub weight: Option<u32>,
    /// Whether it takes new requests; absent: `healthy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

/// Where a workload stands, outermost first.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Locality {
    /// As `eu-west-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub region: Option<Arc<str>>,
    /// As `eu-west-1a`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub zone: Option<Arc<str>>,
    /// As a rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub sub_zone: Option<Arc<str>>,
}

/// Whether a workload takes new requests.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Takes requests.
    Healthy,
    /// Takes none.
    Unhealthy,
    /// Finishes what it has and takes nothing new.
    Draining,
}

impl Workload {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "Workload",
        group: "netloft.dev",
        version: "v1",
        plural: "workloads",
        short: &["wl"],
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

impl Workload {
    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        let Some(locality) = &self.locality else {
            return;
        };
        // Envoy finds a zone within its region: without one, zones of two regions are one.
        for (field, given, outer, outer_given) in [
            (
                "zone",
                locality.zone.is_some(),
                "region",
                locality.region.is_some(),
            ),
            (
                "subZone",
                locality.sub_zone.is_some(),
                "zone",
                locality.zone.is_some(),
            ),
        ] {
            if given && !outer_given {
                checks
                    .report(
                        Fault::Requires,
                        format!("/locality/{field}"),
                        format!("a {field} needs the {outer} it is in"),
                    )
                    .expected(format!("{outer} beside it"));
            }
        }
    }

    /// It names no other document: services select it by its labels.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        Vec::new()
    }
}
