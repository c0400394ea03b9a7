//! Who is this stream: `xds` asks, the loop answers by moving the stream from the lobby.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::run::{Command, Reconciler};
use crate::{
    snapshot::ScopeId,
    view::Node,
    xds::{Directory, LOBBY, Peer, Refusal, StreamId},
};

impl Directory for Reconciler {
    /// Everyone is let in: who may have what follows from identities once there are any.
    fn admit(&self, _peer: &Peer) -> Result<ScopeId, Refusal> {
        if self.is_running() {
            Ok(LOBBY)
        } else {
            Err(stopping())
        }
    }

    fn seated(&self, peer: &Peer) {
        // Nobody to tell when the loop has ended; then the server is ending as well.
        let _ = self.commands.send(Command::Seat {
            stream: peer.stream,
            node: node(peer),
        });
    }

    fn leave(&self, stream: StreamId) {
        let _ = self.commands.send(Command::Leave { stream });
    }
}

fn stopping() -> Refusal {
    Refusal::NotReady("the control plane is stopping: try another replica, or again".to_owned())
}

/// What decides a scope, out of all that a client says of itself.
pub(super) fn node(peer: &Peer) -> Node {
    let own = &peer.metadata["netloft"];
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(Arc::from)
    };
    Node {
        id: peer.proxy.as_str().into(),
        cluster: peer.cluster.as_str().into(),
        metadata: texts(&peer.metadata),
        class: text(&own["class"]),
        namespace: text(&own["namespace"]),
        labels: texts(&own["labels"]),
        user_agent: peer.user_agent.name.as_str().into(),
        features: peer
            .client_features
            .iter()
            .map(|feature| feature.as_str().into())
            .collect(),
    }
}

fn texts(value: &Value) -> BTreeMap<Arc<str>, Arc<str>> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into())))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::watch;

    use super::*;
    use crate::{
        snapshot::TYPES,
        xds::{Cache, Dialect, Manners, directory::Locality, directory::UserAgent},
    };

    fn peer(metadata: Value) -> Peer {
        Peer {
            stream: StreamId(1),
            proxy: netloft_proto::ProxyId::new("web-1").unwrap(),
            cluster: "shop".to_owned(),
            metadata,
            user_agent: UserAgent {
                name: "envoy".to_owned(),
                version: "1.40.0".to_owned(),
            },
            locality: Locality::default(),
            client_features: vec!["envoy.lb.does_not_support_overprovisioning".to_owned()],
            address: None,
            dialect: Dialect::Delta,
        }
    }

    #[test]
    fn a_node_is_what_its_metadata_says_and_what_is_no_text_says_nothing() {
        let node = node(&peer(json!({
            "netloft": {"class": "edge", "namespace": "", "labels": {"app": "web", "n": 1}},
            "zone": "a",
            "weight": 3,
        })));
        assert_eq!(node.class.as_deref(), Some("edge"));
        assert_eq!(node.namespace, None);
        assert_eq!(node.labels, [("app".into(), "web".into())].into());
        assert_eq!(node.metadata, [("zone".into(), "a".into())].into());
        assert_eq!((&*node.id, &*node.cluster), ("web-1", "shop"));
        assert_eq!(node.features.len(), 1);
    }

    #[tokio::test]
    async fn everyone_waits_in_the_lobby_and_nobody_is_let_in_once_the_loop_has_ended() {
        let (documents, receiver) = watch::channel(Arc::default());
        let cache = Arc::new(Cache::new(&TYPES, Manners::default()));
        let reconciler = Reconciler::start(receiver, cache).unwrap();
        let peer = peer(Value::Null);
        assert_eq!(reconciler.admit(&peer), Ok(LOBBY));
        drop(documents);
        let mut figures = reconciler.watch();
        while figures.changed().await.is_ok() {}
        let refused = reconciler.admit(&peer);
        assert!(matches!(refused, Err(Refusal::NotReady(_))), "{refused:?}");
    }
}
