//! Keeps what proxies took, so that it outlives them and us.
//!
//! A class takes something with the first ACK of one of its proxies; the second writes nothing. ACKs
//! only leave a pointer here: one task compares, gathers and writes, once a second at most. What a
//! full or slow store does not take waits, and no stream notices. Why so:
//! `docs/adr/0009-last-good.md`.
//!
//! Absent on purpose: endpoints and secrets, which are observed or private; giving it back to a proxy
//! that rejects what is newer.

mod inbox;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{task::JoinHandle, time::Instant};

use self::inbox::{Inbox, Taken};
use crate::{
    catalog::{Catalog, Goods, LastGood, Place},
    snapshot::{CLUSTER, Generation, LISTENER, ROUTES, Snapshot, TypeIx},
    xds::{Cache, Event, Events, StreamId},
};

/// The types of which the last good one is kept.
const KEPT: [TypeIx; 3] = [CLUSTER, LISTENER, ROUTES];

/// Least time between two commits. What is taken in between is written together.
const PACE: Duration = Duration::from_secs(1);

/// How long what is taken is gathered before the first of them.
const GATHER: Duration = Duration::from_millis(100);

/// Longest wait before the store is asked again after it refused.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of resources, and number of them, that go into one commit.
const AT_ONCE: (usize, usize) = (8 << 20, 5_000);

/// How often what nobody is given any more is swept.
const SWEEP: Duration = Duration::from_secs(3_600);

/// How often it is noted that proxies of a class are there, in milliseconds.
const NOTED: u64 = 24 * 3_600_000;

/// How long a class is remembered without a proxy, in milliseconds.
const REMEMBERED: u64 = 30 * 24 * 3_600_000;

/// Most places. Beyond it only what has one is kept up: names and classes are the clients' words.
const MOST: usize = 200_000;

/// Keeps what is taken, until it is dropped or finished.
#[derive(Debug)]
pub struct Keeper {
    inbox: Arc<Inbox>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Starts to keep what proxies take of what `cache` gives them.
    ///
    /// # Errors
    /// When what was kept before cannot be read.
    pub async fn start(
        catalog: Arc<Catalog>,
        cache: Arc<Cache>,
    ) -> Result<Self, crate::catalog::Error> {
        let inbox = Arc::new(Inbox::default());
        let given = Arc::new(move |stream| cache.given_to(stream));
        let work = Work::new(catalog, given, inbox.clone()).await?;
        let task = tokio::spawn(work.run());
        Ok(Self { inbox, task })
    }

    /// Where streams tell what proxies take.
    #[must_use]
    pub fn events(&self) -> Arc<dyn Events> {
        self.inbox.clone()
    }

    /// Writes what is left, if the store takes it, and ends.
    pub async fn finish(mut self) {
        self.inbox.close();
        // It has failed or it has not: there is nothing more to be done about it.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a stream is given now.
type Given = Arc<dyn Fn(StreamId) -> Option<Arc<Snapshot>> + Send + Sync>;

struct Work {
    catalog: Arc<Catalog>,
    given: Given,
    inbox: Arc<Inbox>,
    /// What the store has.
    index: LastGood,
    /// What it is to have.
    due: BTreeMap<Place, Taken>,
    /// Which publication what is kept comes from: a proxy that lags does not bring it back.
    newest: HashMap<Place, Generation>,
    /// It was said that there is no room.
    full: bool,
}

impl Work {
    async fn new(
        catalog: Arc<Catalog>,
        given: Given,
        inbox: Arc<Inbox>,
    ) -> Result<Self, crate::catalog::Error> {
        Ok(Self {
            index: catalog.last_good().await?,
            catalog,
            given,
            inbox,
            due: BTreeMap::new(),
            newest: HashMap::new(),
            full: false,
        })
    }

    async fn run(mut self) {
        let mut sweep = Instant::now() + SWEEP;
        let mut backoff = PACE;
        let mut free = Instant::now();
        loop {
            let open = self.inbox.is_open();
            if open {
                if self.due.is_empty() {
                    tokio::select! {
                        () = self.inbox.filled() => {}
                        () = tokio::time::sleep_until(sweep) => {}
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep_until(free.max(Instant::now() + GATHER)) => {}
                    () = self.inbox.closed() => {}
                }
            }
            self.gather();
            if Instant::now() >= sweep {
                self.sweep(now()).await;
                sweep = Instant::now() + SWEEP;
            }
            match self.write().await {
                Ok(()) => backoff = PACE,
                Err(error) => {
                    if backoff == PACE {
                        tracing::warn!(%error, "what proxies took is not kept until the store takes it");
                    }
                    backoff = (backoff * 2).min(PATIENCE);
                }
            }
            free = Instant::now() + backoff;
            if !open {
                return;
            }
        }
    }

    /// Takes note of what came in.
    fn gather(&mut self) {
        for (class, generation, resources) in self.inbox.take() {
            for resource in resources.iter() {
                let place = Place {
                    class: class.clone(),
                    type_url: resource.ty().info().url.into(),
                    name: resource.name().clone(),
                };
                if self.newest.get(&place).is_some_and(|it| *it > generation) {
                    continue;
                }
                let known = self.index.hash(&place);
                if known.is_none() && !self.due.contains_key(&place) && self.is_full() {
                    continue;
                }
                self.newest.insert(place.clone(), generation);
                if known == Some(resource.hash()) {
                    self.due.remove(&place);
                } else {
                    self.due.insert(place, resource.clone());
                }
            }
        }
    }

    fn is_full(&mut self) -> bool {
        let full = self.index.len() + self.due.len() >= MOST;
        if full && !self.full {
            tracing::warn!("what proxies take is kept for {MOST} names at most: no more are");
        }
        self.full = full;
        full
    }

    /// Writes what is due, in commits of bounded size.
    async fn write(&mut self) -> Result<(), crate::catalog::Error> {
        while !self.due.is_empty() {
            let mut goods = Goods::default();
            let mut bytes = 0;
            for (place, resource) in &self.due {
                goods.put.insert(place.clone(), resource.clone());
                bytes += resource.message().len();
                if bytes >= AT_ONCE.0 || goods.put.len() >= AT_ONCE.1 {
                    break;
                }
            }
            for class in goods.put.keys().map(|place| &place.class) {
                if !self.index.seen().contains_key(class) {
                    goods.seen.insert(class.clone(), now());
                }
            }
            let written: Vec<Place> = goods.put.keys().cloned().collect();
            self.catalog.keep_good(&mut self.index, goods).await?;
            for place in &written {
                self.due.remove(place);
            }
        }
        Ok(())
    }

    /// Forgets what no proxy of its class is given any more, and classes that nobody is of. What
    /// fails is done an hour later.
    async fn sweep(&mut self, now: u64) {
        let mut there: BTreeMap<Arc<str>, Vec<Arc<Snapshot>>> = BTreeMap::new();
        for (stream, class) in self.inbox.streams() {
            let given = there.entry(class).or_default();
            let snapshot = (self.given)(stream);
            let new = |it: &Arc<Snapshot>| !given.iter().any(|other| Arc::ptr_eq(it, other));
            if let Some(snapshot) = snapshot.filter(new) {
                given.push(snapshot);
            }
        }
        let mut goods = Goods::default();
        for (class, seen) in self.index.seen() {
            if there.contains_key(class) {
                if now >= seen.saturating_add(NOTED) {
                    goods.seen.insert(class.clone(), now);
                }
            } else if now >= seen.saturating_add(REMEMBERED) {
                goods.unseen.insert(class.clone());
            }
        }
        for place in self.index.places() {
            let gone = match there.get(&place.class) {
                Some(given) => !given.is_empty() && !given.iter().any(|it| holds(it, place)),
                None => goods.unseen.contains(&place.class),
            };
            if gone {
                goods.forget.insert(place.clone());
            }
        }
        for place in &goods.forget {
            self.newest.remove(place);
        }
        self.inbox.forget();
        if let Err(error) = self.catalog.keep_good(&mut self.index, goods).await {
            tracing::warn!(%error, "what is kept of proxies' past is not swept");
        }
    }
}

/// Whether something is given at `place`, or nothing is decided yet.
fn holds(given: &Snapshot, place: &Place) -> bool {
    let ty = KEPT.iter().find(|ty| ty.info().url == &*place.type_url);
    given.is_blank() || ty.is_some_and(|ty| given.get(*ty, &place.name).is_some())
}

/// Unix milliseconds.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
