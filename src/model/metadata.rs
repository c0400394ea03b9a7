//! What every document carries besides its spec.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::form;

/// `metadata`, as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Unique within kind and namespace. Its form is the kind's: a DNS label for most.
    #[schemars(schema_with = "form::dns_label")]
    pub name: Arc<str>,
    /// DNS label; `default` where absent. Empty for a kind that has no namespaces.
    #[serde(default = "default_namespace", skip_serializing_if = "is_no_namespace")]
    #[schemars(schema_with = "form::dns_label")]
    pub namespace: Arc<str>,
    /// For selectors. Keys and values in the Kubernetes form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::labels")]
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// For tools; never selected on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::annotations")]
    pub annotations: BTreeMap<Arc<str>, Arc<str>>,
}

/// What servers write into `metadata` and `get` prints: taken and dropped, so that it can be applied.
pub const SERVER_FIELDS: &[&str] = &[
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
    "finalizers",
    "ownerReferences",
];

/// The namespace of a document that names none.
pub const DEFAULT_NAMESPACE: &str = "default";

fn is_no_namespace(namespace: &Arc<str>) -> bool {
    namespace.is_empty()
}

fn default_namespace() -> Arc<str> {
    DEFAULT_NAMESPACE.into()
}
