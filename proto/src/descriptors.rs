//! Envoy's own descriptors, compiled from the .proto files of the envoy-types package.
//!
//! The build script makes them, with the options that Envoy adds to fields: validation rules, and
//! which fields hold secrets.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/envoy.descriptors"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // The build script decoded these very bytes, so an empty pool is never seen; it would make
    // every encoding fail by name.
    DescriptorPool::decode(BYTES).unwrap_or_default()
});

/// Every message, enum and service of Envoy's API and of what it imports.
///
/// Decoded on the first call, in some tens of milliseconds; shared from then on.
#[must_use]
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The same as an encoded `google.protobuf.FileDescriptorSet`.
#[must_use]
pub fn encoded() -> &'static [u8] {
    BYTES
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::{
        envoy::{
            config::core::v3::TypedExtensionConfig, extensions::filters::http::router::v3::Router,
        },
        google::protobuf::{Any, BoolValue},
    };
    use prost_reflect::{
        DynamicMessage, Value,
        prost::{Message, Name},
    };

    use super::*;
    use crate::type_url;

    #[test]
    fn the_pool_holds_every_served_type_and_the_extensions_they_carry() {
        let served = [
            type_url::CLUSTER,
            type_url::ENDPOINTS,
            type_url::LISTENER,
            type_url::ROUTES,
            type_url::SCOPED_ROUTES,
            type_url::VIRTUAL_HOST,
            type_url::EXTENSION,
            type_url::RUNTIME,
        ];
        let served = served.map(|url| url.strip_prefix(type_url::PREFIX).unwrap());
        let carried = [
            "envoy.extensions.filters.http.router.v3.Router",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "google.protobuf.Struct",
        ];
        for name in served.iter().chain(&carried) {
            assert!(pool().get_message_by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn an_extension_inside_any_goes_to_json_and_back_without_loss() {
        let router = Router {
            suppress_envoy_headers: true,
            dynamic_stats: Some(BoolValue { value: false }),
            ..Default::default()
        };
        let config = TypedExtensionConfig {
            name: "router".to_owned(),
            typed_config: Some(Any {
                type_url: Router::type_url(),
                value: router.encode_to_vec(),
            }),
        };
        let bytes = config.encode_to_vec();
        let descriptor = pool()
            .get_message_by_name(&TypedExtensionConfig::full_name())
            .unwrap();
        let message = DynamicMessage::decode(descriptor.clone(), &bytes[..]).unwrap();
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "name": "router",
                "typedConfig": {
                    "@type": Router::type_url(),
                    "suppressEnvoyHeaders": true,
                    "dynamicStats": false,
                },
            })
        );
        let back = DynamicMessage::deserialize(descriptor, json).unwrap();
        assert_eq!(back.encode_to_vec(), bytes);
    }

    #[test]
    fn fields_keep_the_options_that_envoy_adds_to_them() {
        let option = |message: &str, field: &str, option: &str| {
            let message = pool().get_message_by_name(message).unwrap();
            let field = message.get_field_by_name(field).unwrap();
            let extension = pool().get_extension_by_name(option).unwrap();
            field.options().get_extension(&extension).into_owned()
        };
        let sensitive = option(
            "envoy.extensions.transport_sockets.tls.v3.TlsCertificate",
            "private_key",
            "udpa.annotations.sensitive",
        );
        assert_eq!(sensitive, Value::Bool(true));
        let rules = option(
            "envoy.config.route.v3.VirtualHost",
            "domains",
            "validate.rules",
        );
        let rules = rules.as_message().unwrap();
        assert!(rules.has_field_by_name("repeated"), "{rules}");
    }
}
