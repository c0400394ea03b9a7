//! `ConfigMap`, as Kubernetes has it: texts and bytes by name. Its fields stand beside `metadata`.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Fault, Form, KindFacts, Reference, form};

/// Texts and bytes that others take from here, nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-columns" = [{ "name": "Data", "pointer": "/data/*" }]))]
pub struct ConfigMap {
    /// Texts by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::texts")]
    pub data: BTreeMap<Arc<str>, Arc<str>>,
    /// Bytes by name, in base64. No name stands in `data` too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::base64s")]
    pub binary_data: BTreeMap<Arc<str>, Arc<str>>,
    /// Once true, texts and bytes stay what they are until the document is deleted; absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
}

impl ConfigMap {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "ConfigMap",
        group: "",
        version: "v1",
        plural: "configmaps",
        short: &["cm"],
        namespaced: true,
        names: Form::DnsSubdomain,
        body: Body::TopLevel,
    };
}

impl ConfigMap {
    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        let twice = |name: &&Arc<str>| self.data.contains_key(*name);
        for name in self.binary_data.keys().filter(twice) {
            checks
                .report(
                    Fault::Duplicate,
                    format!("/binaryData/{name}"),
                    format!("{name} is there twice"),
                )
                .expected("each name once, in data or in binaryData")
                .found("it is in data already");
        }
    }

    /// It names no other document.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        Vec::new()
    }
}
