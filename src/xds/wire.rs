//! How messages cross gRPC: frames of one length-prefixed message each, in both directions.
//!
//! A general gRPC codec keeps its buffers for the next message. Here a stream carries megabytes when
//! it begins and a few hundred bytes for days after that, so what is kept would be most of what an
//! idle proxy costs, and would grow with the mesh. So a response is one allocation that goes when it
//! is written, and the buffer of requests goes when it is read empty.

mod request;
mod requests;
mod responses;
#[cfg(test)]
mod tests;

pub(super) use request::{Claims, List, Request};
pub use requests::MAX_REQUEST;
pub(super) use requests::Requests;
pub(super) use responses::Frames;

/// Bytes before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;
