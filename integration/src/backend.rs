//! Servers that proxies send traffic to, in the test's own process.
//!
//! Each names itself in every answer and tells what it was asked, so that a test sees where a
//! request went and what became of it on the way. Asked by gRPC, whatever the method, it answers with
//! its name as the message.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// The header in which an answer names its backend.
pub const BACKEND: &str = "x-backend";

/// Asked here, a backend tells whether it calls itself healthy. Not counted as a request.
pub const HEALTH: &str = "/healthz";

/// The content type of gRPC.
const GRPC: &str = "application/grpc";

/// A running server on a port of 127.0.0.1, for HTTP/1.1 and for HTTP/2 with prior knowledge.
/// Dropped, it is gone at once.
#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    state: Arc<State>,
    drain: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    name: String,
    requests: AtomicU64,
    health_checks: AtomicU64,
    delay_ms: AtomicU64,
    status: AtomicU16,
    health: AtomicU16,
}

impl Backend {
    /// Starts one that answers 200 at once and calls itself `name`.
    pub async fn start(name: &str) -> Self {
        Self::start_at(name, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts one at `address`; its port 0 means any.
    ///
    /// # Panics
    /// When the address is taken.
    pub async fn start_at(name: &str, address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address)
            .await
            .expect("a backend's address is free");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let state = Arc::new(State {
            name: name.to_owned(),
            requests: AtomicU64::new(0),
            health_checks: AtomicU64::new(0),
            delay_ms: AtomicU64::new(0),
            status: AtomicU16::new(200),
            health: AtomicU16::new(200),
        });
        let (drain, drained) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, Arc::clone(&state), drained));
        Self {
            address,
            state,
            drain,
            serving,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Requests answered or being answered, without health checks.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// How often its health was asked for.
    #[must_use]
    pub fn health_checks(&self) -> u64 {
        self.state.health_checks.load(Ordering::Relaxed)
    }

    /// Waits this long before each answer from now on.
    pub fn slow(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).expect("a delay of a test is short");
        self.state.delay_ms.store(delay, Ordering::Relaxed);
    }

    /// Answers with this status from now on.
    pub fn answers(&self, status: StatusCode) {
        self.state.status.store(status.as_u16(), Ordering::Relaxed);
    }

    /// Says so when asked for its health from now on; requests are served all the same.
    pub fn unhealthy(&self) {
        self.state.health.store(503, Ordering::Relaxed);
    }

    /// Takes no new connection, finishes what it was asked, closes kept connections, and ends.
    pub async fn drain(mut self) {
        self.drain.send_replace(true);
        (&mut self.serving).await.expect("serving does not panic");
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<State>, mut drain: watch::Receiver<bool>) {
    // Connections end with the backend, not with the test.
    let mut connections = JoinSet::new();
    let begun = drain.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&state), begun.clone()));
                }
            }
            _ = drain.wait_for(|drain| *drain) => break,
        }
    }
    drop(listener);
    connections.join_all().await;
}

async fn connection(stream: TcpStream, state: Arc<State>, mut drain: watch::Receiver<bool>) {
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request| answer(Arc::clone(&state), request));
    let server = auto::Builder::new(TokioExecutor::new());
    let serving = server.serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    // How it ends is not looked at: a proxy may reset its connections whenever it likes.
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = drain.wait_for(|drain| *drain) => serving.as_mut().graceful_shutdown(),
    }
    serving.await.ok();
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
    let healthy = request.uri().path() == HEALTH;
    let status = if healthy {
        state.health_checks.fetch_add(1, Ordering::Relaxed);
        state.health.load(Ordering::Relaxed)
    } else {
        state.requests.fetch_add(1, Ordering::Relaxed);
        let delay = state.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        state.status.load(Ordering::Relaxed)
    };
    let content = request.headers().get(CONTENT_TYPE);
    if content.is_some_and(|content| content.as_bytes().starts_with(GRPC.as_bytes())) {
        request.into_body().collect().await.ok();
        return Ok(message(&state.name));
    }
    let headers: BTreeMap<&str, &str> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
        .collect();
    let told = serde_json::json!({
        "backend": state.name,
        "method": request.method().as_str(),
        "path": request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str),
        "headers": headers,
    });
    // An unread body would make the connection useless for the next request.
    request.into_body().collect().await.ok();
    let mut response = Response::new(Full::new(Bytes::from(told.to_string())).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if let Ok(name) = state.name.parse() {
        response.headers_mut().insert(BACKEND, name);
    }
    Ok(response)
}

/// A gRPC answer with the message `text`.
fn message(text: &str) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let length = u32::try_from(text.len()).expect("a name is short");
    let mut framed = vec![0];
    framed.extend(length.to_be_bytes());
    framed.extend(text.as_bytes());
    let mut end = HeaderMap::new();
    end.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from(framed)).with_trailers(async { Some(Ok(end)) });
    let mut response = Response::new(body.boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
    response
}
