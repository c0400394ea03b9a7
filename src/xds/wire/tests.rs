use std::{
    collections::VecDeque,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use envoy_types::pb::{
    envoy::{
        config::core::v3::Node,
        service::discovery::v3::{DeltaDiscoveryRequest, DiscoveryRequest, DiscoveryResponse},
    },
    google::rpc,
};
use futures_util::{FutureExt, StreamExt, stream};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use prost::Message;
use tonic::{Code, Status};

use super::{Frames, List, PREFIX, Request, Requests, requests::MAX_REQUEST};
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

fn read(frames: impl IntoIterator<Item = Bytes>) -> Requests<Given> {
    Requests::new(Dialect::Sotw, Given(frames.into_iter().collect()))
}

fn next(requests: &mut Requests<Given>) -> Option<Result<Request, Status>> {
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
                let read = next(&mut requests).unwrap().unwrap();
                let names: Vec<&str> = read.names.iter().collect();
                assert_eq!(names, message.resource_names, "{cut} {second}");
            }
            assert!(next(&mut requests).is_none());
        }
    }
}

#[test]
fn both_dialects_are_read_field_by_field() {
    let node = Some(Node {
        id: "n".to_owned(),
        ..Node::default()
    });
    let error_detail = Some(rpc::Status {
        code: 3,
        message: "no".to_owned(),
        ..rpc::Status::default()
    });
    let sotw = DiscoveryRequest {
        version_info: "v".to_owned(),
        node: node.clone(),
        resource_names: vec!["a".to_owned(), String::new(), "b".to_owned()],
        type_url: "t".to_owned(),
        response_nonce: "1".to_owned(),
        error_detail: error_detail.clone(),
        ..DiscoveryRequest::default()
    };
    let read = Request::read(Dialect::Sotw, &sotw.encode_to_vec()).unwrap();
    let expected = Request {
        node: node.clone(),
        type_url: "t".to_owned(),
        names: ["a", "", "b"].iter().collect(),
        version: "v".to_owned(),
        nonce: "1".to_owned(),
        error: error_detail.clone(),
        ..Request::default()
    };
    assert_eq!(read, expected);

    let delta = DeltaDiscoveryRequest {
        node: node.clone(),
        type_url: "t".to_owned(),
        resource_names_subscribe: vec!["a".to_owned()],
        resource_names_unsubscribe: vec!["b".to_owned(), "c".to_owned()],
        initial_resource_versions: [("a".to_owned(), "7".to_owned())].into(),
        response_nonce: "1".to_owned(),
        error_detail: error_detail.clone(),
        ..DeltaDiscoveryRequest::default()
    };
    let read = Request::read(Dialect::Delta, &delta.encode_to_vec()).unwrap();
    assert_eq!(read.claims.iter().collect::<Vec<_>>(), [("a", "7")]);
    let expected = Request {
        node,
        type_url: "t".to_owned(),
        names: ["a"].iter().collect(),
        unwanted: ["b", "c"].iter().collect(),
        claims: read.claims.clone(),
        nonce: "1".to_owned(),
        error: error_detail,
        ..Request::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn lists_are_equal_by_their_names_and_not_by_their_letters() {
    let list = |names: &[&str]| names.iter().collect::<List>();
    assert_eq!(list(&["a", "b"]).hash(), list(&["a", "b"]).hash());
    for other in [&["ab"][..], &["a", "b", ""], &["b", "a"], &["", "ab"], &[]] {
        assert_ne!(list(&["a", "b"]).hash(), list(other).hash(), "{other:?}");
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
    assert_eq!(next(&mut requests).unwrap().unwrap().names.len(), 10_000);
    assert_eq!(requests.held(), 0);
    assert_eq!(next(&mut requests).unwrap().unwrap().names.len(), 1);
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
