//! A discovery request of either dialect, read by its fields.
//!
//! A request may list a hundred thousand names, so a list is one text with the places where its
//! names end: two allocations, however many there are. Field numbers:
//! envoy.service.discovery.v3.{DiscoveryRequest, DeltaDiscoveryRequest}.

use std::fmt;

use envoy_types::pb::{envoy::config::core::v3::Node, google::rpc};
use netloft_proto::wire::{Malformed, fields, last};
use prost::Message as _;

use super::super::Dialect;
use crate::snapshot::Hash;

/// One request.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::xds) struct Request {
    /// Who is asking, where it says so.
    pub(in crate::xds) node: Option<Node>,
    pub(in crate::xds) type_url: String,
    /// Names that are wanted: all of them in SotW, more of them in delta.
    pub(in crate::xds) names: List,
    /// Delta: names that are no longer wanted.
    pub(in crate::xds) unwanted: List,
    /// Delta: what the client brings from an earlier stream.
    pub(in crate::xds) claims: Claims,
    /// SotW: the version that the client has.
    pub(in crate::xds) version: String,
    pub(in crate::xds) nonce: String,
    /// Why the client does not take the response that `nonce` names.
    pub(in crate::xds) error: Option<rpc::Status>,
}

/// Names, in the order in which they were listed.
#[derive(Clone, PartialEq, Eq, Default)]
pub(in crate::xds) struct List {
    text: String,
    /// Where each name ends. A request has less than 4 GiB by far.
    ends: Vec<u32>,
}

/// Names with their versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::xds) struct Claims {
    names: List,
    versions: List,
}

impl Request {
    /// Reads a message of `dialect`.
    pub(in crate::xds) fn read(dialect: Dialect, message: &[u8]) -> Result<Self, Malformed> {
        let mut read = Self::default();
        for field in fields(message) {
            let field = field?;
            let part = match dialect {
                Dialect::Sotw => Part::of_sotw(field.number),
                Dialect::Delta => Part::of_delta(field.number),
            };
            if let Some(part) = part {
                read.take(part, field.delimited()?)?;
            }
        }
        Ok(read)
    }

    fn take(&mut self, part: Part, value: &[u8]) -> Result<(), Malformed> {
        let decoded = |_| Malformed;
        match part {
            Part::Node => self.node = Some(Node::decode(value).map_err(decoded)?),
            Part::Type => text(value)?.clone_into(&mut self.type_url),
            Part::Version => text(value)?.clone_into(&mut self.version),
            Part::Nonce => text(value)?.clone_into(&mut self.nonce),
            Part::Error => self.error = Some(rpc::Status::decode(value).map_err(decoded)?),
            Part::Name => self.names.push(text(value)?),
            Part::Unwanted => self.unwanted.push(text(value)?),
            Part::Claim => self
                .claims
                .push(text(last(value, 1)?)?, text(last(value, 2)?)?),
        }
        Ok(())
    }
}

/// What a field is, whatever its number in the dialect.
#[derive(Debug, Clone, Copy)]
enum Part {
    Node,
    Type,
    Version,
    Nonce,
    Error,
    Name,
    Unwanted,
    Claim,
}

impl Part {
    fn of_sotw(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Version,
            2 => Self::Node,
            3 => Self::Name,
            4 => Self::Type,
            5 => Self::Nonce,
            6 => Self::Error,
            _ => return None,
        })
    }

    fn of_delta(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Node,
            2 => Self::Type,
            3 => Self::Name,
            4 => Self::Unwanted,
            5 => Self::Claim,
            6 => Self::Nonce,
            7 => Self::Error,
            _ => return None,
        })
    }
}

fn text(value: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(value).map_err(|_| Malformed)
}

impl List {
    pub(in crate::xds) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        // Bounded by `MAX_REQUEST`.
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    pub(in crate::xds) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(in crate::xds) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(in crate::xds) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut begin = 0;
        self.ends.iter().map(move |&end| {
            let end = end as usize;
            let name = self.text.get(begin..end).unwrap_or_default();
            begin = end;
            name
        })
    }

    /// Equal for equal lists, and for no others that anyone could find.
    pub(in crate::xds) fn hash(&self) -> Hash {
        let mut ends = Vec::with_capacity(self.ends.len() * 4);
        for end in &self.ends {
            ends.extend_from_slice(&end.to_le_bytes());
        }
        Hash::of(&Hash::of("", &ends).to_wire(), self.text.as_bytes())
    }
}

impl<T: AsRef<str>> FromIterator<T> for List {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut list = Self::default();
        for name in names {
            list.push(name.as_ref());
        }
        list
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Claims {
    fn push(&mut self, name: &str, version: &str) {
        self.names.push(name);
        self.versions.push(version);
    }

    pub(in crate::xds) fn len(&self) -> usize {
        self.names.len()
    }

    pub(in crate::xds) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Names with their versions.
    pub(in crate::xds) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().zip(self.versions.iter())
    }
}
