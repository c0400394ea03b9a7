//! What the client is told: from responses to the frames of an HTTP/2 stream.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use http::HeaderMap;
use http_body::{Body, Frame};
use tonic::Status;

use super::{super::response::Response, PREFIX};

/// The body of an answer: `responses`, and then how the stream ended.
#[derive(Debug)]
pub(in crate::xds) struct Frames<S> {
    responses: S,
    ended: bool,
}

impl<S> Frames<S> {
    pub(in crate::xds) fn new(responses: S) -> Self {
        Self {
            responses,
            ended: false,
        }
    }
}

impl<S> Body for Frames<S>
where
    S: Stream<Item = Result<Response, Status>> + Unpin,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        let status = match Pin::new(&mut this.responses).poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(response))) => match frame(&response) {
                Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Err(status) => status,
            },
            Poll::Ready(Some(Err(status))) => status,
            Poll::Ready(None) => Status::ok(""),
        };
        this.ended = true;
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(
            status
                .add_header(&mut trailers)
                .map(|()| Frame::trailers(trailers)),
        ))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

/// `response` and its prefix, in an allocation of just that size.
fn frame(response: &Response) -> Result<Bytes, Status> {
    let length = response.encoded_len();
    let Ok(prefix) = u32::try_from(length) else {
        return Err(Status::resource_exhausted(format!(
            "the response has {length} bytes: gRPC carries less than 4 GiB"
        )));
    };
    let mut out = BytesMut::with_capacity(PREFIX + length);
    out.put_u8(0);
    out.put_u32(prefix);
    response.write(&mut out);
    Ok(out.freeze())
}
