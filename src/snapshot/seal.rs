//! The one door from typed messages to bytes.

use std::sync::Arc;

use envoy_types::pb::google::protobuf::Any;
use prost::{Message, Name};

use super::{
    NotEncodable, Provenance, Ref, Resource, TYPES, TypeIx,
    canonical::{encode, write_delimited},
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

/// A part of a resource that is compiled apart and joined by its bytes: a list element such as one
/// virtual host of a route configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    message: Vec<u8>,
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
    /// Begins with the fields of `message` that stand before (by number) all that is joined.
    ///
    /// # Errors
    /// [`NotEncodable`] when `M` is not a message of Envoy's API.
    pub fn from<M: Message + Name>(message: &M) -> Result<Self, NotEncodable> {
        Ok(Self {
            message: encode(message)?,
        })
    }

    /// Adds field `number` with the already canonical bytes of a message, or of a text.
    ///
    /// Fields come in the order of their numbers.
    pub fn push(&mut self, number: u32, value: &[u8]) {
        write_delimited(&mut self.message, number, value);
    }

    /// Adds fields that are encoded already, tags included: the rest of a message.
    pub fn extend(&mut self, fields: &[u8]) {
        self.message.extend_from_slice(fields);
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
    use std::collections::HashMap;

    use envoy_types::pb::{
        envoy::config::{cluster::v3::Cluster, endpoint::v3::ClusterLoadAssignment},
        google::protobuf::{Struct, Value, value::Kind},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::{CLUSTER, ENDPOINTS, Hash};

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Kind::BoolValue),
            "[a-z]{0,4}".prop_map(Kind::StringValue),
            any::<i32>().prop_map(|number| Kind::NumberValue(number.into())),
        ];
        leaf.prop_map(|kind| Value { kind: Some(kind) })
            .prop_recursive(4, 64, 8, |inner| {
                prop::collection::vec(("[a-z]{0,6}", inner), 0..8).prop_map(|fields| {
                    let fields = fields.into_iter().collect();
                    Value {
                        kind: Some(Kind::StructValue(Struct { fields })),
                    }
                })
            })
    }

    /// The same message with every map built anew: another hash order.
    fn rebuilt(value: &Value) -> Value {
        let kind = value.kind.as_ref().map(|kind| match kind {
            Kind::StructValue(inner) => {
                let fields: HashMap<_, _> = inner
                    .fields
                    .iter()
                    .map(|(key, value)| (key.clone(), rebuilt(value)))
                    .collect();
                Kind::StructValue(Struct { fields })
            }
            other => other.clone(),
        });
        Value { kind }
    }

    proptest! {
        #[test]
        fn equal_messages_have_equal_bytes_however_their_maps_are_ordered(value in any_value()) {
            let first = encode(&value).unwrap();
            prop_assert_eq!(&Value::decode(&first[..]).unwrap(), &value);
            for _ in 0..20 {
                prop_assert_eq!(&encode(&rebuilt(&value)).unwrap(), &first);
            }
        }

        #[test]
        fn a_message_without_a_map_is_as_prost_writes_it(name in ".{0,20}") {
            let message = ClusterLoadAssignment { cluster_name: name, ..Default::default() };
            prop_assert_eq!(encode(&message).unwrap(), message.encode_to_vec());
        }
    }

    fn cluster(name: &str) -> Cluster {
        let packed = |n: i32| {
            pack(&Value {
                kind: Some(Kind::NumberValue(n.into())),
            })
            .unwrap()
        };
        Cluster {
            name: name.to_owned(),
            typed_extension_protocol_options: (0..50)
                .map(|n| (format!("key-{n}"), packed(n)))
                .collect(),
            ..Default::default()
        }
    }

    #[test]
    fn a_cluster_with_fifty_options_has_one_hash() {
        let seal = || {
            Draft {
                message: cluster("a"),
                ..Draft::default()
            }
            .seal(CLUSTER, "a".into())
        };
        let first = seal().unwrap();
        assert_eq!(Cluster::decode(first.message()).unwrap(), cluster("a"));
        for _ in 0..50 {
            assert_eq!(seal().unwrap().hash(), first.hash());
        }
        // The value itself: another process, another release, another machine agree on it.
        assert_eq!(first.hash(), Hash::of(CLUSTER.info().url, &first.message()));
    }

    #[test]
    fn a_message_is_sealed_as_its_own_type_only() {
        let draft = Draft {
            message: cluster("a"),
            ..Draft::default()
        };
        assert!(matches!(
            draft.seal(ENDPOINTS, "a".into()),
            Err(NotEncodable::OtherType { .. })
        ));
    }

    #[test]
    fn what_is_joined_is_what_would_have_been_encoded_whole() {
        let whole = Cluster {
            name: "a".to_owned(),
            alt_stat_name: "b".to_owned(),
            ..Default::default()
        };
        let mut joined = Joined::from(&Cluster {
            name: "a".to_owned(),
            ..Default::default()
        })
        .unwrap();
        joined.push(28, b"b");
        assert_eq!(joined.as_bytes(), encode(&whole).unwrap());
    }
}
