//! What is written is read back; what is sensitive is not written.

use netloft_proto::descriptors;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value as Proto,
};
use serde_json::{Value, json};

use super::{Secrets, is_sensitive, json as written, leads_elsewhere};
use crate::{envoy, snapshot};

const SECRET: &str = "s3cr3t-s3cr3t";

/// A value of this kind with the secret in every text of it that is not nested too deep.
fn full(kind: &Kind, depth: usize) -> Proto {
    match kind {
        Kind::Message(of) => Proto::Message(match of.full_name() {
            "google.protobuf.Any" => packed(),
            "google.protobuf.Struct" => {
                DynamicMessage::deserialize(of.clone(), json!({"a": [SECRET, {"b": SECRET}]}))
                    .unwrap()
            }
            _ => {
                let mut message = DynamicMessage::new(of.clone());
                for field in of.fields() {
                    // The name of a file is none.
                    if depth > 0 && !leads_elsewhere(&field) {
                        fill(&mut message, &field, depth - 1);
                    }
                }
                message
            }
        }),
        Kind::String => Proto::String(SECRET.to_owned()),
        Kind::Bytes => Proto::Bytes(SECRET.as_bytes().to_vec().into()),
        Kind::Bool => Proto::Bool(true),
        Kind::Enum(_) => Proto::EnumNumber(1),
        other => other.default_value(),
    }
}

fn fill(message: &mut DynamicMessage, field: &FieldDescriptor, depth: usize) {
    let value = if field.is_map() {
        let Kind::Message(entry) = field.kind() else {
            return;
        };
        let key = match entry.map_entry_key_field().kind() {
            Kind::String => MapKey::String("key".to_owned()),
            _ => return,
        };
        let value = full(&entry.map_entry_value_field().kind(), depth);
        Proto::Map([(key, value)].into())
    } else if field.is_list() {
        Proto::List(vec![full(&field.kind(), depth)])
    } else {
        full(&field.kind(), depth)
    };
    message.set_field(field, value);
}

/// An `Any` with the secret in it, in a type that is not sensitive by itself.
fn packed() -> DynamicMessage {
    let any = json!({
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": SECRET,
    });
    let of = envoy::descriptor("/google.protobuf.Any").unwrap();
    envoy::message(&of, &any).message.unwrap()
}

fn holds_secret(value: &Value) -> bool {
    let base64 = super::STANDARD.encode(SECRET);
    let text = value.to_string();
    text.contains(SECRET) || text.contains(&base64)
}

use base64::Engine as _;

#[test]
fn every_field_that_is_marked_is_hidden_at_any_depth_and_shown_where_it_is_asked_for() {
    let all = descriptors::pool().all_messages();
    let marked = all.flat_map(|of| of.fields().filter(is_sensitive).collect::<Vec<_>>());
    let marked: Vec<FieldDescriptor> = marked.collect();
    assert!(marked.len() >= 25, "{}", marked.len());
    for field in marked {
        let of = field.parent_message();
        let mut message = DynamicMessage::new(of.clone());
        fill(&mut message, &field, 4);
        assert!(
            holds_secret(&written(&message, Secrets::Shown)),
            "{field:?}"
        );
        let hidden = written(&message, Secrets::Hidden);
        assert!(!holds_secret(&hidden), "{field:?}: {hidden}");

        // In an Any, and in a Struct that stands for the message.
        let any = envoy::with_type(&message, written(&message, Secrets::Shown));
        let typed = json!({
            "@type": "type.googleapis.com/xds.type.v3.TypedStruct",
            "type_url": envoy::type_url(of),
            "value": written(&message, Secrets::Shown),
        });
        for inner in [any, typed] {
            let filter = json!({"name": "f", "typed_config": inner});
            let of = envoy::descriptor("/envoy.config.core.v3.TypedExtensionConfig").unwrap();
            let read = envoy::message(&of, &filter);
            let message = read.message.unwrap();
            assert!(
                holds_secret(&written(&message, Secrets::Shown)),
                "{field:?}: {filter}"
            );
            let hidden = written(&message, Secrets::Hidden);
            assert!(!holds_secret(&hidden), "{field:?}: {hidden}");
        }
    }
}

#[test]
fn what_is_not_marked_is_shown() {
    let of = envoy::descriptor("/envoy.config.core.v3.HeaderValue").unwrap();
    let message = envoy::message(&of, &json!({"key": "a", "value": SECRET}));
    assert!(holds_secret(&written(
        &message.message.unwrap(),
        Secrets::Hidden
    )));
}

#[test]
fn what_is_written_is_read_back_to_the_same_bytes() {
    for value in [
        json!({
            "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            "name": "a",
            "connect_timeout": "0.250s",
            "lb_policy": "RING_HASH",
            "ring_hash_lb_config": {"minimum_ring_size": "1024"},
            "per_connection_buffer_limit_bytes": 32768,
            "common_lb_config": {"healthy_panic_threshold": {"value": 12.5}},
            "metadata": {"filter_metadata": {"b": {"n": 1.5, "t": "no"}, "a": {"l": [null, true]}}},
            "typed_extension_protocol_options": {
                "x": {"@type": "type.googleapis.com/acme.v1.Private", "value": "AQID"},
                "w": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.500s"},
            },
        }),
        json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            "abort": {"percentage": {"numerator": 7, "denominator": "MILLION"}, "http_status": 503},
        }),
    ] {
        let read = envoy::any(&value);
        assert_eq!(read.findings, []);
        let message = read.message.unwrap();
        let bytes = snapshot::encode_dynamic(&message).unwrap();
        let again = envoy::with_type(&message, written(&message, Secrets::Shown));
        let read = envoy::any(&again);
        assert_eq!(read.findings, [], "{again}");
        let read = read.message.unwrap();
        assert_eq!(snapshot::encode_dynamic(&read).unwrap(), bytes);
        assert_eq!(read.descriptor(), message.descriptor());
        assert_eq!(again, value);
    }
}
