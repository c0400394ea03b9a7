//! Where streams leave what their proxies took: a pointer each, and never a wait.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{Event, Events, Generation, KEPT, StreamId};
use crate::{
    reconcile::directory::node,
    snapshot::Resource,
    view,
    xds::{Peer, What},
};

/// What waits to be looked at. More is dropped: it is noted when it is taken again.
const MOST: usize = 16_384;

/// Latest ones that the next is compared with: proxies that connect are sent the same lists.
const RECENT: usize = 8;

/// One resource that was taken.
pub(super) type Taken = Arc<Resource>;

/// What one ACK was about: in which class, of which publication.
pub(super) type Ack = (Arc<str>, Generation, Arc<[Taken]>);

#[derive(Debug, Default)]
pub(super) struct Inbox {
    // std mutex: held for one insert or one swap, never over an await.
    inner: Mutex<Inner>,
    filled: Notify,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    acks: Vec<Ack>,
    recent: VecDeque<Ack>,
    streams: HashMap<StreamId, Seat>,
    dropping: bool,
    closed: bool,
}

/// What is known of one stream.
#[derive(Debug)]
struct Seat {
    /// What its proxy is, beside its class.
    kin: Arc<str>,
    /// Its class as the directory says, and as it is kept.
    class: Option<(Arc<str>, Arc<str>)>,
}

impl Seat {
    fn of(peer: &Peer) -> Self {
        Self {
            kin: kin(peer).into(),
            class: None,
        }
    }

    fn class(&mut self, class: &Arc<str>) -> Arc<str> {
        match &self.class {
            Some((known, word)) if known == class => word.clone(),
            _ => {
                let word: Arc<str> = format!("{class} {}", self.kin).into();
                self.class = Some((class.clone(), word.clone()));
                word
            }
        }
    }
}

impl Inbox {
    /// What came in since this was last called.
    pub(super) fn take(&self) -> Vec<Ack> {
        let mut inner = self.inner();
        inner.dropping = false;
        std::mem::take(&mut inner.acks)
    }

    /// What is taken again is to be told again.
    pub(super) fn forget(&self) {
        self.inner().recent.clear();
    }

    /// Each stream whose class is known.
    pub(super) fn streams(&self) -> Vec<(StreamId, Arc<str>)> {
        let inner = self.inner();
        let streams = inner.streams.iter();
        let known = |(id, seat): (&StreamId, &Seat)| Some((*id, seat.class.as_ref()?.1.clone()));
        streams.filter_map(known).collect()
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.inner().closed = true;
        self.filled.notify_one();
        self.closed.notify_one();
    }

    pub(super) fn is_open(&self) -> bool {
        !self.inner().closed
    }

    /// Waits until something came in.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Waits until nothing more will come.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change is one insert: what a panic left behind is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whether `ack` is news.
    fn add(&mut self, ack: Ack) -> bool {
        let same = |other: &Ack| Arc::ptr_eq(&ack.2, &other.2) && ack.0 == other.0;
        if self.recent.iter().any(same) {
            return false;
        }
        if self.acks.len() >= MOST {
            if !self.dropping {
                tracing::warn!(
                    "proxies take more than can be noted: some of it will be noted later"
                );
            }
            self.dropping = true;
            return false;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(ack.clone());
        self.acks.push(ack);
        true
    }
}

impl Events for Inbox {
    fn record(&self, event: Event) {
        match event.what {
            What::Opened { peer, .. } | What::Moved { peer, .. } => {
                let seat = Seat::of(&peer);
                self.inner().streams.insert(event.stream, seat);
            }
            What::Closed => drop(self.inner().streams.remove(&event.stream)),
            What::Acked {
                ty,
                generation,
                resources,
                ..
            } if KEPT.contains(&ty) && !resources.is_empty() => {
                let Some(class) = event.class else { return };
                let mut inner = self.inner();
                let Some(seat) = inner.streams.get_mut(&event.stream) else {
                    return;
                };
                let class = seat.class(&class);
                if inner.add((class, generation, resources)) {
                    drop(inner);
                    self.filled.notify_one();
                }
            }
            _ => {}
        }
    }
}

/// What makes proxies of one class be given and take the same: where they are at home, and which
/// version of which program they are, without its patches.
fn kin(peer: &Peer) -> String {
    let agent = &peer.user_agent;
    let version: Vec<&str> = agent.version.splitn(3, '.').take(2).collect();
    format!(
        "{} {} {}",
        view::home(&node(peer)),
        agent.name,
        version.join(".")
    )
}
