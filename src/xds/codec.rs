//! How messages cross gRPC: requests are decoded by prost, responses are copied as they are.

use std::marker::PhantomData;

use prost::Message;
use tonic::{
    Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use super::response::Response;

/// Bytes that a stream's buffer starts with. Most streams are idle: the default of 8 KiB, twice a
/// stream, would be a quarter of what an idle proxy costs (M11).
const BUFFER: usize = 1024;

/// Bytes from which on responses that are ready together are not joined to one write.
const JOIN: usize = 32 * 1024;

/// Decodes `R`, encodes [`Response`].
#[derive(Debug)]
pub(super) struct ReadyBytes<R>(PhantomData<R>);

impl<R> Default for ReadyBytes<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<R: Message + Default + Send + 'static> Codec for ReadyBytes<R> {
    type Encode = Response;
    type Decode = R;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::default()
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl<R: Send> Encoder for ReadyBytes<R> {
    type Item = Response;
    type Error = Status;

    fn encode(&mut self, response: Response, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.reserve(response.encoded_len());
        response.write(out);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, JOIN)
    }
}

impl<R: Message + Default> Decoder for ReadyBytes<R> {
    type Item = R;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<R>, Status> {
        R::decode(from).map(Some).map_err(|error| {
            Status::invalid_argument(format!("the request is no discovery request: {error}"))
        })
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, JOIN)
    }
}
