//! One stream: joins its requests, its scope and the clock to its engine.
//!
//! The response body is the state machine: it is polled by the connection's own task when that can
//! write, and makes a response only then. There is no task and no queue beside it.

use std::{
    future::Future as _,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use envoy_types::pb::envoy::config::core::v3::Node;
use futures_util::Stream;
use tokio::time::Sleep;
use tonic::Status;

use super::{
    Dialect,
    cache::{Cache, Seat},
    directory::{Directory, LOBBY, Peer, Refusal},
    engine::Habits,
    event::{Event, Events, What},
    response::Response,
    wire::Request,
};
use crate::snapshot::TypeIx;

/// Requests that are read before the next response is made, so that a client that only talks is
/// still answered.
const READ_AT_ONCE: usize = 32;

/// Shortest sleep: a deadline in the past must not become a loop.
const BLINK: Duration = Duration::from_millis(5);

/// What streams are served with.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) cache: Arc<Cache>,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) events: Arc<dyn Events>,
}

/// The responses to the requests `S`.
pub(super) struct Responses<S> {
    parts: Parts,
    dialect: Dialect,
    requests: S,
    address: Option<SocketAddr>,
    /// The only type that is served on it; nothing: every one.
    only: Option<TypeIx>,
    /// None before the first request.
    seat: Option<Arc<Seat>>,
    timer: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

/// What reading requests led to.
enum Read {
    /// There are none for now.
    Idle,
    /// There may be more.
    Busy,
    /// The client is done, or is done with.
    End(Option<Status>),
}

impl<S> Responses<S> {
    pub(super) fn new(
        parts: Parts,
        dialect: Dialect,
        requests: S,
        address: Option<SocketAddr>,
        only: Option<TypeIx>,
    ) -> Self {
        Self {
            parts,
            dialect,
            requests,
            address,
            only,
            seat: None,
            timer: None,
            ended: false,
        }
    }

    /// Takes one request. The first one says who is there.
    fn take(&mut self, request: &Request, at: Instant) -> Result<(), Status> {
        let seat = match &self.seat {
            Some(seat) => {
                if let Some(node) = &request.node {
                    self.again(&seat.clone(), node)?;
                }
                seat.clone()
            }
            None => self.admit(request.node.as_ref())?,
        };
        seat.engine()
            .on_request(request, at)
            .map_err(|fault| Status::invalid_argument(fault.to_string()))
    }

    fn admit(&mut self, node: Option<&Node>) -> Result<Arc<Seat>, Status> {
        let id = self.parts.cache.next_stream();
        let peer = Arc::new(Peer::read(node, id, self.address, self.dialect)?);
        let scope = self.parts.directory.admit(&peer)?;
        let habits = Habits {
            dialect: self.dialect,
            legacy_wildcard: peer.means_everything_by_nothing(),
            placeholders: peer.needs_placeholders(),
            only: self.only,
        };
        let seat = match self.parts.cache.enter(peer.clone(), scope, habits) {
            Ok(seat) => seat,
            Err(unknown) => {
                self.parts.directory.leave(id);
                return Err(Refusal::NotReady(unknown.to_string()).into());
            }
        };
        // What the lobby holds, nothing, is no answer: the stream waits for a scope.
        if scope != LOBBY
            && let Some(snapshot) = seat.news(None)
        {
            seat.engine().on_snapshot(snapshot);
        }
        self.seat = Some(seat.clone());
        self.parts.directory.seated(&peer);
        self.record(&seat, What::Opened { peer, scope });
        Ok(seat)
    }

    /// The client says once more who it is (rule 12): another id is ignored, anything else may mean
    /// another scope.
    fn again(&self, seat: &Arc<Seat>, node: &Node) -> Result<(), Status> {
        let known = seat.peer.load_full();
        let Ok(peer) = Peer::read(Some(node), seat.id, self.address, self.dialect) else {
            return Ok(());
        };
        if peer == *known || peer.proxy != known.proxy {
            return Ok(());
        }
        let scope = self.parts.directory.admit(&peer)?;
        let peer = Arc::new(peer);
        seat.peer.store(peer.clone());
        if scope != seat.scope() {
            let peer = peer.clone();
            self.parts
                .cache
                .move_stream(seat.id, scope, seat.class())
                .map_err(|unknown| Refusal::NotReady(unknown.to_string()))?;
            self.record(seat, What::Moved { peer, scope });
        }
        self.parts.directory.seated(&peer);
        Ok(())
    }

    fn record(&self, seat: &Seat, what: What) {
        self.parts.events.record(Event {
            stream: seat.id,
            proxy: seat.peer.load().proxy.clone(),
            class: seat.class(),
            at: SystemTime::now(),
            what,
        });
    }

    /// One step of the engine: what to send, or when to look again.
    fn step(&self, seat: &Seat) -> (Option<Response>, Option<Instant>) {
        if seat.scope() == LOBBY {
            return (None, None);
        }
        let at = now();
        let (response, wake, events) = {
            let mut engine = seat.engine();
            if let Some(snapshot) = seat.news(engine.now.as_ref()) {
                engine.on_snapshot(snapshot);
            }
            let response = engine.poll(at);
            let wake = match &response {
                Some(_) => None,
                None => engine.next_deadline(at).map(|wake| wake.max(at + BLINK)),
            };
            (response, wake, std::mem::take(&mut engine.events))
        };
        for what in events {
            self.record(seat, what);
        }
        (response, wake)
    }

    /// Sets the timer. Whether it has gone off already.
    fn sleep_until(&mut self, wake: Option<Instant>, cx: &mut Context<'_>) -> bool {
        let Some(wake) = wake else {
            self.timer = None;
            return false;
        };
        let wake = tokio::time::Instant::from_std(wake);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(wake)));
        if timer.deadline() != wake {
            timer.as_mut().reset(wake);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<S> Responses<S>
where
    S: Stream<Item = Result<Request, Status>> + Unpin,
{
    fn read(&mut self, cx: &mut Context<'_>) -> Read {
        for _ in 0..READ_AT_ONCE {
            match Pin::new(&mut self.requests).poll_next(cx) {
                Poll::Pending => return Read::Idle,
                Poll::Ready(None) => return Read::End(None),
                Poll::Ready(Some(Err(status))) => return Read::End(Some(status)),
                Poll::Ready(Some(Ok(request))) => {
                    if let Err(status) = self.take(&request, now()) {
                        return Read::End(Some(status));
                    }
                }
            }
        }
        Read::Busy
    }
}

impl<S> Stream for Responses<S>
where
    S: Stream<Item = Result<Request, Status>> + Unpin,
{
    type Item = Result<Response, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        loop {
            let read = this.read(cx);
            if let Read::End(status) = read {
                this.leave();
                return Poll::Ready(status.map(Err));
            }
            let Some(seat) = this.seat.clone() else {
                return Poll::Pending;
            };
            // Before looking: a wake-up from here on is not missed.
            seat.register(cx.waker());
            if seat.is_closed() {
                this.leave();
                let status = Status::unavailable("this server is shutting down");
                return Poll::Ready(Some(Err(status)));
            }
            let (response, wake) = this.step(&seat);
            if let Some(response) = response {
                return Poll::Ready(Some(Ok(response)));
            }
            if this.sleep_until(wake, cx) || matches!(read, Read::Busy) {
                continue;
            }
            return Poll::Pending;
        }
    }
}

impl<S> Responses<S> {
    fn leave(&mut self) {
        self.ended = true;
        self.timer = None;
        if let Some(seat) = self.seat.take() {
            self.parts.cache.leave(&seat);
            self.parts.directory.leave(seat.id);
            self.record(&seat, What::Closed);
        }
    }
}

impl<S> Drop for Responses<S> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The runtime's clock, so that tests can stop it.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
