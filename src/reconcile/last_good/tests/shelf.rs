//! A store that counts, and can be full; a catalog on it; and what streams tell.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use netloft_proto::ProxyId;
use netloft_store::{
    Commit, Committed, Epoch, Error, Head, Key, ListOptions, Object, Page, Prefix, ReadAt,
    Revision as At, RevisionInfo, Space, Stats, Store, Watch, memory::Memory,
};

use super::*;
use crate::{
    catalog,
    snapshot::{Hash, Layer, Revision},
    xds::{
        Dialect, Event, Peer, What,
        directory::{Locality, UserAgent},
    },
};

/// A store in memory that counts.
#[derive(Debug, Default)]
struct Counting {
    memory: Memory,
    full: AtomicBool,
    commits: AtomicUsize,
    refusals: AtomicUsize,
}

#[async_trait]
impl Store for Counting {
    async fn head(&self) -> Result<Head, Error> {
        self.memory.head().await
    }

    async fn get(&self, space: Space, key: &Key, at: ReadAt) -> Result<Option<Object>, Error> {
        self.memory.get(space, key, at).await
    }

    async fn list(
        &self,
        space: Space,
        prefix: &Prefix,
        options: ListOptions,
    ) -> Result<Page, Error> {
        self.memory.list(space, prefix, options).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, Error> {
        if self.full.load(Ordering::Relaxed) {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            return Err(Error::OutOfSpace {
                needed: 1,
                reason: "the test".to_owned(),
            });
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.memory.commit(commit).await
    }

    async fn watch(&self, prefix: &Prefix, from: At, epoch: Epoch) -> Result<Watch, Error> {
        self.memory.watch(prefix, from, epoch).await
    }

    async fn revisions(
        &self,
        before: Option<At>,
        limit: usize,
    ) -> Result<Vec<RevisionInfo>, Error> {
        self.memory.revisions(before, limit).await
    }

    async fn history(&self, key: &Key, limit: usize) -> Result<Vec<(At, Option<Object>)>, Error> {
        self.memory.history(key, limit).await
    }

    async fn compact(&self, upto: At) -> Result<(), Error> {
        self.memory.compact(upto).await
    }

    fn stats(&self) -> Stats {
        self.memory.stats()
    }

    async fn close(&self) -> Result<(), Error> {
        self.memory.close().await
    }
}

/// A running keeper, its store, and what its proxies are given.
pub(super) struct Shelf {
    store: Arc<Counting>,
    catalog: Arc<Catalog>,
    keeper: Keeper,
    given: Arc<Mutex<Arc<Snapshot>>>,
}

impl Shelf {
    pub(super) async fn open() -> Self {
        Self::on(Arc::default(), Arc::default()).await
    }

    async fn on(store: Arc<Counting>, given: Arc<Mutex<Arc<Snapshot>>>) -> Self {
        let config = catalog::Config::default();
        let catalog = Arc::new(Catalog::open(store.clone(), &config).await.unwrap());
        let inbox = Arc::new(Inbox::default());
        let work = Work::new(catalog.clone(), gives(&given), inbox.clone());
        let task = tokio::spawn(work.await.unwrap().run());
        Self {
            store,
            catalog,
            keeper: Keeper { inbox, task },
            given,
        }
    }

    /// What a keeper that begins now works with.
    pub(super) async fn work(&self) -> Work {
        let work = Work::new(self.catalog.clone(), gives(&self.given), Arc::default());
        work.await.unwrap()
    }

    /// Ends it as a process ends, and begins anew on the same store.
    pub(super) async fn restart(self) -> Self {
        let Self {
            store,
            keeper,
            given,
            ..
        } = self;
        keeper.finish().await;
        Self::on(store, given).await
    }

    /// All proxies are given these from now on.
    pub(super) fn gives(&self, resources: &[&Resource]) {
        let mut layer = Arc::<Layer>::default().edit();
        for resource in resources {
            layer.insert(Arc::new((*resource).clone()));
        }
        let layers = [layer.finish().unwrap()].into();
        let snapshot = Snapshot::new(Generation(1), Revision(1), layers);
        *self.given.lock().unwrap() = Arc::new(snapshot);
    }

    /// A proxy connects by this stream.
    pub(super) fn proxy(&self, stream: u64, class: &str, agent: &str, version: &str) {
        let peer = Peer {
            stream: StreamId(stream),
            proxy: ProxyId::new("proxy").unwrap(),
            cluster: String::new(),
            metadata: serde_json::Value::Null,
            user_agent: UserAgent {
                name: agent.to_owned(),
                version: version.to_owned(),
            },
            locality: Locality::default(),
            client_features: Vec::new(),
            address: None,
            dialect: Dialect::Delta,
        };
        let peer = Arc::new(peer);
        let scope = crate::xds::LOBBY;
        self.happens(stream, class, What::Opened { peer, scope });
    }

    pub(super) fn acks(&self, stream: u64, class: &str, resource: &Resource) {
        self.acks_of(Generation(1), stream, class, resource);
    }

    pub(super) fn acks_of(
        &self,
        generation: Generation,
        stream: u64,
        class: &str,
        resource: &Resource,
    ) {
        let what = What::Acked {
            ty: resource.ty(),
            generation,
            revision: Revision(1),
            nonce: 1,
            resources: [Arc::new(resource.clone())].into(),
            gone: [].into(),
            took: Duration::ZERO,
            waiting: 0,
        };
        self.happens(stream, class, what);
    }

    pub(super) fn sent(&self, stream: u64, class: &str, resource: &Resource) {
        let what = What::Sent {
            ty: resource.ty(),
            generation: Generation(1),
            revision: Revision(1),
            nonce: 1,
            resources: [Arc::new(resource.clone())].into(),
            gone: [].into(),
            bytes: 1,
        };
        self.happens(stream, class, what);
    }

    fn happens(&self, stream: u64, class: &str, what: What) {
        self.keeper.events().record(Event {
            stream: StreamId(stream),
            proxy: ProxyId::new("proxy").unwrap(),
            class: Some(class.into()),
            at: SystemTime::UNIX_EPOCH,
            what,
        });
    }

    /// What is kept once so much time has passed: class, name and hash, in order.
    pub(super) async fn after(&self, time: Duration) -> Vec<(String, String, Hash)> {
        tokio::time::sleep(time).await;
        self.kept().await
    }

    /// What is kept now.
    pub(super) async fn kept(&self) -> Vec<(String, String, Hash)> {
        let index = self.catalog.last_good().await.unwrap();
        let mut kept: Vec<_> = index
            .places()
            .map(|place| {
                let hash = index.hash(place).unwrap();
                (place.class.to_string(), place.name.to_string(), hash)
            })
            .collect();
        kept.sort_unstable();
        kept
    }

    pub(super) async fn bytes(&self, resource: &Resource) -> Option<Bytes> {
        self.catalog.good_bytes(resource.hash()).await.unwrap()
    }

    pub(super) async fn blobs(&self) -> usize {
        let blobs = Prefix::new("default/blob/").unwrap();
        let options = ListOptions::default();
        let page = self.store.list(Space::Records, &blobs, options).await;
        page.unwrap().objects.len()
    }

    pub(super) fn refuse(&self, full: bool) {
        self.store.full.store(full, Ordering::Relaxed);
    }

    pub(super) fn commits(&self) -> usize {
        self.store.commits.load(Ordering::Relaxed)
    }

    pub(super) fn refusals(&self) -> usize {
        self.store.refusals.load(Ordering::Relaxed)
    }
}

fn gives(given: &Arc<Mutex<Arc<Snapshot>>>) -> Given {
    let given = given.clone();
    Arc::new(move |_| Some(given.lock().unwrap().clone()))
}
