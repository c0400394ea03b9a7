//! Who is connected, and who goes when there is no room: whoever keeps us waiting longest.
//!
//! A connection whose request is being worked on is never cut: then a newcomer is refused.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit, watch},
    time::Instant,
};

use super::{config::Config, refusal::Met};

/// How many connections are closed at once in such a way that their clients can read why.
const CLOSING: usize = 256;

/// All connections.
#[derive(Debug)]
pub(super) struct Connections {
    config: Config,
    /// std mutex: never held over an await.
    present: Mutex<Present>,
    /// Bytes of bodies.
    held: AtomicUsize,
    /// Places for those who are being closed, beyond the connections.
    closing: Semaphore,
    stop: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Present {
    next: u64,
    all: HashMap<u64, Arc<Seat>>,
    of_address: HashMap<IpAddr, usize>,
}

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No request has come yet.
    New,
    /// A part of a request's line and headers is there.
    Head,
    /// A part of its body is.
    Body,
    /// All is there and the answer is made, or sent.
    Answer,
    /// It is answered.
    Idle,
}

/// One connection. Dropped, its place is free.
#[derive(Debug)]
pub(super) struct Connection {
    number: u64,
    of: Arc<Connections>,
    seat: Arc<Seat>,
}

/// What is known of a connection, by its own task and by whoever looks for room.
#[derive(Debug)]
struct Seat {
    address: IpAddr,
    /// std mutex: never held over an await.
    state: Mutex<State>,
    /// Some of a request was not read: it is on its way still.
    unread: AtomicBool,
    leave: Notify,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    /// Since when.
    since: Instant,
    /// Since when the client takes nothing of what is written to it.
    stuck: Option<Instant>,
    met: Option<Met>,
}

impl State {
    /// Since when the client keeps us waiting.
    fn waiting(&self) -> Option<Instant> {
        match self.phase {
            _ if self.met.is_some() => None, // it goes already
            Phase::Answer => self.stuck,
            Phase::New | Phase::Head | Phase::Body | Phase::Idle => Some(self.since),
        }
    }
}

impl Connections {
    pub(super) fn new(config: Config) -> Arc<Self> {
        Arc::new(Self {
            config,
            present: Mutex::default(),
            held: AtomicUsize::new(0),
            closing: Semaphore::new(CLOSING),
            stop: watch::Sender::new(false),
        })
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a client in; who keeps us waiting longest makes room where there is none.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Arc<Connection>, Met> {
        let mut present = self.present();
        let mine = present.of_address.get(&address).copied();
        if mine.unwrap_or_default() >= self.config.of_one_address {
            let from = |seat: &Seat| seat.address == address;
            if !present.send_away(from) {
                return Err(Met::OfOneAddress(self.config.of_one_address));
            }
        } else if present.all.len() >= self.config.connections && !present.send_away(|_| true) {
            return Err(Met::Connections(self.config.connections));
        }
        let number = present.next;
        present.next += 1;
        let seat = Arc::new(Seat {
            address,
            state: Mutex::new(State {
                phase: Phase::New,
                since: Instant::now(),
                stuck: None,
                met: None,
            }),
            unread: AtomicBool::new(false),
            leave: Notify::new(),
        });
        present.all.insert(number, seat.clone());
        *present.of_address.entry(address).or_default() += 1;
        Ok(Arc::new(Connection {
            number,
            of: self.clone(),
            seat,
        }))
    }

    /// Sends who keeps us waiting longest away; false: nobody does.
    pub(super) fn make_room(&self) -> bool {
        self.present().send_away(|_| true)
    }

    /// Takes `bytes` of what may be held of bodies. One alone always fits.
    pub(super) fn hold(&self, bytes: usize) -> bool {
        let most = self.config.held;
        let taken = self
            .held
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |held| {
                let after = held.saturating_add(bytes);
                (held == 0 || after <= most).then_some(after)
            });
        if taken.is_err() {
            // Whoever is told to come again finds room then.
            self.present()
                .send_away(|seat| seat.state().phase == Phase::Body);
        }
        taken.is_ok()
    }

    pub(super) fn let_go(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// A place for one that is closed; none: they are too many.
    pub(super) fn closing(&self) -> Option<SemaphorePermit<'_>> {
        self.closing.try_acquire().ok()
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Acquire)
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.present().all.len()
    }

    /// Tells every connection to end with the request that is at work.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Present {
    /// Sends the one of those that `may` go away that keeps us waiting longest.
    ///
    /// Its place is free at once: what is left of it is a few last words.
    fn send_away(&mut self, may: impl Fn(&Seat) -> bool) -> bool {
        let waiting = self.all.iter().filter(|(_, seat)| may(seat));
        let waiting = waiting.filter_map(|(number, seat)| {
            let since = seat.state().waiting()?;
            Some((since, *number, seat))
        });
        let longest = waiting.min_by_key(|(since, number, _)| (*since, *number));
        let Some((_, number, seat)) = longest else {
            return false;
        };
        let seat = seat.clone();
        seat.state().met.get_or_insert(Met::MadeRoom);
        seat.leave.notify_one();
        self.forget(number, seat.address);
        true
    }

    fn forget(&mut self, number: u64, address: IpAddr) {
        if self.all.remove(&number).is_none() {
            return;
        }
        if let Some(count) = self.of_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
    }
}

impl Seat {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) fn config(&self) -> Config {
        self.of.config
    }

    pub(super) fn address(&self) -> IpAddr {
        self.seat.address
    }

    pub(super) fn connections(&self) -> &Arc<Connections> {
        &self.of
    }

    /// Where it stands, and since when.
    pub(super) fn phase(&self) -> (Phase, Instant) {
        let state = self.seat.state();
        (state.phase, state.since)
    }

    pub(super) fn enters(&self, phase: Phase) {
        let mut state = self.seat.state();
        (state.phase, state.since) = (phase, Instant::now());
    }

    /// All of a request's body has come, or nobody reads the rest.
    pub(super) fn has_body(&self, all: bool) {
        if !all {
            self.seat.unread.store(true, Ordering::Release);
        }
        let mut state = self.seat.state();
        if state.phase == Phase::Body {
            (state.phase, state.since) = (Phase::Answer, Instant::now());
        }
    }

    /// Whether the client takes nothing of what is written to it, and since when.
    pub(super) fn stuck(&self, is: bool) -> Instant {
        let mut state = self.seat.state();
        if !is {
            state.stuck = None;
        } else if state.stuck.is_none() {
            state.stuck = Some(Instant::now());
        }
        state.stuck.unwrap_or_else(Instant::now)
    }

    /// Notes why it ends; the first reason counts.
    pub(super) fn meets(&self, limit: Met) {
        self.seat.state().met.get_or_insert(limit);
    }

    /// Returns when others need its place.
    pub(super) async fn sent_away(&self) {
        self.seat.leave.notified().await;
    }

    /// Returns when the server stops.
    pub(super) async fn stopped(&self) {
        let mut stop = self.of.stop.subscribe();
        // A server that is gone means the same.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// What is left to tell the client. Nothing where it asked nothing, or has a part of its answer.
    pub(super) fn last_words(&self) -> Option<Met> {
        let State { phase, met, .. } = *self.seat.state();
        match phase {
            Phase::Head | Phase::Body => met,
            Phase::New | Phase::Answer | Phase::Idle => None,
        }
    }

    /// Whether a part of a request is on its way that nobody reads.
    pub(super) fn is_unread(&self) -> bool {
        self.seat.unread.load(Ordering::Acquire)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.of.present().forget(self.number, self.seat.address);
    }
}
