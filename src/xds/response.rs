//! One response: shared entries, and a small tail that is the stream's own.

use std::sync::Arc;

use bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::Dialect;
use crate::snapshot::{Resource, TypeIx};

/// One response, ready to be written. Its resources were encoded when they were compiled.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) ty: TypeIx,
    pub(super) dialect: Dialect,
    pub(super) resources: Arc<[Arc<Resource>]>,
    /// Every field but `resources`. Protobuf leaves the order of fields free.
    pub(super) tail: Vec<u8>,
}

/// What a [`Response`]'s tail says.
#[derive(Debug)]
pub(super) struct Tail<'a> {
    pub(super) url: &'a str,
    pub(super) nonce: &'a str,
    pub(super) version: &'a str,
    /// Delta: names that are gone. SotW: names that are missing.
    pub(super) gone: &'a [Arc<str>],
    /// Delta: names that stand for nothing.
    pub(super) unresolved: &'a [Arc<str>],
}

// Field numbers of DiscoveryResponse and DeltaDiscoveryResponse; those of both are equal.
const VERSION: u32 = 1;
const RESOURCES: u32 = 2;
const TYPE_URL: u32 = 4;
const NONCE: u32 = 5;
const DELTA_REMOVED: u32 = 6;
const SOTW_ERRORS: u32 = 7;

// Field numbers of an entry in delta.
const ENTRY_NAME: u32 = 3;
const ENTRY_ALIAS: u32 = 4;

/// google.rpc.Code.NOT_FOUND.
const NOT_FOUND: u64 = 5;

impl Response {
    /// Length on the wire, in bytes.
    pub(super) fn encoded_len(&self) -> usize {
        let dialect = self.dialect;
        self.tail.len()
            + self
                .resources
                .iter()
                .map(|r| entry_len(r, dialect))
                .sum::<usize>()
    }

    /// Writes the whole message.
    pub(super) fn write(&self, out: &mut impl BufMut) {
        for resource in self.resources.iter() {
            out.put(match self.dialect {
                Dialect::Sotw => resource.sotw_entry(),
                Dialect::Delta => resource.delta_entry(),
            });
        }
        out.put_slice(&self.tail);
    }
}

/// Bytes that `resource` takes in a response.
pub(super) fn entry_len(resource: &Resource, dialect: Dialect) -> usize {
    match dialect {
        Dialect::Sotw => resource.sotw_entry().len(),
        Dialect::Delta => resource.delta_entry().len(),
    }
}

impl Tail<'_> {
    pub(super) fn write(&self, dialect: Dialect) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(self.url.len() + self.nonce.len() + self.version.len() + 8);
        string(&mut out, VERSION, self.version);
        string(&mut out, TYPE_URL, self.url);
        string(&mut out, NONCE, self.nonce);
        for name in self.gone {
            match dialect {
                Dialect::Delta => string(&mut out, DELTA_REMOVED, name),
                Dialect::Sotw => missing(&mut out, name),
            }
        }
        for name in self.unresolved {
            unresolved(&mut out, name);
        }
        out
    }
}

/// Rule 66: an entry without a resource, for the name alone.
fn unresolved(out: &mut Vec<u8>, name: &str) {
    let mut entry = Vec::new();
    string(&mut entry, ENTRY_NAME, name);
    string(&mut entry, ENTRY_ALIAS, name);
    bytes(out, RESOURCES, &entry);
}

/// Rule 71: a name that does not exist, said so; who does not know the field ignores it.
fn missing(out: &mut Vec<u8>, name: &str) {
    let mut resource_name = Vec::new();
    string(&mut resource_name, 1, name);
    let mut status = Vec::new();
    encode_key(1, WireType::Varint, &mut status);
    encode_varint(NOT_FOUND, &mut status);
    let text = format!("{name} does not exist, or this proxy may not see it");
    string(&mut status, 2, &text);
    let mut error = Vec::new();
    bytes(&mut error, 1, &resource_name);
    bytes(&mut error, 2, &status);
    bytes(out, SOTW_ERRORS, &error);
}

fn string(out: &mut Vec<u8>, field: u32, text: &str) {
    bytes(out, field, text.as_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}
