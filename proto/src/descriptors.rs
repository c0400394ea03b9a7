//! Envoy's own descriptors, compiled from the .proto files of the envoy-types package.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/envoy.descriptors"));
    // The build script wrote them, and a test below decodes them: an empty pool is never seen, and
    // would make every encoding fail by name.
    DescriptorPool::decode(BYTES).unwrap_or_default()
});

/// Every message, enum and service of Envoy's API and of what it imports.
///
/// Decoded on the first call, in some tens of milliseconds; shared from then on.
#[must_use]
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::type_url;

    #[test]
    fn the_pool_holds_every_served_type_and_the_extensions_they_carry() {
        for url in [
            type_url::CLUSTER,
            type_url::ENDPOINTS,
            type_url::LISTENER,
            type_url::ROUTES,
        ] {
            let name = url.strip_prefix(type_url::PREFIX).unwrap();
            assert!(pool().get_message_by_name(name).is_some(), "{name}");
        }
        for name in [
            "envoy.extensions.filters.http.router.v3.Router",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "google.protobuf.Struct",
        ] {
            assert!(pool().get_message_by_name(name).is_some(), "{name}");
        }
    }
}
