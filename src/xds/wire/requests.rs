//! What the client says: from the frames of an HTTP/2 stream to messages.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use http_body::Body;
use tonic::Status;

use super::{super::Dialect, PREFIX, Request};

/// Longest request, in bytes; a longer one ends the stream with OUT_OF_RANGE. A SotW request lists
/// every name it wants (rule 89).
pub const MAX_REQUEST: usize = 16 * 1024 * 1024;

/// Spare bytes that a stream keeps between requests: an ACK fits.
const KEPT: usize = 1024;

/// The requests in `body`.
pub(in crate::xds) struct Requests<B> {
    dialect: Dialect,
    body: B,
    unread: BytesMut,
}

impl<B> Requests<B> {
    pub(in crate::xds) fn new(dialect: Dialect, body: B) -> Self {
        Self {
            dialect,
            body,
            unread: BytesMut::new(),
        }
    }

    /// Bytes held while waiting for more.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.unread.capacity()
    }

    /// The next request, when all of it is there.
    fn next(&mut self) -> Result<Option<Request>, Status> {
        let Some(prefix) = self.unread.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let [compressed, length @ ..] = *prefix;
        if compressed != 0 {
            return Err(Status::unimplemented(
                "the request is compressed: send it as it is (grpc-encoding: identity)",
            ));
        }
        // More than usize holds is more than is taken.
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_REQUEST {
            return Err(Status::out_of_range(format!(
                "the request has {length} bytes: at most {MAX_REQUEST} are taken"
            )));
        }
        if self.unread.len() < PREFIX + length {
            return Ok(None);
        }
        self.unread.advance(PREFIX);
        let request =
            Request::read(self.dialect, &self.unread.split_to(length)).map_err(|error| {
                Status::invalid_argument(format!("the request is no discovery request: {error}"))
            })?;
        if self.unread.is_empty() && self.unread.capacity() > KEPT {
            self.unread = BytesMut::new();
        }
        Ok(Some(request))
    }
}

impl<B> Stream for Requests<B>
where
    B: Body<Data = Bytes, Error = Status> + Unpin,
{
    type Item = Result<Request, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(request) = this.next().transpose() {
                return Poll::Ready(Some(request));
            }
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        this.unread.extend_from_slice(&data);
                    }
                }
                Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Err(status))),
                Poll::Ready(None) if this.unread.is_empty() => return Poll::Ready(None),
                Poll::Ready(None) => {
                    this.unread.clear();
                    let status = Status::internal("the stream ended within a request");
                    return Poll::Ready(Some(Err(status)));
                }
            }
        }
    }
}

impl<B> fmt::Debug for Requests<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests")
            .field("unread", &self.unread.len())
            .finish_non_exhaustive()
    }
}
