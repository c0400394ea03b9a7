//! Small values of Envoy's API that several files write.

use std::time::Duration;

use envoy_types::pb::{
    envoy::config::core::v3::{
        Address, AggregatedConfigSource, ApiConfigSource, ApiVersion, ConfigSource, GrpcService,
        SocketAddress, address,
        api_config_source::ApiType,
        config_source::ConfigSourceSpecifier,
        grpc_service::{EnvoyGrpc, TargetSpecifier},
        socket_address::PortSpecifier,
    },
    envoy::r#type::matcher::v3::RegexMatcher,
    google::protobuf::{self, BoolValue, UInt32Value},
};

use super::Audience;
use crate::model::StreamDialect;

/// The cluster of every bootstrap that reaches this control plane.
const CONTROL_PLANE: &str = "netloft";

/// How `audience` asks for what a resource names: on the stream that brought it, or on one of its
/// own.
///
/// Its first answer is waited for without bound (Envoy's default: 15 s). When it does not come,
/// as while the control plane restarts, what was there before serves on; with a bound it would
/// give way to a listener without routes or a cluster without endpoints. The server answers
/// every name, absent ones too, so the wait ends.
pub(super) fn source(audience: Audience) -> ConfigSource {
    let specifier = match audience {
        Audience::Envoy | Audience::Grpc => ConfigSourceSpecifier::Ads(AggregatedConfigSource {}),
        Audience::Separate(dialect) => ConfigSourceSpecifier::ApiConfigSource(own_stream(dialect)),
    };
    ConfigSource {
        resource_api_version: ApiVersion::V3.into(),
        initial_fetch_timeout: Some(duration(Duration::ZERO)),
        config_source_specifier: Some(specifier),
        ..Default::default()
    }
}

fn own_stream(dialect: StreamDialect) -> ApiConfigSource {
    let api_type = match dialect {
        StreamDialect::Delta => ApiType::DeltaGrpc,
        StreamDialect::Sotw => ApiType::Grpc,
    };
    ApiConfigSource {
        api_type: api_type.into(),
        transport_api_version: ApiVersion::V3.into(),
        set_node_on_first_message_only: true,
        grpc_services: vec![GrpcService {
            target_specifier: Some(TargetSpecifier::EnvoyGrpc(EnvoyGrpc {
                cluster_name: CONTROL_PLANE.to_owned(),
                ..Default::default()
            })),
            ..Default::default()
        }],
        ..Default::default()
    }
}

pub(super) fn duration(span: Duration) -> protobuf::Duration {
    // Spans come from bounded texts of at most 99,999 hours.
    protobuf::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or(0),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "optional fields take it as it is")]
pub(super) fn u32(value: u32) -> Option<UInt32Value> {
    Some(UInt32Value { value })
}

#[allow(clippy::unnecessary_wraps, reason = "optional fields take it as it is")]
pub(super) fn bool(value: bool) -> Option<BoolValue> {
    Some(BoolValue { value })
}

pub(super) fn regex(regex: &str) -> RegexMatcher {
    RegexMatcher {
        regex: regex.to_owned(),
        ..Default::default()
    }
}

/// TCP, at an IP address or a host name.
pub(super) fn socket(address: &str, port: u16) -> Address {
    Address {
        address: Some(address::Address::SocketAddress(SocketAddress {
            address: address.to_owned(),
            port_specifier: Some(PortSpecifier::PortValue(port.into())),
            ..Default::default()
        })),
    }
}
