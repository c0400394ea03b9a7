//! Discovery messages by their fields: requests as they are written, responses as they are read.
//!
//! Thousands of simulated proxies must cost less than the one server they measure, so no message
//! type is made: a request is put together from parts that are encoded already, and of a response
//! only the outlines are read. Field numbers: envoy.service.discovery.v3.

use bytes::BufMut;
pub(super) use netloft_proto::wire::{Malformed, write_delimited as field};
use netloft_proto::wire::{Value, fields, last};

use super::kind::Kind;

/// How the proxies speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Dialect {
    /// State of the world
    Sotw,
    /// Incremental
    Delta,
}

impl Dialect {
    /// Path of the aggregated discovery service.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Sotw => {
                "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
            }
            Self::Delta => {
                "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
            }
        }
    }
}

/// A request. Parts are encoded already, and empty where there are none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ask<'a> {
    /// The node message, without its key.
    pub(super) node: &'a [u8],
    /// Names that are wanted; [`name`] writes one.
    pub(super) names: &'a [u8],
    /// Delta: names no longer wanted; [`unwanted`] writes one.
    pub(super) unwanted: &'a [u8],
    /// Delta: what the client has; [`claim`] writes one.
    pub(super) claims: &'a [u8],
    /// SotW: the version it has.
    pub(super) version: &'a [u8],
    /// What it answers.
    pub(super) nonce: &'a [u8],
}

/// Bytes before each message of gRPC: whether it is compressed, and its length.
pub(super) const PREFIX: usize = 5;

impl Ask<'_> {
    /// Appends it to `out` as gRPC carries it.
    pub(super) fn write(&self, dialect: Dialect, kind: Kind, out: &mut Vec<u8>) {
        let begin = out.len();
        out.put_bytes(0, PREFIX);
        let [node, url, nonce] = match dialect {
            Dialect::Sotw => [2, 4, 5],
            Dialect::Delta => [1, 2, 6],
        };
        if dialect == Dialect::Sotw {
            some(out, 1, self.version);
        }
        some(out, node, self.node);
        out.put_slice(self.names);
        out.put_slice(self.unwanted);
        out.put_slice(self.claims);
        field(out, url, kind.url().as_bytes());
        some(out, nonce, self.nonce);
        let length = out.len() - begin - PREFIX;
        // A request of 4 GiB is not made.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        out[begin + 1..begin + PREFIX].copy_from_slice(&length.to_be_bytes());
    }
}

/// A name that is wanted: field 3 in both dialects.
pub(super) fn name(out: &mut Vec<u8>, name: &[u8]) {
    field(out, 3, name);
}

/// A name that is no longer wanted.
pub(super) fn unwanted(out: &mut Vec<u8>, name: &[u8]) {
    field(out, 4, name);
}

/// A resource that the client has.
pub(super) fn claim(out: &mut Vec<u8>, name: &[u8], version: &[u8]) {
    let mut entry = Vec::with_capacity(name.len() + version.len() + 4);
    field(&mut entry, 1, name);
    field(&mut entry, 2, version);
    field(out, 5, &entry);
}

fn some(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    if !value.is_empty() {
        field(out, number, value);
    }
}

/// The outlines of a response.
#[derive(Debug, Default)]
pub(super) struct Heard<'a> {
    pub(super) url: &'a [u8],
    pub(super) nonce: &'a [u8],
    /// SotW: of all of it.
    pub(super) version: &'a [u8],
    pub(super) resources: Vec<Entry<'a>>,
    /// Delta: names that are gone.
    pub(super) removed: Vec<&'a [u8]>,
}

/// One resource of a response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    /// Delta only.
    pub(super) version: &'a [u8],
    /// The resource itself.
    pub(super) value: &'a [u8],
}

impl<'a> Heard<'a> {
    pub(super) fn read(dialect: Dialect, message: &'a [u8]) -> Result<Self, Malformed> {
        let mut heard = Self::default();
        for field in fields(message) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Delimited(version)) => heard.version = version,
                (2, Value::Delimited(entry)) => heard.resources.push(Entry::read(dialect, entry)?),
                (4, Value::Delimited(url)) => heard.url = url,
                (5, Value::Delimited(nonce)) => heard.nonce = nonce,
                (6, Value::Delimited(name)) if dialect == Dialect::Delta => {
                    heard.removed.push(name);
                }
                _ => {}
            }
        }
        Ok(heard)
    }
}

impl<'a> Entry<'a> {
    fn read(dialect: Dialect, entry: &'a [u8]) -> Result<Self, Malformed> {
        let mut read = Self::default();
        let any = match dialect {
            Dialect::Sotw => entry,
            Dialect::Delta => {
                read.version = last(entry, 1)?;
                read.name = last(entry, 3)?;
                last(entry, 2)?
            }
        };
        read.value = last(any, 2)?;
        if dialect == Dialect::Sotw {
            // All types that are asked for have their name in their first field.
            read.name = last(read.value, 1)?;
        }
        Ok(read)
    }
}
