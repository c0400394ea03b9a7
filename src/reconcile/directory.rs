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
fn node(peer: &Peer) -> Node {
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
