//! `Namespace`, as Kubernetes has it: a name that documents are sorted under, with labels.
//!
//! A document's namespace needs no Namespace: naming it is enough. `default` is always there.
//!
//! Absent on purpose: phases and termination. Deleting a Namespace deletes that document alone.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Form, KindFacts, Reference};

/// Nothing is declared of a namespace but its metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    /// What Kubernetes itself puts there; kept, without effect. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub finalizers: Vec<Arc<str>>,
}

impl Namespace {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "Namespace",
        group: "",
        version: "v1",
        plural: "namespaces",
        short: &["ns"],
        namespaced: false,
        names: Form::DnsLabel,
        body: Body::OptionalSpec,
    };
}

impl Namespace {
    /// Every Namespace that can be read is right.
    #[expect(clippy::unused_self, reason = "every kind is asked the same way")]
    pub(super) fn check(&self, _checks: &mut Checks) {}

    /// It names no other document.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        Vec::new()
    }
}
