//! What a proxy says of itself when it connects. It is a claim: nothing secret follows from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use envoy_types::pb::{
    envoy::config::core::v3 as core,
    google::protobuf::{Struct, value::Kind},
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

impl From<&core::Node> for Node {
    fn from(node: &core::Node) -> Self {
        let own = field(node.metadata.as_ref(), "netloft").and_then(|value| match value {
            Kind::StructValue(own) => Some(own),
            _ => None,
        });
        let labels = field(own, "labels").and_then(|value| match value {
            Kind::StructValue(labels) => Some(labels),
            _ => None,
        });
        Self {
            id: node.id.as_str().into(),
            cluster: node.cluster.as_str().into(),
            metadata: texts(node.metadata.as_ref()),
            class: text(field(own, "class")),
            namespace: text(field(own, "namespace")),
            labels: texts(labels),
            user_agent: node.user_agent_name.as_str().into(),
            features: node
                .client_features
                .iter()
                .map(|name| name.as_str().into())
                .collect(),
        }
    }
}

fn field<'a>(of: Option<&'a Struct>, name: &str) -> Option<&'a Kind> {
    of?.fields.get(name)?.kind.as_ref()
}

/// A text that says something.
fn text(value: Option<&Kind>) -> Option<Arc<str>> {
    match value? {
        Kind::StringValue(text) if !text.is_empty() => Some(text.as_str().into()),
        _ => None,
    }
}

fn texts(of: Option<&Struct>) -> BTreeMap<Arc<str>, Arc<str>> {
    let fields = of.into_iter().flat_map(|of| &of.fields);
    fields
        .filter_map(|(key, value)| match &value.kind {
            Some(Kind::StringValue(text)) => Some((key.as_str().into(), text.as_str().into())),
            _ => None,
        })
        .collect()
}
