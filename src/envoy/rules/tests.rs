//! A row for each family of rules, and that every rule in Envoy's API is one of a family here.

use std::collections::BTreeSet;

use netloft_proto::descriptors;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use serde_json::{Value, json};

use crate::envoy::{self, Fault};

/// What is told of a message: fault, pointer, and what was expected.
fn told(of: &str, value: &Value) -> Vec<(Fault, String, String)> {
    let of = descriptors::pool().get_message_by_name(of).unwrap();
    let findings = envoy::message(&of, value).findings;
    let told = findings
        .into_iter()
        .map(|it| (it.fault, it.pointer, it.expected.unwrap_or_default()));
    told.collect()
}

#[test]
fn each_rule_is_told_at_its_place_with_what_was_expected() {
    use Fault::{Count, Missing, Range, Value as Other};
    let cluster = "envoy.config.cluster.v3.Cluster";
    let route = "envoy.config.route.v3.RouteAction";
    let host = "envoy.config.route.v3.VirtualHost";
    let header = "envoy.config.core.v3.HeaderValue";
    let rows: &[(&str, Value, Fault, &str, &str)] = &[
        // Texts.
        (cluster, json!({"name": ""}), Count, "/name", "not empty"),
        (cluster, json!({}), Missing, "", "name: not empty"),
        (
            header,
            json!({"key": "a\nb", "value": "v"}),
            Other,
            "/key",
            "without NUL, CR and LF",
        ),
        (
            host,
            json!({"name": "v", "domains": ["a\rb"]}),
            Other,
            "/domains/0",
            "without NUL, CR and LF",
        ),
        (
            "envoy.config.core.v3.HealthCheck.HttpHealthCheck",
            json!({"path": "/", "host": "a\u{7}"}),
            Other,
            "/host",
            "an HTTP header's value, without control characters",
        ),
        (
            "envoy.config.route.v3.RouteMatch",
            json!({"path_separated_prefix": "/a/"}),
            Other,
            "/path_separated_prefix",
            "a text that matches ^[^?#]+[^?#/]$",
        ),
        // Numbers, wrapped ones too.
        (
            "envoy.config.core.v3.SocketAddress",
            json!({"address": "a", "port_value": 65536}),
            Range,
            "/port_value",
            "at most 65535",
        ),
        (
            "envoy.config.endpoint.v3.LbEndpoint",
            json!({"load_balancing_weight": 0}),
            Range,
            "/load_balancing_weight",
            "at least 1",
        ),
        (
            "envoy.config.core.v3.Http2ProtocolOptions",
            json!({"initial_stream_window_size": 1}),
            Range,
            "/initial_stream_window_size",
            "65535 to 2147483647",
        ),
        (
            "envoy.config.core.v3.Http2ProtocolOptions",
            json!({"initialStreamWindowSize": 1}),
            Range,
            "/initialStreamWindowSize",
            "65535 to 2147483647",
        ),
        (
            "envoy.type.v3.Percent",
            json!({"value": 100.5}),
            Range,
            "/value",
            "0 to 100",
        ),
        // A bool, an enum.
        (
            "envoy.config.core.v3.HealthCheck.CustomHealthCheck",
            json!({"name": ""}),
            Count,
            "/name",
            "not empty",
        ),
        (
            cluster,
            json!({"name": "a", "type": 17}),
            Other,
            "/type",
            "one of STATIC, STRICT_DNS, LOGICAL_DNS, EDS, ORIGINAL_DST",
        ),
        (
            "envoy.type.v3.HttpStatus",
            json!({"code": "Empty"}),
            Other,
            "/code",
            "none of Empty",
        ),
        // Lists and mappings.
        (
            host,
            json!({"name": "v"}),
            Missing,
            "",
            "domains: at least 1 items",
        ),
        (
            host,
            json!({"name": "v", "domains": []}),
            Count,
            "/domains",
            "at least 1 items",
        ),
        // Durations.
        (
            cluster,
            json!({"name": "a", "connect_timeout": "0s"}),
            Range,
            "/connect_timeout",
            "more than 0s",
        ),
        // Messages, and members of a oneof.
        (
            "envoy.config.listener.v3.Filter",
            json!({"name": ""}),
            Count,
            "/name",
            "not empty",
        ),
        (
            route,
            json!({}),
            Missing,
            "",
            "one of cluster, cluster_header, weighted_clusters, cluster_specifier_plugin, inline_cluster_specifier_plugin",
        ),
        (
            "envoy.config.core.v3.TransportSocket",
            json!({}),
            Missing,
            "",
            "name: not empty",
        ),
    ];
    for (of, value, fault, pointer, expected) in rows {
        let found = told(of, value);
        let row = (*fault, (*pointer).to_owned(), (*expected).to_owned());
        assert_eq!(found, [row], "{of} {value}");
    }
}

#[test]
fn what_keeps_the_rules_has_nothing_told() {
    for (of, value) in [
        (
            "envoy.config.cluster.v3.Cluster",
            json!({"name": "a", "connect_timeout": "0.001s"}),
        ),
        (
            "envoy.config.core.v3.HeaderValue",
            json!({"key": "x-a", "value": ""}),
        ),
        (
            "envoy.config.endpoint.v3.LbEndpoint",
            json!({"load_balancing_weight": 1}),
        ),
        // An empty text is none where the rule says so.
        (
            "envoy.config.route.v3.VirtualHost",
            json!({"name": "v", "domains": ["*"]}),
        ),
        (
            "envoy.config.core.v3.Http2ProtocolOptions",
            json!({"initial_stream_window_size": 65535}),
        ),
    ] {
        assert_eq!(told(of, &value), [], "{of} {value}");
    }
}

#[test]
fn a_rule_reaches_through_any_and_through_a_struct_that_stands_for_a_message() {
    let hcm = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    let of = "envoy.config.listener.v3.Filter";
    let routes = json!({"virtual_hosts": [{"name": "v", "domains": []}]});
    let inner = json!({"@type": hcm, "stat_prefix": "a", "route_config": routes});
    assert_eq!(
        told(of, &json!({"name": "http", "typed_config": inner})),
        [(
            Fault::Count,
            "/typed_config/route_config/virtual_hosts/0/domains".into(),
            "at least 1 items".into()
        )]
    );
    let typed = json!({
        "@type": "type.googleapis.com/xds.type.v3.TypedStruct",
        "type_url": hcm,
        "value": {"stat_prefix": "a", "route_config": routes},
    });
    assert_eq!(
        told(of, &json!({"name": "http", "typed_config": typed})),
        [(
            Fault::Count,
            "/typed_config/value/route_config/virtual_hosts/0/domains".into(),
            "at least 1 items".into()
        )]
    );
}

/// Names of all rules in use, as `string.min_len`.
fn in_use() -> BTreeSet<String> {
    let pool = descriptors::pool();
    let extension = pool.get_extension_by_name("validate.rules").unwrap();
    let mut names = BTreeSet::new();
    for of in pool.all_messages() {
        for field in of.fields() {
            let options = field.options();
            if options.has_extension(&extension) {
                let rules = options.get_extension(&extension);
                collect(rules.as_message().unwrap(), &mut names);
            }
        }
    }
    names
}

fn collect(rules: &DynamicMessage, names: &mut BTreeSet<String>) {
    for (family, rules) in rules.fields() {
        let rules = rules.as_message().unwrap();
        assert_ne!(rules.descriptor().name(), "TimestampRules");
        for (rule, value) in rules.fields() {
            names.insert(format!("{}.{}", family.name(), rule.name()));
            let nested = value.as_message();
            if let Some(inner) = nested.filter(|it| it.descriptor().name() == "FieldRules") {
                collect(inner, names);
            }
        }
    }
}

#[test]
fn every_rule_that_envoy_uses_is_one_that_is_checked() {
    let numbers = [
        "const",
        "gt",
        "gte",
        "lt",
        "lte",
        "in",
        "not_in",
        "ignore_empty",
    ];
    let mut known: BTreeSet<String> = [
        "message.required",
        // Known and left out.
        "message.skip",
        "bool.const",
        "enum.const",
        "enum.defined_only",
        "enum.in",
        "enum.not_in",
        "any.required",
        "any.in",
        "any.not_in",
        "duration.required",
        "duration.const",
        "duration.in",
        "duration.not_in",
        "duration.gt",
        "duration.gte",
        "duration.lt",
        "duration.lte",
        "repeated.min_items",
        "repeated.max_items",
        "repeated.unique",
        "repeated.items",
        "repeated.ignore_empty",
        "map.min_pairs",
        "map.max_pairs",
        "map.keys",
        "map.values",
        "map.ignore_empty",
        "bytes.const",
        "bytes.len",
        "bytes.min_len",
        "bytes.max_len",
        "bytes.prefix",
        "bytes.suffix",
        "bytes.contains",
        "bytes.in",
        "bytes.not_in",
        "bytes.ignore_empty",
        "string.const",
        "string.len",
        "string.min_len",
        "string.max_len",
        "string.len_bytes",
        "string.min_bytes",
        "string.max_bytes",
        "string.pattern",
        "string.prefix",
        "string.suffix",
        "string.contains",
        "string.not_contains",
        "string.in",
        "string.not_in",
        "string.email",
        "string.hostname",
        "string.ip",
        "string.ipv4",
        "string.ipv6",
        "string.uri",
        "string.uri_ref",
        "string.address",
        "string.uuid",
        "string.well_known_regex",
        "string.strict",
        "string.ignore_empty",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    for family in ["float", "double", "int32", "int64", "uint32", "uint64"] {
        known.extend(numbers.iter().map(|rule| format!("{family}.{rule}")));
    }
    let used = in_use();
    assert!(used.len() > 20, "{used:?}");
    let unknown: Vec<_> = used.difference(&known).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn every_pattern_is_one_that_can_be_read() {
    let pool = descriptors::pool();
    let extension = pool.get_extension_by_name("validate.rules").unwrap();
    let mut read = 0;
    for field in pool
        .all_messages()
        .flat_map(|of| of.fields().collect::<Vec<_>>())
    {
        let options = field.options();
        let rules = options.get_extension(&extension);
        let text = rules
            .as_message()
            .and_then(|it| it.get_field_by_name("string"));
        let text = text.as_ref().and_then(|it| it.as_message());
        let pattern = text.and_then(|it| super::rule(it, "pattern"));
        if let Some(pattern) = pattern.as_ref().and_then(|it| it.as_str()) {
            assert!(regex::Regex::new(pattern).is_ok(), "{pattern}");
            read += 1;
        }
    }
    assert!(read > 5);
}
