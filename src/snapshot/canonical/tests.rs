use std::collections::HashMap;

use envoy_types::pb::{
    cel::expr::SourceInfo,
    envoy::{
        config::{
            cluster::v3::Cluster,
            core::v3::Metadata,
            endpoint::v3::{ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints},
            route::v3::{
                Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost, WeightedCluster,
                route, route_action, route_match, weighted_cluster::ClusterWeight,
            },
        },
        extensions::filters::network::dubbo_proxy::v3::{
            MethodMatch, method_match::ParameterMatchSpecifier,
        },
        r#type::matcher::v3::RegexMatcher,
    },
    google::protobuf::{Any, BoolValue, Duration, ListValue, Struct, Value, value::Kind},
};
use proptest::{collection::vec, prelude::*};

use super::*;

type Fields = Vec<(String, Json)>;

/// What a message is made of, without hash maps: every message made of it has other ones.
#[derive(Debug, Clone)]
enum Json {
    Null,
    Bool(bool),
    Text(String),
    List(Vec<Json>),
    Fields(Fields),
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        "[a-z]{0,4}".prop_map(Json::Text),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Json::List),
            vec(("[a-z]{0,6}", inner), 0..8).prop_map(Json::Fields),
        ]
    })
}

fn structure(fields: &Fields) -> Struct {
    let fields = fields
        .iter()
        .map(|(key, inner)| (key.clone(), value(inner)));
    Struct {
        fields: fields.collect(),
    }
}

fn value(json: &Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(bool) => Kind::BoolValue(*bool),
        Json::Text(text) => Kind::StringValue(text.clone()),
        Json::List(values) => Kind::ListValue(ListValue {
            values: values.iter().map(value).collect(),
        }),
        Json::Fields(fields) => Kind::StructValue(structure(fields)),
    };
    Value { kind: Some(kind) }
}

fn metadata(fields: &Fields) -> Option<Metadata> {
    let inside = |(key, inner): &(String, Json)| match inner {
        Json::Fields(inner) => Some((key.clone(), structure(inner))),
        _ => None,
    };
    Some(Metadata {
        filter_metadata: fields.iter().filter_map(inside).collect(),
        typed_filter_metadata: options(fields),
    })
}

fn options(fields: &Fields) -> HashMap<String, Any> {
    let packed = |(key, inner): &(String, Json)| {
        let packed = Any {
            type_url: Value::type_url(),
            value: encode(&value(inner)).unwrap(),
        };
        (key.clone(), packed)
    };
    fields.iter().map(packed).collect()
}

/// A route with a member of a oneof (number 29) that prost writes before another field (8).
fn route(name: &str, fields: &Fields) -> Route {
    let weighted = WeightedCluster {
        clusters: vec![ClusterWeight {
            name: name.to_owned(),
            metadata_match: metadata(fields),
            typed_per_filter_config: options(fields),
            ..Default::default()
        }],
        ..Default::default()
    };
    Route {
        name: name.to_owned(),
        action: Some(route::Action::Route(RouteAction {
            metadata_match: metadata(fields),
            timeout: Some(Duration::default()),
            host_rewrite_specifier: Some(route_action::HostRewriteSpecifier::HostRewriteHeader(
                name.to_owned(),
            )),
            cluster_specifier: Some(route_action::ClusterSpecifier::WeightedClusters(weighted)),
            ..Default::default()
        })),
        metadata: metadata(fields),
        typed_per_filter_config: options(fields),
        ..Default::default()
    }
}

fn routes(names: &[String], fields: &Fields) -> RouteConfiguration {
    RouteConfiguration {
        name: "r".to_owned(),
        virtual_hosts: vec![VirtualHost {
            name: "v".to_owned(),
            domains: names.to_vec(),
            routes: names.iter().map(|name| route(name, fields)).collect(),
            typed_per_filter_config: options(fields),
            ..Default::default()
        }],
        validate_clusters: Some(BoolValue { value: false }),
        typed_per_filter_config: options(fields),
        ..Default::default()
    }
}

/// Fails unless the fields of `message`, a `name`, are by number and its maps by key, at every
/// depth; by prost-reflect's descriptors, and nothing of what is tested.
fn assert_in_order(message: &[u8], name: &str) {
    let pool = netloft_proto::descriptors::pool();
    let descriptor = pool.get_message_by_name(name).unwrap();
    let mut last = (0, Vec::new());
    for field in fields(message) {
        let field = field.unwrap();
        let declared = descriptor.get_field(field.number).unwrap();
        let mut key = Vec::new();
        if let prost_reflect::Kind::Message(inner) = declared.kind()
            && let Ok(bytes) = field.delimited()
        {
            assert_in_order(bytes, inner.full_name());
            if declared.is_map() {
                // An empty text is left out, as key and as value.
                let first = fields(bytes).next().map(Result::unwrap);
                if let Some(first) = first.filter(|first| first.number == 1) {
                    key = first.delimited().unwrap().to_vec();
                }
                assert!(last < (field.number, key.clone()) || last.0 == 0, "{name}");
            }
        }
        assert!(last.0 <= field.number, "{name}: {}", field.number);
        last = (field.number, key);
    }
}

fn check<M: Message + Name + Default + PartialEq + std::fmt::Debug>(fresh: impl Fn() -> M) {
    let first = encode(&fresh()).unwrap();
    assert_eq!(M::decode(&first[..]).unwrap(), fresh());
    assert_in_order(&first, &M::full_name());
    for _ in 0..50 {
        assert_eq!(encode(&fresh()).unwrap(), first);
    }
    let shapes = Shapes::of_envoy();
    let shape = shapes.named(&M::full_name()).unwrap();
    assert_eq!(in_order(&first, shape, shapes).unwrap(), first);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn equal_messages_have_equal_bytes_in_order_at_every_depth(
        names in vec("[a-z]{1,4}", 0..4),
        fields in vec(("[a-z]{0,6}", json()), 0..8),
    ) {
        check(|| structure(&fields));
        check(|| routes(&names, &fields));
        check(|| Cluster {
            name: "c".to_owned(),
            metadata: metadata(&fields),
            typed_extension_protocol_options: options(&fields),
            ..Default::default()
        });
    }

    #[test]
    fn a_message_without_maps_and_scattered_oneofs_is_as_prost_writes_it(name in ".{0,20}") {
        let message = Any { type_url: name, value: vec![0xff; 3] };
        prop_assert_eq!(encode(&message).unwrap(), message.encode_to_vec());
    }

    #[test]
    fn any_bytes_are_put_in_order_or_refused(
        bytes in vec(any::<u8>(), 0..64),
        cut in 0..200_usize,
        flipped in 0..200_usize,
    ) {
        let shapes = Shapes::of_envoy();
        let shape = shapes.named(&RouteConfiguration::full_name()).unwrap();
        let fields = vec![("a".to_owned(), Json::Fields(vec![("b".to_owned(), Json::Null)]))];
        let valid = routes(&["x".to_owned()], &fields).encode_to_vec();
        let mut damaged = valid.clone();
        damaged[flipped % valid.len()] ^= 0x15;
        for bytes in [&bytes, &valid[..cut.min(valid.len())], &damaged] {
            if let Ok(ordered) = in_order(bytes, shape, shapes) {
                prop_assert_eq!(ordered.len(), bytes.len());
                prop_assert_eq!(&in_order(&ordered, shape, shapes).unwrap(), &ordered);
            }
        }
    }
}

#[test]
fn only_types_that_hold_something_to_order_are_gone_through() {
    let shapes = Shapes::of_envoy();
    for (name, plain) in [
        ("google.protobuf.Any", true),
        ("google.protobuf.Duration", true),
        ("envoy.config.core.v3.Address", true),
        // A map of its own; by itself, through a list and a map's values; by what it holds.
        ("envoy.config.cluster.v3.Cluster", false),
        ("google.protobuf.ListValue", false),
        ("envoy.config.endpoint.v3.ClusterLoadAssignment", false),
    ] {
        assert_eq!(shapes.named(name).unwrap().is_plain(), plain, "{name}");
    }
}

#[test]
fn a_oneof_stands_where_the_number_of_its_member_says() {
    // Without a map; prost writes the pattern (10) in the place of the prefix (1).
    let matches = || RouteMatch {
        path_specifier: Some(route_match::PathSpecifier::SafeRegex(RegexMatcher {
            regex: "a+".to_owned(),
            ..Default::default()
        })),
        case_sensitive: Some(BoolValue { value: true }),
        ..Default::default()
    };
    assert_ne!(encode(&matches()).unwrap(), matches().encode_to_vec());
    check(matches);
}

#[test]
fn numbers_as_keys_are_ordered_as_numbers() {
    let methods = MethodMatch {
        params_match: [300, 2, 0, 128, u32::MAX]
            .map(|key| (key, ParameterMatchSpecifier::default()))
            .into(),
        ..Default::default()
    };
    let positions = [-1, 5, 0, i64::MIN, 300].map(|key| (key, 1)).into();
    let source = SourceInfo {
        positions,
        ..Default::default()
    };
    let keys = |bytes: Vec<u8>, key: shapes::Key| -> Vec<String> {
        fields(&bytes)
            .map(|field| key.of_entry(field.unwrap().delimited().unwrap()).unwrap())
            .map(|key| format!("{key:?}"))
            .collect()
    };
    assert_eq!(
        keys(encode(&methods).unwrap(), shapes::Key::Unsigned),
        [0, 2, 128, 300, u32::MAX].map(|key| format!("Unsigned({key})"))
    );
    assert_eq!(
        keys(encode(&source).unwrap(), shapes::Key::Signed),
        [i64::MIN, -1, 0, 5, 300].map(|key| format!("Signed({key})"))
    );
}

#[test]
fn the_value_of_an_any_is_left_as_it_is() {
    // Not in order on purpose: whoever packs answers for it.
    let value = [0x12, 0x00, 0x0a, 0x00];
    let message = Cluster {
        typed_extension_protocol_options: HashMap::from([(
            "k".to_owned(),
            Any {
                type_url: Struct::type_url(),
                value: value.to_vec(),
            },
        )]),
        ..Default::default()
    };
    let encoded = encode(&message).unwrap();
    assert_eq!(Cluster::decode(&encoded[..]).unwrap(), message);
}

#[test]
fn messages_are_followed_as_deep_as_a_decoder_follows_them() {
    let nested = |depth: usize| {
        (0..depth).fold(Value::default(), |values, _| Value {
            kind: Some(Kind::ListValue(ListValue {
                values: vec![values],
            })),
        })
    };
    let deepest = encode(&nested(MAX_DEPTH / 2)).unwrap();
    assert!(Value::decode(&deepest[..]).is_ok());
    let message = Value::full_name();
    let too_deep = nested(MAX_DEPTH / 2 + 1);
    assert!(Value::decode(&too_deep.encode_to_vec()[..]).is_err());
    assert_eq!(encode(&too_deep), Err(NotEncodable::TooDeep { message }));
}

/// A message that Envoy does not know.
#[derive(Clone, PartialEq, prost::Message)]
struct Stranger {}

impl Name for Stranger {
    const NAME: &'static str = "Stranger";
    const PACKAGE: &'static str = "netloft";
}

#[test]
fn a_message_that_envoy_does_not_know_is_refused_by_name() {
    let refused = NotEncodable::UnknownMessage("netloft.Stranger".to_owned());
    assert_eq!(encode(&Stranger {}), Err(refused));
}

#[test]
fn an_assignment_with_metadata_on_its_endpoints_has_one_encoding() {
    let fields: Fields = (0..20)
        .map(|n| (format!("k{n}"), Json::Fields(Vec::new())))
        .collect();
    check(|| ClusterLoadAssignment {
        cluster_name: "c".to_owned(),
        endpoints: vec![LocalityLbEndpoints {
            lb_endpoints: vec![LbEndpoint {
                metadata: metadata(&fields),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    });
}
