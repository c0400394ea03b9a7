//! What a proxy says of itself when it connects. It is a claim: nothing secret follows from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The part of an xDS `Node` that decides what a proxy is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// `id`.
    pub id: Arc<str>,
    /// `cluster`.
    pub cluster: Arc<str>,
    /// Text values at the top level of `metadata`.
    pub metadata: BTreeMap<Arc<str>, Arc<str>>,
    /// `metadata.netloft.class`.
    pub class: Option<Arc<str>>,
    /// `metadata.netloft.namespace`.
    pub namespace: Option<Arc<str>>,
    /// Text values of `metadata.netloft.labels`.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// `user_agent_name`, as `envoy` or `gRPC C-core`.
    pub user_agent: Arc<str>,
    /// `client_features`.
    pub features: BTreeSet<Arc<str>>,
}
