//! Proxies that were connected and are not.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::SystemTime,
};

use netloft_proto::ProxyId;

use crate::xds::cache::{Peer, StreamId};

/// Proxies remembered after they left; the first to leave are forgotten first.
const REMEMBERED: usize = 1_000;

/// A proxy that is not connected any more.
#[derive(Debug, Clone)]
pub struct Offline {
    /// Its name.
    pub proxy: ProxyId,
    /// As it was when it was connected last.
    pub peer: Arc<Peer>,
    /// When its last stream ended.
    pub since: SystemTime,
}

#[derive(Debug, Default)]
pub(super) struct Departed {
    open: HashMap<StreamId, Arc<Peer>>,
    streams: HashMap<ProxyId, usize>,
    gone: VecDeque<Offline>,
}

impl Departed {
    pub(super) fn came(&mut self, stream: StreamId, peer: &Arc<Peer>) {
        self.open.insert(stream, peer.clone());
        *self.streams.entry(peer.proxy.clone()).or_default() += 1;
        self.gone.retain(|gone| gone.proxy != peer.proxy);
    }

    pub(super) fn went(&mut self, stream: StreamId, at: SystemTime) {
        let Some(peer) = self.open.remove(&stream) else {
            return;
        };
        let Some(streams) = self.streams.get_mut(&peer.proxy) else {
            return;
        };
        *streams -= 1;
        if *streams > 0 {
            return;
        }
        self.streams.remove(&peer.proxy);
        if self.gone.len() >= REMEMBERED {
            self.gone.pop_back();
        }
        self.gone.push_front(Offline {
            proxy: peer.proxy.clone(),
            peer,
            since: at,
        });
    }

    pub(super) fn list(&self) -> Vec<Offline> {
        self.gone.iter().cloned().collect()
    }
}
