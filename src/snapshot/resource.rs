//! One sealed xDS resource.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{Hash, Origin, Provenance, TypeIx, TypeSet};

/// A reference from one resource to another: a route names a cluster, a cluster its endpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    /// Type of what is named.
    pub to: TypeIx,
    /// Its name.
    pub name: Arc<str>,
}

/// One compiled resource, encoded once in its life and shared by every stream that sends it.
#[derive(Clone)]
pub struct Resource {
    name: Arc<str>,
    ty: TypeIx,
    hash: Hash,
    version: Arc<str>,
    /// The complete entry of `DeltaDiscoveryResponse.resources`; its tail is the SotW entry.
    framed: Bytes,
    /// Where the SotW entry (tag, length, `Any`) begins in `framed`.
    any_entry: usize,
    /// Where the message itself begins in `framed`.
    message: usize,
    refs: Arc<[Ref]>,
    provenance: Arc<[Provenance]>,
    aliases: Arc<[Arc<str>]>,
}

/// Tag of `resources` (field 2, length-delimited) in both dialects' responses, and of `resource`
/// (field 2) in the delta entry: the delta entry therefore ends in a complete SotW entry.
const RESOURCE: u8 = 0x12;
/// Tag of `name`, field 3 of a delta entry.
const NAME: u8 = 0x1a;
/// Tag of `aliases`, field 4 of a delta entry.
const ALIAS: u8 = 0x22;
/// Tag of `version`, field 1 of a delta entry.
const VERSION: u8 = 0x0a;
/// Tags of `Any`: `type_url` is field 1, `value` field 2.
const ANY_URL: u8 = 0x0a;
const ANY_VALUE: u8 = 0x12;

impl Resource {
    /// Frames the canonical encoding `message` of a resource named `name`; its version is its hash.
    #[must_use]
    pub fn new(
        types: TypeSet,
        ty: TypeIx,
        name: Arc<str>,
        message: &[u8],
        refs: Arc<[Ref]>,
        provenance: Arc<[Provenance]>,
    ) -> Self {
        let url = types[ty.index()].url;
        let hash = Hash::of(url, message);
        let version: Arc<str> = hash.to_wire().into();
        let (framed, any_entry) = frame(url, &name, &version, message);
        Self {
            name,
            ty,
            hash,
            version,
            any_entry,
            message: framed.len() - message.len(),
            framed,
            refs,
            provenance,
            aliases: Arc::default(),
        }
    }

    /// The same, found by `aliases` too: sorted, each once.
    #[must_use]
    pub fn known_as(mut self, aliases: Arc<[Arc<str>]>) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same for those who asked for it by `names`: its delta entry says so.
    #[must_use]
    pub fn asked_for_as(&self, names: &[Arc<str>]) -> Self {
        let entry = &self.framed[entry_start(&self.framed)..];
        let mut longer = Vec::with_capacity(entry.len() + 64);
        for name in names {
            field(&mut longer, ALIAS, name.as_bytes());
        }
        longer.extend_from_slice(entry);
        let mut framed = Vec::with_capacity(longer.len() + 6);
        field(&mut framed, RESOURCE, &longer);
        // What stands before the SotW entry grew, and nothing behind it.
        let grown = framed.len() - self.framed.len();
        Self {
            any_entry: self.any_entry + grown,
            message: self.message + grown,
            framed: framed.into(),
            ..self.clone()
        }
    }

    /// The same with another version for the wire. Whether it changed is decided by its hash all the
    /// same.
    #[must_use]
    pub fn with_version(mut self, types: TypeSet, version: Arc<str>) -> Self {
        let url = types[self.ty.index()].url;
        let message = self.message();
        let (framed, any_entry) = frame(url, &self.name, &version, &message);
        self.version = version;
        self.any_entry = any_entry;
        self.message = framed.len() - message.len();
        self.framed = framed;
        self
    }

    /// A message that holds nothing but its name, in field 1.
    #[must_use]
    pub fn of_name_alone(ty: TypeIx, name: &str) -> Self {
        let mut message = Vec::with_capacity(name.len() + 4);
        field(&mut message, 0x0a, name.as_bytes());
        Self::new(
            &super::TYPES,
            ty,
            name.into(),
            &message,
            Arc::default(),
            Arc::default(),
        )
    }

    /// Name, unique within its type and scope.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Type.
    #[must_use]
    pub fn ty(&self) -> TypeIx {
        self.ty
    }

    /// Content hash: what decides whether it changed.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// What goes on the wire as its version in delta.
    #[must_use]
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    /// The whole `resources` entry of a `DeltaDiscoveryResponse`, tag and length included.
    #[must_use]
    pub fn delta_entry(&self) -> Bytes {
        self.framed.clone()
    }

    /// The whole `resources` entry of a `DiscoveryResponse`, tag and length included.
    #[must_use]
    pub fn sotw_entry(&self) -> Bytes {
        self.framed.slice(self.any_entry..)
    }

    /// The canonical encoding of the message itself.
    #[must_use]
    pub fn message(&self) -> Bytes {
        self.framed.slice(self.message..)
    }

    /// What it names, sorted, each once.
    #[must_use]
    pub fn refs(&self) -> &Arc<[Ref]> {
        &self.refs
    }

    /// Names that it is found by beside its own, sorted. They follow from its content.
    #[must_use]
    pub fn aliases(&self) -> &Arc<[Arc<str>]> {
        &self.aliases
    }

    /// `new` with the list of `old` where both name the same, so that who compares them need not
    /// look into them.
    pub(super) fn sharing_refs(new: Arc<Self>, old: &Self) -> Arc<Self> {
        if Arc::ptr_eq(&new.refs, &old.refs) || new.refs != old.refs {
            return new;
        }
        let mut new = Arc::unwrap_or_clone(new);
        new.refs = old.refs.clone();
        Arc::new(new)
    }

    /// Whether it was compiled from `origin` among others.
    #[must_use]
    pub fn comes_from(&self, origin: &Origin) -> bool {
        let places = &self.provenance;
        places.binary_search_by(|it| it.beside(origin)).is_ok()
    }

    /// The documents it was compiled from, sorted. Outside the hash.
    #[must_use]
    pub fn provenance(&self) -> &Arc<[Provenance]> {
        &self.provenance
    }
}

/// Equal when type, name and content are equal; provenance does not count.
impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty && self.hash == other.hash && self.name == other.name
    }
}

impl Eq for Resource {}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// The delta entry of a resource, and where in it the SotW entry begins.
fn frame(url: &str, name: &str, version: &str, message: &[u8]) -> (Bytes, usize) {
    let mut any = Vec::with_capacity(url.len() + message.len() + 12);
    field(&mut any, ANY_URL, url.as_bytes());
    field(&mut any, ANY_VALUE, message);

    let mut entry = Vec::with_capacity(name.len() + version.len() + any.len() + 16);
    field(&mut entry, NAME, name.as_bytes());
    field(&mut entry, VERSION, version.as_bytes());
    let any_in_entry = entry.len();
    field(&mut entry, RESOURCE, &any);

    let mut framed = Vec::with_capacity(entry.len() + 6);
    field(&mut framed, RESOURCE, &entry);
    let any_entry = framed.len() - entry.len() + any_in_entry;
    (framed.into(), any_entry)
}

/// Where the entry begins behind its own tag and length.
fn entry_start(framed: &[u8]) -> usize {
    let length = framed.iter().skip(1).take_while(|byte| **byte & 0x80 != 0);
    2 + length.count()
}

fn field(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    out.push(tag);
    prost::encoding::encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::envoy::{
        config::endpoint::v3::ClusterLoadAssignment,
        service::discovery::v3::{DeltaDiscoveryResponse, DiscoveryResponse},
    };
    use prost::Message;

    use super::*;
    use crate::snapshot::{ENDPOINTS, TYPES};

    #[test]
    fn one_buffer_is_a_whole_entry_in_both_dialects() {
        let long = "x".repeat(300);
        let resource = Resource::of_name_alone(ENDPOINTS, &long);
        let delta = DeltaDiscoveryResponse::decode(resource.delta_entry()).unwrap();
        let sotw = DiscoveryResponse::decode(resource.sotw_entry()).unwrap();

        let entry = &delta.resources[0];
        assert_eq!(entry.name, long);
        assert_eq!(entry.version, resource.hash().to_wire());
        assert_eq!(entry.resource.as_ref().unwrap(), &sotw.resources[0]);
        assert_eq!(sotw.resources[0].type_url, ENDPOINTS.info().url);
        assert_eq!(sotw.resources[0].value, resource.message());
        let message = ClusterLoadAssignment::decode(resource.message()).unwrap();
        assert_eq!(
            message,
            ClusterLoadAssignment {
                cluster_name: long,
                ..Default::default()
            }
        );
    }

    #[test]
    fn rule_66_an_entry_says_by_which_names_it_was_asked_for() {
        for length in [1, 100, 127, 128, 300, 20_000] {
            let plain = Resource::of_name_alone(ENDPOINTS, &"x".repeat(length));
            let asked = plain.asked_for_as(&["a".into(), "b".repeat(length).into()]);
            let delta = DeltaDiscoveryResponse::decode(asked.delta_entry()).unwrap();
            let before = DeltaDiscoveryResponse::decode(plain.delta_entry()).unwrap();
            assert_eq!(
                delta.resources[0].aliases,
                ["a".to_owned(), "b".repeat(length)]
            );
            assert_eq!(delta.resources[0].resource, before.resources[0].resource);
            assert_eq!(delta.resources[0].name, **plain.name());
            assert_eq!(asked.sotw_entry(), plain.sotw_entry());
            assert_eq!(asked.message(), plain.message());
        }
    }

    #[test]
    fn provenance_is_outside_the_hash() {
        let from = |pointer: &str| {
            let provenance = Provenance::new("HTTPRoute", "default", "web", pointer);
            Resource::new(
                &TYPES,
                ENDPOINTS,
                "a".into(),
                b"",
                Arc::default(),
                [provenance].into(),
            )
        };
        assert_eq!(from("/spec/rules/0"), from("/spec/rules/1"));
    }
}
