use std::{
    collections::VecDeque,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use envoy_types::pb::envoy::service::discovery::v3::{DiscoveryRequest, DiscoveryResponse};
use futures_util::{FutureExt, StreamExt, stream};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use prost::Message;
use tonic::{Code, Status};

use super::{Frames, PREFIX, Requests, requests::MAX_REQUEST};
use crate::{
    snapshot::TypeIx,
    xds::{Dialect, response::Response},
};

/// The frames it was made of, one after the other.
struct Given(VecDeque<Bytes>);

impl Body for Given {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
    }
}

fn naming(names: usize) -> DiscoveryRequest {
    DiscoveryRequest {
        resource_names: (0..names).map(|name| format!("name-{name}")).collect(),
        ..DiscoveryRequest::default()
    }
}

fn framed(messages: &[DiscoveryRequest]) -> Vec<u8> {
    let mut out = Vec::new();
    for message in messages {
        let length = u32::try_from(message.encoded_len()).unwrap();
        out.push(0);
        out.extend(length.to_be_bytes());
        message.encode(&mut out).unwrap();
    }
    out
}

fn read(frames: impl IntoIterator<Item = Bytes>) -> Requests<DiscoveryRequest, Given> {
    Requests::new(Given(frames.into_iter().collect()))
}

fn next(
    requests: &mut Requests<DiscoveryRequest, Given>,
) -> Option<Result<DiscoveryRequest, Status>> {
    requests.next().now_or_never().unwrap()
}

#[test]
fn requests_are_read_wherever_frames_are_cut() {
    let messages = [naming(2), DiscoveryRequest::default(), naming(1)];
    let bytes = framed(&messages);
    for cut in 0..=bytes.len() {
        for second in cut..=bytes.len() {
            let parts = [&bytes[..cut], &bytes[cut..second], &bytes[second..]];
            let mut requests = read(parts.map(Bytes::copy_from_slice));
            for message in &messages {
                assert_eq!(
                    next(&mut requests).unwrap().unwrap(),
                    *message,
                    "{cut} {second}"
                );
            }
            assert!(next(&mut requests).is_none());
        }
    }
}

#[test]
fn what_is_no_request_ends_the_stream_by_its_own_code() {
    let prefix = |compressed: u8, length: usize| {
        let mut prefix = vec![compressed];
        prefix.extend(u32::try_from(length).unwrap().to_be_bytes());
        prefix
    };
    let mut garbage = prefix(0, 3);
    garbage.extend([0xff; 3]);
    let cases = [
        (prefix(1, 0), Code::Unimplemented),
        (prefix(0, MAX_REQUEST + 1), Code::OutOfRange),
        (prefix(0, 3), Code::Internal),
        (vec![0, 0], Code::Internal),
        (garbage, Code::InvalidArgument),
    ];
    for (bytes, code) in cases {
        let mut requests = read([Bytes::from(bytes.clone())]);
        let status = next(&mut requests).unwrap().unwrap_err();
        assert_eq!(status.code(), code, "{bytes:?}: {status}");
    }
}

#[test]
fn a_long_request_leaves_no_buffer_behind() {
    let long = framed(&[naming(10_000)]);
    let mut requests = read([Bytes::from(long), Bytes::from(framed(&[naming(1)]))]);
    assert_eq!(
        next(&mut requests).unwrap().unwrap().resource_names.len(),
        10_000
    );
    assert_eq!(requests.held(), 0);
    assert_eq!(next(&mut requests).unwrap().unwrap(), naming(1));
}

#[test]
fn a_response_is_one_frame_and_the_end_says_how() {
    let response = Response {
        ty: TypeIx(0),
        dialect: Dialect::Sotw,
        resources: Arc::new([]),
        tail: DiscoveryResponse {
            nonce: "7".to_owned(),
            ..DiscoveryResponse::default()
        }
        .encode_to_vec(),
    };
    let ends = [
        (None, "0"),
        (Some(Status::unavailable("shutting down")), "14"),
    ];
    for (end, code) in ends {
        let responses = [Ok(response.clone())].into_iter().chain(end.map(Err));
        let mut frames = Frames::new(stream::iter(responses));
        let data = frames.frame().now_or_never().unwrap().unwrap().unwrap();
        let mut data = BytesMut::from(data.into_data().unwrap());
        let prefix = data.split_to(PREFIX);
        assert_eq!(prefix[0], 0);
        assert_eq!(
            prefix[1..],
            u32::try_from(data.len()).unwrap().to_be_bytes()
        );
        assert_eq!(DiscoveryResponse::decode(data).unwrap().nonce, "7");
        let trailers = frames.frame().now_or_never().unwrap().unwrap().unwrap();
        assert_eq!(trailers.into_trailers().unwrap()["grpc-status"], code);
        assert!(pin!(frames).frame().now_or_never().unwrap().is_none());
    }
}
