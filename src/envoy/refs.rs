//! Which other resources a message names.
//!
//! That a field holds another resource's name is not said by the descriptors, so the fields are
//! listed below; a test goes through every field of Envoy's API that is called as such fields are.
//!
//! Absent on purpose: names that are only known with a request (`cluster_header`), and clusters that
//! the control plane's own connections use.

use netloft_proto::type_url::{CLUSTER, ENDPOINTS, ROUTES};
use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

use super::names;

/// A resource that is named: its type URL and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Type URL.
    pub type_url: &'static str,
    /// Name.
    pub name: String,
}

/// What `message`, and all there is in it, names; sorted, each once.
#[must_use]
pub fn refs(message: &DynamicMessage) -> Vec<Named> {
    let mut found = Vec::new();
    look(message, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn look(message: &DynamicMessage, found: &mut Vec<Named>) {
    let of = message.descriptor();
    match of.full_name() {
        "google.protobuf.Any" => {
            if let Some(inner) = unpacked(message) {
                look(&inner, found);
            }
            return;
        }
        "envoy.config.cluster.v3.Cluster" => endpoints(message, found),
        _ => {}
    }
    for (field, value) in message.fields() {
        let to = FIELDS.iter().find(|(name, _)| *name == field.full_name());
        if let Some((_, type_url)) = to {
            named(value, type_url, found);
        } else if matches!(field.kind(), Kind::Message(_)) {
            each(value, &mut |inner| look(inner, found));
        }
    }
}

/// The message in `any`, a `google.protobuf.Any`; none where its type is not known.
#[must_use]
pub fn unpacked(any: &DynamicMessage) -> Option<DynamicMessage> {
    let url = any.get_field_by_name("type_url")?;
    let of = names::descriptor(url.as_str()?)?;
    let bytes = any.get_field_by_name("value")?;
    DynamicMessage::decode(of, bytes.as_bytes()?.clone()).ok()
}

/// A cluster with endpoints by EDS names them by its service name, else by its own.
fn endpoints(cluster: &DynamicMessage, found: &mut Vec<Named>) {
    // DiscoveryType.EDS
    if cluster
        .get_field_by_name("type")
        .and_then(|it| it.as_enum_number())
        != Some(3)
    {
        return;
    }
    let text = |message: &DynamicMessage, name: &str| {
        let text = message.get_field_by_name(name)?;
        text.as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let config = cluster.get_field_by_name("eds_cluster_config");
    let config = config.as_ref().and_then(|config| config.as_message());
    let service = config.and_then(|config| text(config, "service_name"));
    if let Some(name) = service.or_else(|| text(cluster, "name")) {
        found.push(Named {
            type_url: ENDPOINTS,
            name,
        });
    }
}

fn named(value: &Value, type_url: &'static str, found: &mut Vec<Named>) {
    match value {
        Value::String(name) if !name.is_empty() => found.push(Named {
            type_url,
            name: name.clone(),
        }),
        Value::List(list) => list.iter().for_each(|it| named(it, type_url, found)),
        _ => {}
    }
}

fn each(value: &Value, look: &mut impl FnMut(&DynamicMessage)) {
    match value {
        Value::Message(message) => look(message),
        Value::List(list) => list.iter().for_each(|it| each(it, look)),
        Value::Map(map) => map.values().for_each(|it| each(it, look)),
        _ => {}
    }
}

/// Fields that hold names of resources.
const FIELDS: &[(&str, &str)] = &[
    (
        "envoy.config.core.v3.ApiConfigSource.cluster_names",
        CLUSTER,
    ),
    (
        "envoy.config.core.v3.GrpcService.EnvoyGrpc.cluster_name",
        CLUSTER,
    ),
    ("envoy.config.core.v3.HttpUri.cluster", CLUSTER),
    (
        "envoy.config.route.v3.RouteAction.RequestMirrorPolicy.cluster",
        CLUSTER,
    ),
    ("envoy.config.route.v3.RouteAction.cluster", CLUSTER),
    (
        "envoy.config.route.v3.WeightedCluster.ClusterWeight.name",
        CLUSTER,
    ),
    (
        "envoy.config.trace.v3.DatadogConfig.collector_cluster",
        CLUSTER,
    ),
    (
        "envoy.config.trace.v3.LightstepConfig.collector_cluster",
        CLUSTER,
    ),
    (
        "envoy.config.trace.v3.ZipkinConfig.collector_cluster",
        CLUSTER,
    ),
    (
        "envoy.data.dns.v3.DnsTable.DnsEndpoint.cluster_name",
        CLUSTER,
    ),
    (
        "envoy.data.dns.v3.DnsTable.DnsServiceTarget.cluster_name",
        CLUSTER,
    ),
    (
        "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.clusters.aggregate.v3.ClusterConfig.clusters",
        CLUSTER,
    ),
    (
        "envoy.extensions.clusters.mcp_multicluster.v3.ClusterConfig.McpCluster.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.http.cache_v2.v3.CacheV2Config.override_upstream_cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.http.fault.v3.HTTPFault.upstream_cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.http.mcp_router.v3.McpRouter.McpCluster.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.dubbo_proxy.v3.RouteAction.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.generic_proxy.action.v3.RouteAction.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.ReadCommandPolicy.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.RequestMirrorPolicy.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight.name",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.RequestMirrorPolicy.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.thrift_proxy.v3.WeightedCluster.ClusterWeight.name",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.udp.udp_proxy.v3.Route.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig.default_cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.tracers.fluentd.v3.FluentdConfig.cluster",
        CLUSTER,
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.Rds.route_config_name",
        ROUTES,
    ),
    (
        "envoy.config.route.v3.ScopedRouteConfiguration.route_configuration_name",
        ROUTES,
    ),
];

#[cfg(test)]
mod tests {
    use netloft_proto::descriptors;
    use serde_json::json;

    use super::*;
    use crate::envoy;

    /// Fields that are called as if they held the name of a resource, and do not.
    const NO_REFERENCE: &[&str] = &[
        // Names of the thing itself, or of something that was.
        "envoy.config.endpoint.v3.ClusterLoadAssignment.cluster_name",
        "envoy.config.core.v3.Node.cluster",
        // Bootstraps, and their clusters, are not served.
        "envoy.config.bootstrap.v3.ClusterManager.local_cluster_name",
        "envoy.config.metrics.v3.StatsdSink.tcp_cluster_name",
        // Names of headers, plugins and formats.
        "envoy.config.route.v3.RouteAction.RequestMirrorPolicy.cluster_header",
        "envoy.config.route.v3.RouteAction.cluster_header",
        "envoy.config.route.v3.RouteAction.cluster_specifier_plugin",
        "envoy.config.route.v3.WeightedCluster.ClusterWeight.cluster_header",
        "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.cluster_header",
        "envoy.extensions.filters.network.reverse_tunnel.v3.ReverseTunnel.required_cluster_name",
        "envoy.extensions.filters.network.reverse_tunnel.v3.Validation.cluster_id_format",
        // Names within an extension.
        "envoy.extensions.clusters.dynamic_modules.v3.ClusterConfig.cluster_name",
        // Route configurations of other protocols, which are other types.
        "envoy.extensions.filters.network.dubbo_proxy.v3.Drds.route_config_name",
        "envoy.extensions.filters.network.generic_proxy.v3.GenericRds.route_config_name",
        "envoy.extensions.filters.network.thrift_proxy.v3.Trds.route_config_name",
    ];

    #[test]
    fn every_field_that_is_called_like_a_reference_is_one_or_is_said_not_to_be() {
        let all = descriptors::pool().all_messages();
        let configured = all.filter(|of| {
            let name = of.full_name();
            let read = ["envoy.config.", "envoy.extensions.", "envoy.data.dns."];
            read.iter().any(|package| name.starts_with(package)) && !of.is_map_entry()
        });
        let mut unknown = Vec::new();
        for field in configured.flat_map(|of| of.fields().collect::<Vec<_>>()) {
            let called = field.name().contains("cluster") || field.name() == "route_config_name";
            let name = field.full_name();
            let known = FIELDS.iter().any(|(known, _)| *known == name)
                || NO_REFERENCE.contains(&name)
                // What a load report says.
                || name.starts_with("envoy.config.endpoint.v3.ClusterStats.");
            if matches!(field.kind(), Kind::String) && called && !known {
                unknown.push(name.to_owned());
            }
        }
        assert_eq!(unknown, Vec::<String>::new());
        let listed = FIELDS.iter().map(|(name, _)| *name);
        for name in listed.chain(NO_REFERENCE.iter().copied()) {
            let (of, field) = name.rsplit_once('.').unwrap();
            let of = descriptors::pool().get_message_by_name(of);
            let field = of.and_then(|of| of.get_field_by_name(field));
            assert!(field.is_some(), "{name} is no field");
        }
    }

    #[test]
    fn a_reference_is_found_at_any_depth() {
        let route = json!({"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": [
            {"name": "a", "weight": 1}, {"name": "b", "weight": 1},
        ]}, "request_mirror_policies": [{"cluster": "mirror"}]}});
        let read = envoy::any(&json!({
            "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
            "name": "l",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": 80}},
            "filter_chains": [{"filters": [
                {"name": "http", "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": "l",
                    "route_config": {"virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [route]}]},
                    "http_filters": [{"name": "ext_authz", "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
                        "grpc_service": {"envoy_grpc": {"cluster_name": "authz"}},
                    }}],
                }},
            ]}, {"filters": [{"name": "http", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": "l",
                "rds": {"route_config_name": "r", "config_source": {"ads": {}}},
            }}]}],
        }));
        assert_eq!(read.findings, []);
        let found = refs(&read.message.unwrap());
        let found: Vec<_> = found.iter().map(|it| (it.type_url, &*it.name)).collect();
        let clusters = ["a", "authz", "b", "mirror"].map(|name| (CLUSTER, name));
        assert_eq!(found[..4], clusters);
        assert_eq!(found[4..], [(ROUTES, "r")]);
    }

    #[test]
    fn a_cluster_names_its_endpoints_by_its_service_name_or_its_own() {
        let named = |cluster: serde_json::Value| {
            let of = envoy::descriptor(CLUSTER).unwrap();
            let read = envoy::message(&of, &cluster);
            assert_eq!(read.findings, []);
            let found = refs(&read.message.unwrap());
            found.into_iter().map(|it| it.name).collect::<Vec<_>>()
        };
        let ads = json!({"ads": {}});
        let eds = json!({"name": "a", "type": "EDS", "eds_cluster_config": {"eds_config": ads}});
        assert_eq!(named(eds), ["a"]);
        let eds = json!({"name": "a", "type": "EDS", "eds_cluster_config": {"eds_config": ads, "service_name": "b"}});
        assert_eq!(named(eds), ["b"]);
        assert_eq!(named(json!({"name": "a", "type": "STATIC"})), [""; 0]);
    }
}
