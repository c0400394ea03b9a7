//! Which proxies have taken what comes from a document, from their own ACKs.
//!
//! Most proxies of a scope ask for the same and have all of it: they are looked at once, together.
//! The others are looked at one by one. So a document costs the resources that come from it, times
//! the kinds of proxies, not times the proxies.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use netloft_proto::ProxyId;

use crate::{
    snapshot::{Layer, Origin, Resource, ScopeId, Snapshot, TypeIx},
    xds::cache::{Cache, StreamStatus, TypeStatus},
};

/// The streams of one moment.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    scopes: BTreeMap<ScopeId, Scope>,
}

#[derive(Debug, Default)]
struct Scope {
    given: Arc<Snapshot>,
    /// Streams that ask for the same and have all of it.
    content: Vec<Alike>,
    /// Streams that lack something, or are one of several of their proxy.
    others: Vec<StreamStatus>,
}

#[derive(Debug)]
struct Alike {
    example: StreamStatus,
    addresses: Vec<String>,
    count: usize,
}

/// How far what comes from a document has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Proxies that are given some of it and ask for that.
    pub(super) affected: usize,
    /// Those that have acknowledged all of it.
    pub(super) acknowledged: usize,
    /// Those that have not answered yet, by name; the first few.
    pub(super) waiting: Vec<ProxyId>,
    /// What proxies said no to; the first few.
    pub(super) rejected: Vec<Rejecting>,
    /// How many proxies said no to some of it.
    pub(super) rejecting: usize,
    /// Where the proxies are that have it.
    pub(super) addresses: Vec<String>,
    /// Whether any resource comes from it.
    pub(super) compiled: bool,
}

/// One resource that one proxy said no to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejecting {
    pub(super) proxy: ProxyId,
    pub(super) api: &'static str,
    pub(super) resource: Arc<str>,
    /// The proxy's words.
    pub(super) error: Arc<str>,
}

/// Names that are told; more are counted.
const TOLD: usize = 3;

/// Where one proxy stands with some resources.
#[derive(Debug, Default)]
struct Standing {
    affected: bool,
    waiting: bool,
    rejected: Vec<Rejecting>,
}

impl Fleet {
    /// The streams of `cache` as they are now.
    pub(super) fn of(cache: &Cache) -> Self {
        let mut scopes: BTreeMap<ScopeId, Scope> = BTreeMap::new();
        for stream in cache.streams() {
            let scope = scopes.entry(stream.scope).or_insert_with(|| Scope {
                given: cache.snapshot(stream.scope).unwrap_or_default(),
                ..Scope::default()
            });
            scope.add(stream);
        }
        Self { scopes }
    }

    /// How far what comes from `origin` has come.
    pub(super) fn reach(&self, origin: &Origin) -> Reach {
        let mut reach = Reach::default();
        let mut apart: BTreeMap<ProxyId, Standing> = BTreeMap::new();
        // Scopes share most of their layers.
        let mut found: HashMap<*const Layer, Vec<&Arc<Resource>>> = HashMap::new();
        for scope in self.scopes.values() {
            let mut resources: Vec<&Arc<Resource>> = Vec::new();
            for layer in scope.given.layers() {
                let of = found
                    .entry(Arc::as_ptr(layer))
                    .or_insert_with(|| layer.of(origin).collect());
                let seen = of.iter().filter(|resource| scope.given.shows(resource));
                resources.extend(seen);
            }
            if resources.is_empty() {
                continue;
            }
            reach.compiled = true;
            for alike in &scope.content {
                if alike.asks_for_any(&resources) {
                    reach.affected += alike.count;
                    reach.acknowledged += alike.count;
                    reach.addresses.extend(alike.addresses.iter().cloned());
                }
            }
            for stream in &scope.others {
                let standing = apart.entry(stream.peer.proxy.clone()).or_default();
                standing.look(stream, &resources);
            }
        }
        for (proxy, standing) in apart {
            reach.count(proxy, standing);
        }
        reach.addresses.sort_unstable();
        reach.addresses.dedup();
        reach
    }
}

impl Scope {
    fn add(&mut self, stream: StreamStatus) {
        let all = |status: &TypeStatus| {
            status
                .current
                .as_ref()
                .is_some_and(|it| Arc::ptr_eq(it, &self.given))
                && status.is_synced()
        };
        if stream.alone || !stream.types.iter().all(all) {
            self.others.push(stream);
            return;
        }
        let address = stream.peer.address.map(|address| address.ip().to_string());
        match self.content.iter_mut().find(|it| it.is_like(&stream)) {
            Some(alike) => {
                alike.count += 1;
                alike.addresses.extend(address);
                alike.addresses.sort_unstable();
                alike.addresses.dedup();
            }
            None => self.content.push(Alike {
                addresses: address.into_iter().collect(),
                example: stream,
                count: 1,
            }),
        }
    }
}

impl Alike {
    fn is_like(&self, stream: &StreamStatus) -> bool {
        let (own, other) = (&self.example.types, &stream.types);
        own.len() == other.len() && own.iter().zip(other).all(|(a, b)| a.asks_like(b))
    }

    fn asks_for_any(&self, resources: &[&Arc<Resource>]) -> bool {
        resources
            .iter()
            .any(|resource| asking(&self.example, resource).is_some())
    }
}

/// What `stream` says of the type of `resource`, if it asks for that resource.
fn asking<'a>(stream: &'a StreamStatus, resource: &Resource) -> Option<&'a TypeStatus> {
    let ty: TypeIx = resource.ty();
    let status = stream.types.iter().find(|status| status.ty == ty)?;
    status.wants(resource.name()).then_some(status)
}

impl Standing {
    fn look(&mut self, stream: &StreamStatus, resources: &[&Arc<Resource>]) {
        let mut differing: BTreeMap<TypeIx, std::collections::BTreeSet<Arc<str>>> = BTreeMap::new();
        for resource in resources {
            let Some(status) = asking(stream, resource) else {
                continue;
            };
            self.affected = true;
            let (name, hash) = (resource.name(), resource.hash());
            let mut rejected = status.rejected.iter();
            if let Some(rejected) = rejected.find(|it| it.name == *name && it.hash == Some(hash)) {
                self.rejected.push(Rejecting {
                    proxy: stream.peer.proxy.clone(),
                    api: resource.ty().info().api,
                    resource: name.clone(),
                    error: rejected.error.clone(),
                });
                continue;
            }
            let current = status.current.as_ref();
            let seen = current.and_then(|it| it.get(resource.ty(), name));
            let differing = differing.entry(resource.ty()).or_insert_with(|| {
                let names = status.differences().into_iter();
                names.map(|difference| difference.name).collect()
            });
            self.waiting |= seen.is_none_or(|seen| seen.hash() != hash)
                || status.loading
                || differing.contains(name);
        }
    }
}

impl Reach {
    fn count(&mut self, proxy: ProxyId, standing: Standing) {
        if !standing.affected {
            return;
        }
        self.affected += 1;
        if !standing.rejected.is_empty() {
            self.rejecting += 1;
            let room = TOLD.saturating_sub(self.rejected.len());
            self.rejected
                .extend(standing.rejected.into_iter().take(room));
        } else if standing.waiting {
            if self.waiting.len() < TOLD {
                self.waiting.push(proxy);
            }
        } else {
            self.acknowledged += 1;
        }
    }
}
