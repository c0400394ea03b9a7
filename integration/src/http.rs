//! One HTTP/1.1 request on a connection of its own: for asking admin ports and APIs.
//!
//! Absent on purpose: retries, redirects and pools, which would hide what a test looks for.

use std::{error, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest wait for any one answer.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Whatever stood between a request and its answer.
pub type Failure = Box<dyn error::Error + Send + Sync>;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// A header as text; empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Gets `path` from `address`, with the address as host.
///
/// # Errors
/// Whatever stood in the way of an answer, of any status.
pub async fn get(address: SocketAddr, path: &str) -> Result<Answer, Failure> {
    send(
        address,
        request(Method::GET, &address.to_string(), path, Bytes::new())?,
    )
    .await
}

/// Gets `path` from `address`, asking for `host`.
///
/// # Errors
/// Whatever stood in the way of an answer, of any status.
pub async fn get_host(address: SocketAddr, host: &str, path: &str) -> Result<Answer, Failure> {
    send(address, request(Method::GET, host, path, Bytes::new())?).await
}

/// A request with a body.
///
/// # Errors
/// When `host` or `path` cannot stand in a request.
pub fn request(
    method: Method,
    host: &str,
    path: &str,
    body: impl Into<Bytes>,
) -> Result<Request<Full<Bytes>>, Failure> {
    Ok(Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::HOST, host)
        .body(Full::new(body.into()))?)
}

/// Sends `request` on a new connection.
///
/// # Errors
/// Whatever stood in the way of an answer, of any status.
pub async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
    let asked = async { answer(&mut connect(address).await?, request).await };
    tokio::time::timeout(TIMEOUT, asked).await?
}

/// A connection to `address`; it lives as long as the sender does, or until it is closed there.
pub(crate) async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its errors are the sender's too.
    tokio::spawn(connection);
    Ok(sender)
}

/// The answer to `request`, read to its end.
pub(crate) async fn answer(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Failure> {
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}
