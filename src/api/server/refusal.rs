//! What a client is told that has met a limit before its request could be looked at, and the end of
//! its connection.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use super::connections::Connections;
use crate::api::error::ApiError;

/// Longest wait for a client to take its last words, and to stop sending.
const LAST: Duration = Duration::from_secs(1);

/// Bytes that are taken of what a client still sends. If they were left in the system's buffer, it
/// would reset the connection, and the client might never read its answer.
const TAKEN: u64 = 1 << 20;

/// Seconds after which a client may come again for whom there is no room.
pub(in crate::api) const RETRY_AFTER: &str = "1";

/// A limit that a client has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// There are no more connections, and nobody keeps us waiting.
    Connections(usize),
    /// One address has no more connections, and none of them keeps us waiting.
    OfOneAddress(usize),
    /// Others needed the connection, and it kept us waiting longest.
    MadeRoom,
    /// The request's line and headers did not end in time.
    Head(Duration),
    /// They are too many bytes.
    HeadBytes(usize),
    /// They are too many.
    HeadFields(usize),
    /// No request came.
    Idle,
    /// The client takes nothing.
    Write,
}

/// Tells the client what limit it has met, and closes the connection. With `unread` so that a client
/// that is still sending can read its answer, as long as not too many want that at once.
pub(super) async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    connections: &Connections,
    mut socket: S,
    limit: Option<Met>,
    unread: bool,
) {
    let text = limit.and_then(text);
    let place = connections.closing().filter(|_| unread || text.is_some());
    let last = async {
        if let Some(text) = text {
            socket.write_all(text.as_bytes()).await?;
        }
        socket.shutdown().await?;
        if place.is_none() {
            return Ok(0);
        }
        let mut rest = (&mut socket).take(TAKEN);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // Whoever takes longer, or is gone, is not told.
    let _ = timeout(LAST, last).await;
}

/// The answer of one who has met `limit`; none: there was no request.
fn text(limit: Met) -> Option<String> {
    let (status, reason, detail) = match limit {
        Met::Connections(most) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "TooManyConnections",
            format!("all {most} connections of the API are in use: try again soon"),
        ),
        Met::OfOneAddress(most) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "TooManyConnections",
            format!("all {most} connections that one address may have to the API are in use: close some"),
        ),
        Met::MadeRoom => (
            StatusCode::SERVICE_UNAVAILABLE,
            "TooManyConnections",
            "others needed the connection, and this request was the one that took longest to come: send it at once"
                .to_owned(),
        ),
        Met::Head(longest) => (
            StatusCode::REQUEST_TIMEOUT,
            "RequestTimeout",
            format!("the request's line and headers took longer than {} s", longest.as_secs()),
        ),
        Met::HeadBytes(most) => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "HeadersTooLarge",
            format!("the request's line and headers are larger than {} KiB", most >> 10),
        ),
        Met::HeadFields(most) => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "HeadersTooLarge",
            format!("the request has more than {most} headers"),
        ),
        Met::Idle | Met::Write => return None,
    };
    let body = serde_json::to_string(&ApiError::new(status, reason, detail).problem()).ok()?;
    let retry = match status {
        StatusCode::SERVICE_UNAVAILABLE => format!("retry-after: {RETRY_AFTER}\r\n"),
        _ => String::new(),
    };
    Some(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n{retry}connection: close\r\n\r\n{body}",
        body.len()
    ))
}
