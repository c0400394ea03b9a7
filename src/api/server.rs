//! The sockets of the REST API, so bounded that no client can keep others from being served.
//!
//! Every bound is a field of [`Config`], and who meets one is told its name and value: 408 for what
//! takes too long, 413 and 431 for what is too large, 503 with `Retry-After` for what there is no
//! room for. When all connections are taken, the one that has kept us waiting longest makes room: so
//! ten thousand clients that send nothing cost a newcomer nothing.
//!
//! HTTP/1.1 only. Absent on purpose: TLS and HTTP/2, for only loopback addresses are served.

mod body;
mod connections;
mod config;
mod refusal;
mod socket;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

pub(super) use body::Broken;
pub use config::{Config, OutOfBounds};
use connections::{Connection, Connections};
pub(super) use refusal::RETRY_AFTER;
use refusal::close;
use socket::Socket;

/// Between two attempts to accept when the system has no file left for a connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` at `socket` until `stopped`, and then for as long as requests that came before
/// are answered: at most `answers`, then what is left is cut off.
pub async fn serve(
    config: Config,
    socket: TcpListener,
    router: Router,
    stopped: impl Future<Output = ()>,
    answers: Duration,
) {
    let connections = Connections::new(config);
    let mut tasks = JoinSet::new();
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = socket.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                // Answers are written whole: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                tasks.spawn(welcome(
                    connections.clone(),
                    stream,
                    address.ip(),
                    router.clone(),
                ));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the API could not be accepted");
                connections.make_room();
                sleep(PAUSE).await;
            }
        }
    }
    drop(socket);
    connections.stop();
    let ended = async { while tasks.join_next().await.is_some() {} };
    if timeout(answers, ended).await.is_err() {
        tracing::info!("{} requests to the API were cut off", tasks.len());
    }
}

/// Serves one client, or tells it why not.
async fn welcome<S>(connections: Arc<Connections>, stream: S, address: IpAddr, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match connections.enter(address) {
        Ok(connection) => one(connection, stream, router).await,
        Err(full) => close(&connections, stream, Some(full), false).await,
    }
}

/// Serves one connection to its end.
async fn one<S>(connection: Arc<Connection>, stream: S, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(Socket::new(stream, connection.clone()));
    let serving = connection.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        let connection = serving.clone();
        let answered: Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>> =
            Box::pin(answer(connection, router, request));
        answered
    });
    let config = connection.config();
    let mut served = http1::Builder::new()
        .timer(TokioTimer::new())
        // The socket keeps these bounds, with words of its own.
        .header_read_timeout(None)
        .max_headers(config.head_fields.saturating_mul(2))
        .max_buf_size(config.buffer())
        .serve_connection(io, service);
    let mut stopping = false;
    let ended = loop {
        let end = std::future::poll_fn(|cx| served.poll_without_shutdown(cx));
        tokio::select! {
            ended = end => break ended,
            () = connection.sent_away() => break Ok(()),
            () = connection.stopped(), if !stopping => {
                stopping = true;
                Pin::new(&mut served).graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, address = %connection.address(), "a connection broke off");
    }
    // Before the request is dropped, which ends it.
    let words = connection.last_words();
    let socket = served.into_parts().io.into_inner();
    let unread = connection.is_unread();
    close(connection.connections(), socket.into_inner(), words, unread).await;
}

/// The answer of `router` to one request.
async fn answer(
    connection: Arc<Connection>,
    router: Router,
    request: hyper::Request<Incoming>,
) -> Result<Response, Infallible> {
    let uri = request.uri().clone();
    let (held, request) = body::received(&connection, request);
    let request: Request = request;
    let response = router.oneshot(request).await?;
    drop(held);
    Ok(body::sent(&connection, &uri, response))
}
