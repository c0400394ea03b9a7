//! What each scope is given, what was published when, and the streams that are served.
//!
//! The publisher swaps a pointer and wakes; streams read when they can send. So there is no queue
//! between the two, and a slow client gets the newest state.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use arc_swap::ArcSwap;
use futures_util::task::AtomicWaker;
use tokio::sync::watch;

use super::{
    Manners,
    bodies::Bodies,
    directory::LOBBY,
    engine::{Engine, Habits, Shared},
    names::NamePool,
};
pub use super::{
    directory::{Peer, StreamId},
    status::{Difference, HeldStatus, RejectedStatus, SentStatus, TypeStatus},
};
use crate::snapshot::{Generation, Publication, ScopeId, Snapshot, TypeSet};

/// Publications that are remembered.
pub const REMEMBERED: usize = 1_000;

/// What they may list together, one for each scope and type: 40 bytes, and names that they share.
const REMEMBERED_CHANGES: usize = 1 << 20;

/// What streams are served from. One for a process; cheap to share.
#[derive(Debug)]
pub struct Cache {
    pub(super) shared: Arc<Shared>,
    next_stream: AtomicU64,
    // std mutex: never held over an await; wake-ups happen outside of it.
    inner: Mutex<Inner>,
    latest: watch::Sender<Generation>,
}

#[derive(Debug, Default)]
struct Inner {
    scopes: HashMap<ScopeId, Scope>,
    streams: BTreeMap<StreamId, Arc<Seat>>,
    publications: VecDeque<Arc<Publication>>,
    /// How much they list together.
    changes: usize,
    closed: bool,
}

#[derive(Debug)]
struct Scope {
    given: Arc<Given>,
    streams: BTreeMap<StreamId, Arc<Seat>>,
}

/// What a scope is given now.
#[derive(Debug)]
pub(super) struct Given {
    id: ScopeId,
    /// The publication that the scope began with, or behind.
    born: Generation,
    snapshot: ArcSwap<Snapshot>,
}

impl Inner {
    /// Makes `snapshot` what scope `id` is given.
    fn give(&mut self, id: ScopeId, snapshot: Snapshot) {
        if let Some(scope) = self.scopes.get(&id) {
            scope.given.snapshot.store(Arc::new(snapshot));
            return;
        }
        let born = snapshot.generation;
        let snapshot = ArcSwap::from_pointee(snapshot);
        let given = Arc::new(Given { id, born, snapshot });
        let streams = BTreeMap::new();
        self.scopes.insert(id, Scope { given, streams });
    }

    fn streams_of(&self, id: ScopeId) -> impl Iterator<Item = Arc<Seat>> {
        let scope = self.scopes.get(&id).into_iter();
        scope.flat_map(|scope| scope.streams.values().cloned())
    }

    fn remember(&mut self, publication: Publication) {
        self.changes += publication.changed.len();
        self.publications.push_back(Arc::new(publication));
        // The newest stays, whatever its size.
        while self.publications.len() > REMEMBERED
            || (self.changes > REMEMBERED_CHANGES && self.publications.len() > 1)
        {
            let Some(oldest) = self.publications.pop_front() else {
                break;
            };
            self.changes = self.changes.saturating_sub(oldest.changed.len());
        }
    }
}

/// One admitted stream, as the rest of the process sees it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: StreamId,
    pub(super) peer: ArcSwap<Peer>,
    given: ArcSwap<Given>,
    /// Generation since which all of what it is given counts as given by publications.
    since: AtomicU64,
    /// The proxy's class, as the directory says.
    class: ArcSwap<Option<Arc<str>>>,
    closed: AtomicBool,
    waker: AtomicWaker,
    opened: SystemTime,
    /// Locked by the stream's task for one step, and by those who read its status.
    pub(super) engine: Mutex<Engine>,
}

/// One stream, for people.
#[derive(Debug, Clone)]
pub struct StreamStatus {
    /// The stream.
    pub id: StreamId,
    /// Who it is.
    pub peer: Arc<Peer>,
    /// Class of the proxy, a word of the directory's; nothing while that is not decided.
    pub class: Option<Arc<str>>,
    /// Whose resources it is given.
    pub scope: ScopeId,
    /// What was published for its scope after this generation is all that changed for it. Up to it,
    /// everything may have: the scope began with it, or the stream came from another scope then.
    pub since: Generation,
    /// When it was admitted.
    pub opened: SystemTime,
    /// Each type it asked for, in send order.
    pub types: Vec<TypeStatus>,
    /// It is for one type alone: the client has others beside it.
    pub alone: bool,
}

/// The scope is not in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing was published for scope {0}")]
pub struct UnknownScope(pub ScopeId);

impl Cache {
    /// An empty cache for streams of `types`, of which there may be 256.
    #[must_use]
    pub fn new(types: TypeSet, manners: Manners) -> Self {
        let cache = Self {
            shared: Arc::new(Shared {
                types,
                manners,
                names: NamePool::default(),
                bodies: Bodies::default(),
            }),
            next_stream: AtomicU64::new(1),
            inner: Mutex::default(),
            latest: watch::Sender::new(Generation::default()),
        };
        cache.open(LOBBY, Snapshot::default());
        cache
    }

    /// Begins scope `id` with `snapshot`, beside all publications: what is in it was published for
    /// others before, or for nobody. A scope that is there already gets it as its own.
    pub fn open(&self, id: ScopeId, snapshot: Snapshot) {
        let woken: Vec<_> = {
            let mut inner = self.inner();
            inner.give(id, snapshot);
            inner.streams_of(id).collect()
        };
        for seat in woken {
            seat.wake();
        }
    }

    /// Makes `snapshots` what their scopes are given, all at once, and wakes the streams of those
    /// that `publication` changes something for. Scopes that are not there begin; those not listed
    /// keep what they have.
    pub fn publish(&self, publication: Publication, snapshots: Vec<(ScopeId, Snapshot)>) {
        let generation = publication.generation;
        let changed: BTreeSet<_> = publication.changed.iter().map(|one| one.scope).collect();
        let mut woken = Vec::new();
        {
            let mut inner = self.inner();
            inner.remember(publication);
            for (id, snapshot) in snapshots {
                inner.give(id, snapshot);
            }
            for id in changed {
                woken.extend(inner.streams_of(id));
            }
        }
        for seat in woken {
            seat.wake();
        }
        self.latest.send_replace(generation);
    }

    /// Forgets scope `id`. Streams that are still given it keep what they have.
    pub fn drop_scope(&self, id: ScopeId) {
        self.inner().scopes.remove(&id);
    }

    /// Gives `stream`, of a proxy of this `class`, the resources of scope `to` from now on. A stream
    /// that has ended is nothing to worry about.
    ///
    /// # Errors
    /// [`UnknownScope`] when nothing was published for `to`.
    pub fn move_stream(
        &self,
        stream: StreamId,
        to: ScopeId,
        class: Option<Arc<str>>,
    ) -> Result<(), UnknownScope> {
        let mut inner = self.inner();
        let given = inner.scopes.get(&to).ok_or(UnknownScope(to))?.given.clone();
        let Some(seat) = inner.streams.get(&stream).cloned() else {
            return Ok(());
        };
        let (born, generation) = (given.born, given.snapshot.load().generation);
        let from = seat.given.load().id;
        let since = if from == LOBBY { born } else { generation };
        // First, so that nobody sees the new scope as one that the stream was always in.
        seat.since.store(since.0, Ordering::Release);
        seat.class.store(Arc::new(class));
        seat.given.store(given);
        if let Some(scope) = inner.scopes.get_mut(&from) {
            scope.streams.remove(&stream);
        }
        if let Some(scope) = inner.scopes.get_mut(&to) {
            scope.streams.insert(stream, seat.clone());
        }
        drop(inner);
        seat.wake();
        Ok(())
    }

    /// Ends every stream, and each that comes later, so that clients look for another server.
    pub fn close(&self) {
        let seats: Vec<_> = {
            let mut inner = self.inner();
            inner.closed = true;
            inner.streams.values().cloned().collect()
        };
        for seat in seats {
            seat.closed.store(true, Ordering::Release);
            seat.wake();
        }
    }

    /// What scope `id` is given now.
    #[must_use]
    pub fn snapshot(&self, id: ScopeId) -> Option<Arc<Snapshot>> {
        let inner = self.inner();
        Some(inner.scopes.get(&id)?.given.snapshot.load_full())
    }

    /// The remembered publications after `generation`, oldest first; at most [`REMEMBERED`].
    #[must_use]
    pub fn publications_after(&self, generation: Generation) -> Vec<Arc<Publication>> {
        let inner = self.inner();
        let start = inner
            .publications
            .partition_point(|publication| publication.generation <= generation);
        inner.publications.range(start..).cloned().collect()
    }

    /// Follows the newest publication's generation.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Generation> {
        self.latest.subscribe()
    }

    /// Number of admitted streams.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.inner().streams.len()
    }

    /// Every admitted stream, oldest first.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamStatus> {
        let seats: Vec<_> = self.inner().streams.values().cloned().collect();
        seats.iter().map(|seat| seat.status()).collect()
    }

    /// One admitted stream.
    #[must_use]
    pub fn stream(&self, id: StreamId) -> Option<StreamStatus> {
        let seat = self.inner().streams.get(&id).cloned()?;
        Some(seat.status())
    }

    /// What an admitted stream is given now.
    #[must_use]
    pub fn given_to(&self, id: StreamId) -> Option<Arc<Snapshot>> {
        self.inner().streams.get(&id)?.news(None)
    }

    /// A number for a stream that is about to begin.
    pub(super) fn next_stream(&self) -> StreamId {
        StreamId(self.next_stream.fetch_add(1, Ordering::Relaxed))
    }

    /// Admits the stream of `peer` to `scope`.
    pub(super) fn enter(
        &self,
        peer: Arc<Peer>,
        scope: ScopeId,
        habits: Habits,
    ) -> Result<Arc<Seat>, UnknownScope> {
        // Time and number together differ between streams of this process and of earlier ones.
        let opened = SystemTime::now();
        let nanos = opened
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.subsec_nanos());
        let number = u32::try_from(peer.stream.0 & u64::from(u32::MAX)).unwrap_or_default();
        let seed = nanos ^ number.rotate_left(16);

        let mut inner = self.inner();
        let closed = inner.closed;
        let scope = inner.scopes.get_mut(&scope).ok_or(UnknownScope(scope))?;
        let seat = Arc::new(Seat {
            id: peer.stream,
            since: AtomicU64::new(scope.given.born.0),
            given: ArcSwap::new(scope.given.clone()),
            peer: ArcSwap::new(peer),
            class: ArcSwap::default(),
            closed: AtomicBool::new(closed),
            waker: AtomicWaker::new(),
            opened,
            engine: Mutex::new(Engine::new(self.shared.clone(), habits, seed)),
        });
        scope.streams.insert(seat.id, seat.clone());
        inner.streams.insert(seat.id, seat.clone());
        Ok(seat)
    }

    /// Forgets an ended stream.
    pub(super) fn leave(&self, seat: &Seat) {
        let mut inner = self.inner();
        inner.streams.remove(&seat.id);
        let scope = seat.given.load().id;
        if let Some(scope) = inner.scopes.get_mut(&scope) {
            scope.streams.remove(&seat.id);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn wake(&self) {
        self.waker.wake();
    }

    /// Lets `waker` be woken when something is published for this stream, or it is to end.
    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn scope(&self) -> ScopeId {
        self.given.load().id
    }

    /// The proxy's class; nothing while that is not decided.
    pub(super) fn class(&self) -> Option<Arc<str>> {
        Option::clone(&self.class.load())
    }

    /// What the stream is given, if that is not `known` any more.
    pub(super) fn news(&self, known: Option<&Arc<Snapshot>>) -> Option<Arc<Snapshot>> {
        let given = self.given.load();
        let snapshot = given.snapshot.load();
        let same = known.is_some_and(|known| Arc::ptr_eq(known, &snapshot));
        (!same).then(|| Arc::clone(&snapshot))
    }

    pub(super) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self) -> StreamStatus {
        let at: Instant = tokio::time::Instant::now().into_std();
        let given = self.given.load_full();
        // In the lobby it is not decided what the stream is to have.
        let snapshot = (given.id != LOBBY).then(|| given.snapshot.load_full());
        let (types, alone) = {
            let engine = self.engine();
            let types = engine.status(snapshot.as_ref(), at);
            (types, engine.habits.only.is_some())
        };
        StreamStatus {
            id: self.id,
            peer: self.peer.load_full(),
            class: self.class(),
            scope: given.id,
            since: Generation(self.since.load(Ordering::Acquire)),
            opened: self.opened,
            types,
            alone,
        }
    }
}
