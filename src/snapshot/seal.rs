//! The one door from typed messages to bytes.

use std::sync::Arc;

use envoy_types::pb::google::protobuf::Any;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, ReflectMessage as _};

use super::{
    NotEncodable, Provenance, Ref, Resource, TYPES, TypeIx,
    canonical::{encode, fields, whole, write_delimited},
};

/// A typed message on its way to becoming a resource.
#[derive(Debug, Clone, Default)]
pub struct Draft<M> {
    /// The message.
    pub message: M,
    /// What it names.
    pub refs: Vec<Ref>,
    /// What it was compiled from.
    pub provenance: Vec<Provenance>,
}

/// A message that is joined from parts which are encoded apart: a route configuration from virtual
/// hosts that others share, a virtual host from its rules and its host names.
///
/// Its fields are in the order of their numbers whatever order they come in, so it is canonical as
/// long as its parts are. Which field takes which part is not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    message: Vec<u8>,
    /// The number of its last field; zero while there is none.
    last: u32,
}

impl<M: Message + Name> Draft<M> {
    /// Encodes canonically, hashes and frames.
    ///
    /// # Errors
    /// [`NotEncodable`] when `ty` is not the type of `M`, or `M` not a message of Envoy's API.
    pub fn seal(self, ty: TypeIx, name: Arc<str>) -> Result<Resource, NotEncodable> {
        if M::type_url() != ty.info().url {
            return Err(NotEncodable::OtherType {
                message: M::full_name(),
                expected: ty.info().url,
            });
        }
        let message = encode(&self.message)?;
        Ok(frame(ty, name, &message, self.refs, self.provenance))
    }
}

impl Joined {
    /// Begins with the fields of `message`.
    ///
    /// # Errors
    /// [`NotEncodable`] when `M` is not a message of Envoy's API.
    pub fn from<M: Message + Name>(message: &M) -> Result<Self, NotEncodable> {
        let message = encode(message)?;
        let last = fields(&message).last();
        let last = last.and_then(Result::ok).map_or(0, |field| field.number);
        Ok(Self { message, last })
    }

    /// Adds field `number` with the canonical bytes of a message, or with a text.
    pub fn push(&mut self, number: u32, value: &[u8]) {
        if number >= self.last {
            write_delimited(&mut self.message, number, value);
            self.last = number;
        } else {
            let mut field = Vec::with_capacity(value.len() + 8);
            write_delimited(&mut field, number, value);
            self.put(number, &field);
        }
    }

    /// Adds fields that were joined or encoded apart, tags included.
    ///
    /// `fields` come from here: what does not read as fields is added behind all others, as is.
    pub fn extend(&mut self, added: &[u8]) {
        let mut rest = added;
        for field in fields(added).map_while(Result::ok) {
            self.put(field.number, field.whole);
            rest = &rest[field.whole.len()..];
        }
        self.message.extend_from_slice(rest);
    }

    /// Adds the whole field `number` behind all those that are not above it.
    fn put(&mut self, number: u32, field: &[u8]) {
        if number >= self.last {
            self.message.extend_from_slice(field);
            self.last = number;
            return;
        }
        let before = fields(&self.message)
            .map_while(Result::ok)
            .take_while(|field| field.number <= number);
        let place: usize = before.map(|field| field.whole.len()).sum();
        self.message.splice(place..place, field.iter().copied());
    }

    /// The bytes so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.message
    }

    /// Hashes and frames what was joined.
    #[must_use]
    pub fn seal(
        self,
        ty: TypeIx,
        name: Arc<str>,
        refs: Vec<Ref>,
        provenance: Vec<Provenance>,
    ) -> Resource {
        frame(ty, name, &self.message, refs, provenance)
    }

    /// The same, with lists that other resources have too: sorted, each entry once.
    #[must_use]
    pub fn seal_sharing(
        self,
        ty: TypeIx,
        name: Arc<str>,
        refs: Arc<[Ref]>,
        provenance: Arc<[Provenance]>,
    ) -> Resource {
        Resource::new(&TYPES, ty, name, &self.message, refs, provenance)
    }
}

fn frame(
    ty: TypeIx,
    name: Arc<str>,
    message: &[u8],
    mut refs: Vec<Ref>,
    mut provenance: Vec<Provenance>,
) -> Resource {
    refs.sort_unstable();
    refs.dedup();
    provenance.sort_unstable();
    provenance.dedup();
    Resource::new(&TYPES, ty, name, message, refs.into(), provenance.into())
}

/// Seals the encoding `message` of a resource of type `ty` that was not made here: it is put in
/// order at every depth, in each `Any` of a known type too. What the descriptors do not know of it
/// stays in it. `version`: what goes on the wire instead of the hash.
///
/// # Errors
/// [`NotEncodable`] where it is not the encoding of such a message.
pub fn seal(
    ty: TypeIx,
    name: Arc<str>,
    message: &[u8],
    version: Option<Arc<str>>,
    mut refs: Vec<Ref>,
    provenance: Vec<Provenance>,
) -> Result<Resource, NotEncodable> {
    let message = whole(ty.info().url, message)?;
    refs.sort_unstable();
    refs.dedup();
    let (refs, from) = (refs.into(), provenance.into());
    let sealed = Resource::new(&TYPES, ty, name, &message, refs, from);
    Ok(match version {
        Some(version) => sealed.with_version(&TYPES, version),
        None => sealed,
    })
}

/// The canonical encoding of a message that is known by its descriptor alone, each `Any` in it
/// included.
///
/// # Errors
/// [`NotEncodable`] when it is nested deeper than proxies decode.
pub fn encode_dynamic(message: &DynamicMessage) -> Result<Vec<u8>, NotEncodable> {
    whole(message.descriptor().full_name(), &message.encode_to_vec())
}

/// Packs `message` into an `Any`, canonically.
///
/// # Errors
/// [`NotEncodable`] when `M` is not a message of Envoy's API.
pub fn pack<M: Message + Name>(message: &M) -> Result<Any, NotEncodable> {
    Ok(Any {
        type_url: M::type_url(),
        value: encode(message)?,
    })
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::{
        envoy::config::{
            cluster::v3::Cluster,
            route::v3::{RouteConfiguration, VirtualHost},
        },
        google::protobuf::{BoolValue, Value, value::Kind},
    };
    use proptest::{prelude::*, sample::subsequence};

    use super::*;
    use crate::snapshot::{CLUSTER, ENDPOINTS};

    fn cluster() -> Cluster {
        let packed = |n: i32| {
            let kind = Some(Kind::NumberValue(n.into()));
            (format!("key-{n}"), pack(&Value { kind }).unwrap())
        };
        Cluster {
            name: "a".to_owned(),
            typed_extension_protocol_options: (0..50).map(packed).collect(),
            ..Default::default()
        }
    }

    fn draft() -> Draft<Cluster> {
        Draft {
            message: cluster(),
            ..Draft::default()
        }
    }

    #[test]
    fn a_hash_is_the_same_on_every_machine_and_in_every_release() {
        // The value itself: when it changes, every proxy is sent everything again after an upgrade.
        let sealed = draft().seal(CLUSTER, "a".into()).unwrap();
        assert_eq!(sealed.hash().to_wire(), "Dyk6mqvJ9Ip3VTKlEvGEmw");
        assert_eq!(Cluster::decode(sealed.message()).unwrap(), cluster());
    }

    #[test]
    fn a_message_is_sealed_as_its_own_type_only() {
        assert_eq!(
            draft().seal(ENDPOINTS, "a".into()).unwrap_err(),
            NotEncodable::OtherType {
                message: "envoy.config.cluster.v3.Cluster".to_owned(),
                expected: ENDPOINTS.info().url,
            }
        );
    }

    #[test]
    fn what_is_named_and_where_it_comes_from_is_sorted_and_told_once() {
        let to = |name: &str| Ref {
            to: ENDPOINTS,
            name: name.into(),
        };
        let from = |name| Provenance::new("Service", "default", name, "");
        let sealed = Draft {
            refs: vec![to("b"), to("a"), to("b")],
            provenance: vec![from("y"), from("x"), from("y")],
            ..draft()
        }
        .seal(CLUSTER, "a".into())
        .unwrap();
        assert_eq!(sealed.refs()[..], [to("a"), to("b")]);
        assert_eq!(sealed.provenance()[..], [from("x"), from("y")]);
    }

    #[test]
    fn what_was_encoded_elsewhere_is_put_in_order_within_each_any() {
        // prost's own encoding: maps in hash order, here and in the Any.
        let inner = cluster();
        let outer = || VirtualHost {
            name: "v".to_owned(),
            typed_per_filter_config: (0..20)
                .map(|n| {
                    let value = inner.encode_to_vec();
                    let type_url = Cluster::type_url();
                    (format!("key-{n}"), Any { type_url, value })
                })
                .collect(),
            ..Default::default()
        };
        let ordered =
            |message: &VirtualHost| whole(&VirtualHost::full_name(), &message.encode_to_vec());
        let first = ordered(&outer()).unwrap();
        for _ in 0..5 {
            let again = cluster();
            let mut shuffled = outer();
            for any in shuffled.typed_per_filter_config.values_mut() {
                any.value = again.encode_to_vec();
            }
            assert_eq!(ordered(&shuffled).unwrap(), first);
        }
        assert_eq!(
            VirtualHost::decode(&first[..])
                .unwrap()
                .typed_per_filter_config
                .len(),
            20
        );
        // What is not what its type says stays as it is.
        let mut broken = outer();
        broken.typed_per_filter_config = [(
            "a".to_owned(),
            Any {
                type_url: Cluster::type_url(),
                value: vec![0xff, 0xff],
            },
        )]
        .into();
        let kept = VirtualHost::decode(&ordered(&broken).unwrap()[..]).unwrap();
        assert_eq!(kept, broken);
    }

    fn host(name: &str) -> VirtualHost {
        VirtualHost {
            name: name.to_owned(),
            typed_per_filter_config: cluster().typed_extension_protocol_options,
            ..Default::default()
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_in_any_order_is_what_is_encoded_whole(
            names in prop::collection::vec("[a-z]{1,3}", 0..4),
            steps in Just(vec![0, 1, 2]).prop_shuffle(),
            headers in subsequence(vec!["x-a", "x-b"], 0..3),
        ) {
            let hosts: Vec<_> = names.iter().map(|name| host(name)).collect();
            let ends = RouteConfiguration {
                name: "r".to_owned(),
                validate_clusters: Some(BoolValue { value: true }),
                ..Default::default()
            };
            let mut joined = Joined::default();
            for step in steps {
                match step {
                    0 => joined.extend(Joined::from(&ends).unwrap().as_bytes()),
                    1 => hosts.iter().for_each(|host| joined.push(2, &encode(host).unwrap())),
                    _ => headers.iter().for_each(|header| joined.push(3, header.as_bytes())),
                }
            }
            let whole = RouteConfiguration {
                virtual_hosts: hosts,
                internal_only_headers: headers.iter().map(ToString::to_string).collect(),
                ..ends
            };
            prop_assert_eq!(joined.as_bytes(), encode(&whole).unwrap());
        }
    }

    #[test]
    fn bytes_that_are_no_fields_are_not_lost() {
        let mut joined = Joined::default();
        joined.push(3, b"x");
        joined.extend(&[0x0a, 0x01, b'a', 0xff]);
        assert_eq!(joined.as_bytes(), [0x0a, 1, b'a', 0x1a, 1, b'x', 0xff]);
    }
}
