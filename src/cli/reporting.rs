//! What an Envoy's bootstrap holds for netloft: the cluster that leads to it, and the sink by which
//! the Envoy reports what its traffic does.
//!
//! The sink is OpenTelemetry's (OTLP over gRPC). It starts nothing and waits for nothing: where
//! netloft does not answer, one report in each interval is lost and that is all.
//!
//! Absent on purpose: `stats_config`. Its matcher would take statistics from whoever else reads them
//! on that Envoy; the sink's own filter keeps the report small and changes nothing beside it.

use std::net::SocketAddr;

use netloft_proto::{ProxyId, report};
use serde_json::{Value, json};

use super::{Failure, client::Server};
use crate::api::types::Info;

/// The cluster that leads to netloft, and the sink that reports to it.
const NAME: &str = "netloft";

/// The statistics that are reported, by full name. What else there is goes into one number, since
/// Envoy 1.36 has no way to drop it.
///
/// Twins as `cluster.web.external.upstream_rq_2xx` pass: by name alone they cannot be told from
/// those of a cluster called `web.external`. The receiver knows the clusters.
const REPORTED: &str = r"cluster\..+\.(upstream_rq_(completed|[1-5]xx|retry|timeout|pending_overflow|time)|upstream_cx_(total|active|connect_fail)|membership_(healthy|total))";

/// Where netloft's gRPC server is: `given`, or what the server says.
pub(super) async fn server(
    given: Option<SocketAddr>,
    server: &Server,
) -> Result<SocketAddr, Failure> {
    match given {
        Some(address) => Ok(address),
        None => {
            let info: Info = server.get("/v1/info").await?;
            info.grpc.parse().map_err(Failure::other)
        }
    }
}

/// gRPC to netloft.
pub(super) fn grpc() -> Value {
    json!({"cluster_name": NAME})
}

/// The static cluster of netloft's gRPC server at `address`.
pub(super) fn cluster(address: SocketAddr) -> Value {
    json!({
        "name": NAME,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {
                    "http2_protocol_options": {
                        "connection_keepalive": {"interval": "30s", "timeout": "5s"},
                    },
                },
            },
        },
        "load_assignment": {
            "cluster_name": NAME,
            "endpoints": [{"lb_endpoints": [{
                "endpoint": {"address": socket(&address.ip().to_string(), address.port())},
            }]}],
        },
    })
}

/// The sink that reports as `proxy`, whose `node.cluster` is `cluster`.
pub(super) fn sink(proxy: &ProxyId, cluster: &str) -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig",
            "grpc_service": {
                "envoy_grpc": grpc(),
                "timeout": "5s",
                "initial_metadata": [
                    {"key": report::PROXY, "value": proxy.as_str()},
                    {"key": report::CLUSTER, "value": cluster},
                ],
            },
            // What was counted while netloft was away is lost; a total would come as one lump.
            "report_counters_as_deltas": true,
            "report_histograms_as_deltas": true,
            // The name with its tags taken out cuts clusters' names at their first dot.
            "use_tag_extracted_name": false,
            "emit_tags_as_attributes": false,
            "custom_metric_conversions": {"matcher_list": {"matchers": [{
                "predicate": {"not_matcher": {"single_predicate": {
                    "input": {
                        "name": "name",
                        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.matching.common_inputs.stats.v3.StatFullNameMatchInput"},
                    },
                    "value_match": {"safe_regex": {"google_re2": {}, "regex": REPORTED}},
                }}},
                "on_match": {"action": {
                    "name": "rest",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig.ConversionAction",
                        "metric_name": "netloft.rest",
                    },
                }},
            }]}},
        },
    })
}

/// An address as Envoy writes it.
pub(super) fn socket(address: &str, port: u16) -> Value {
    json!({"socket_address": {"address": address, "port_value": port}})
}
