//! Bodies on their way: those of requests have to come, and what is held of them is counted; those
//! of answers are counted too, for a slow reader keeps one in memory.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, Uri},
    response::Response,
};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::{Connection, Connections, Phase};
use crate::api::error::{self, ApiError};

/// Why a body is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum Broken {
    /// It brought too little in some time.
    #[error("it brought less than {bytes} bytes in {seconds} s")]
    Slow {
        /// The least it has to bring.
        bytes: usize,
        /// In this many seconds.
        seconds: u64,
    },
    /// There is no memory for it.
    #[error("the bodies of all requests and answers are {} MiB already, the most that is held", .0 >> 20)]
    Crowded(usize),
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        let (status, reason) = match broken {
            Broken::Slow { .. } => (StatusCode::REQUEST_TIMEOUT, "RequestTimeout"),
            Broken::Crowded(_) => (StatusCode::SERVICE_UNAVAILABLE, "Overloaded"),
        };
        Self::new(status, reason, format!("the body was not read: {broken}"))
    }
}

/// Bytes that are held for one request.
#[derive(Debug)]
pub(super) struct Held {
    of: Arc<Connections>,
    bytes: AtomicUsize,
}

impl Held {
    fn new(of: &Arc<Connections>) -> Self {
        Self {
            of: of.clone(),
            bytes: AtomicUsize::new(0),
        }
    }

    fn more(&self, bytes: usize) -> bool {
        let room = self.of.hold(bytes);
        if room {
            self.bytes.fetch_add(bytes, Ordering::AcqRel);
        }
        room
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.let_go(self.bytes.load(Ordering::Acquire));
    }
}

/// A request whose body keeps the bounds, and what is held of it until it is answered.
pub(super) fn received(
    connection: &Arc<Connection>,
    request: hyper::Request<Incoming>,
) -> (Arc<Held>, Request) {
    let held = Arc::new(Held::new(connection.connections()));
    let whole = request.body().is_end_stream();
    connection.enters(match whole {
        true => Phase::Answer,
        false => Phase::Body,
    });
    let request = request.map(|inner| match whole {
        true => Body::empty(),
        false => Body::new(Received {
            inner,
            connection: connection.clone(),
            held: held.clone(),
            ended: false,
            window: 0,
            clock: Box::pin(sleep_until(Instant::now() + connection.config().body)),
        }),
    });
    (held, request)
}

/// A request's body.
struct Received {
    inner: Incoming,
    connection: Arc<Connection>,
    held: Arc<Held>,
    ended: bool,
    /// Bytes since the clock was set.
    window: usize,
    clock: Pin<Box<Sleep>>,
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = self.get_mut();
        let config = this.connection.config();
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
            ready!(this.clock.as_mut().poll(cx));
            return Poll::Ready(Some(Err(Box::new(Broken::Slow {
                bytes: config.body_bytes,
                seconds: config.body.as_secs(),
            }))));
        };
        let Some(frame) = frame.transpose()? else {
            this.ended = true;
            this.connection.has_body(true);
            return Poll::Ready(None);
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if !this.held.more(bytes) {
            return Poll::Ready(Some(Err(Box::new(Broken::Crowded(config.held)))));
        }
        this.window += bytes;
        if this.window >= config.body_bytes {
            this.window = 0;
            this.clock.as_mut().reset(Instant::now() + config.body);
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.connection
            .has_body(self.ended || self.inner.is_end_stream());
    }
}

/// An answer whose body is counted; 503 where there is no room for it.
pub(super) fn sent(connection: &Arc<Connection>, uri: &Uri, response: Response) -> Response {
    let held = Held::new(connection.connections());
    let size = response.body().size_hint().exact().unwrap_or_default();
    let room = held.more(usize::try_from(size).unwrap_or(usize::MAX));
    let response = match room {
        true => response,
        false => {
            let broken = Broken::Crowded(connection.config().held);
            let detail = format!("there is no room for the answer: {broken}");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            error::for_path(uri, ApiError::new(status, "Overloaded", detail))
        }
    };
    let answer = Arc::new(Answer {
        connection: connection.clone(),
        _held: held,
    });
    response.map(|inner| Body::new(Sent { inner, answer }))
}

/// An answer, until the last of it is written.
struct Answer {
    connection: Arc<Connection>,
    _held: Held,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.connection.enters(Phase::Idle);
    }
}

/// An answer's body.
struct Sent {
    inner: Body,
    answer: Arc<Answer>,
}

/// A part of a body that waits to be written, and keeps the answer from being over.
struct Part {
    bytes: Bytes,
    _answer: Arc<Answer>,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        let part = |bytes| {
            Bytes::from_owner(Part {
                bytes,
                _answer: this.answer.clone(),
            })
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
