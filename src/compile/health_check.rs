//! Active health checks, as a part of a cluster. Envoys only: gRPC clients have none.

use envoy_types::pb::envoy::{
    config::core::v3::{
        HealthCheck,
        health_check::{GrpcHealthCheck, HealthChecker, HttpHealthCheck, TcpHealthCheck},
    },
    r#type::v3::CodecClientType,
};

use super::{domains, wire};
use crate::model::{self, Protocol, ServicePort};

const UNHEALTHY_THRESHOLD: u32 = 3;
const HEALTHY_THRESHOLD: u32 = 2;
/// Share of the interval by which questions are spread, so that a fleet does not ask in step.
const JITTER_PERCENT: u32 = 10;

/// What each proxy asks the endpoints of `port`.
pub(super) fn compile(declared: &model::HealthCheck, port: &ServicePort) -> HealthCheck {
    let interval = Some(wire::duration(declared.interval()));
    HealthCheck {
        timeout: Some(wire::duration(declared.timeout())),
        interval,
        // Envoy's own default asks clusters without traffic once a minute: a canary's first request
        // would then meet what was known a minute ago.
        no_traffic_interval: interval,
        interval_jitter_percent: JITTER_PERCENT,
        unhealthy_threshold: wire::u32(declared.unhealthy_threshold.unwrap_or(UNHEALTHY_THRESHOLD)),
        healthy_threshold: wire::u32(declared.healthy_threshold.unwrap_or(HEALTHY_THRESHOLD)),
        health_checker: Some(checker(declared, domains::protocol(port))),
        ..Default::default()
    }
}

fn checker(declared: &model::HealthCheck, protocol: Protocol) -> HealthChecker {
    match (protocol, &declared.path) {
        (Protocol::Grpc, _) => HealthChecker::GrpcHealthCheck(GrpcHealthCheck::default()),
        (_, Some(path)) => HealthChecker::HttpHealthCheck(HttpHealthCheck {
            path: path.to_string(),
            codec_client_type: match protocol {
                Protocol::Http2 => CodecClientType::Http2.into(),
                _ => CodecClientType::Http1.into(),
            },
            ..Default::default()
        }),
        (_, None) => HealthChecker::TcpHealthCheck(TcpHealthCheck::default()),
    }
}
