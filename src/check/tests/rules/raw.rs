//! What is told of raw Envoy resources and patches, at its own place within them.

use super::{Row, holds};
use crate::{
    check::{
        Code, Overlay, references,
        tests::language::{diagnose, only},
    },
    model::Document,
};

/// A cluster called `a`, and what else stands in it.
macro_rules! cluster {
    ($($line:literal)*) => {
        concat!(
            "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  resource:\n",
            "    \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n    name: a\n",
            $("    ", $line, "\n",)*
        )
    };
}

/// A listener whose one filter has this configuration.
macro_rules! filter {
    ($($line:literal)*) => {
        concat!(
            "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  resource:\n",
            "    \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n    name: a\n",
            "    filter_chains:\n    - filters:\n      - name: f\n        typed_config:\n",
            $("          ", $line, "\n",)*
        )
    };
}

pub(super) const MADE: [Code; 3] = [Code::VERSION_TAKEN, Code::IMMUTABLE, Code::REDACTED];

pub(super) const ROWS: &[Row] = &[
    // Types.
    (
        Code::UNKNOWN_TYPE,
        "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  resource:\n    \"@type\": «type.googleapis.com/envoy.api.v2.Cluster»\n    name: a",
        &[
            "there is no type",
            "did you mean \"type.googleapis.com/envoy.config.cluster.v3.Cluster\"?",
        ],
    ),
    (
        Code::UNKNOWN_TYPE,
        "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  resource:\n    \"@type\": «envoy.config.cluster.v3.Cluster»\n    name: a",
        &["write type.googleapis.com/envoy.config.cluster.v3.Cluster"],
    ),
    (
        Code::UNKNOWN_TYPE,
        filter!("'@type': «type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxi»" "stat_prefix: a"),
        &[
            "did you mean \"type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\"?",
            "bytes in base64",
        ],
    ),
    (
        Code::MISSING_FIELD,
        "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  «resource»: {name: a}",
        &["\"@type\""],
    ),
    (
        Code::NOT_SERVED,
        "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  resource: {\"@type\": «type.googleapis.com/envoy.config.route.v3.RouteMatch», prefix: /}",
        &[
            "is not a type that proxies are served",
            "envoy.config.listener.v3.Listener",
        ],
    ),
    (
        Code::NOT_SERVED,
        "@EnvoyPatch\nspec:\n  select: {type: «Clustre», name: a, proxyClass: sidecar}\n  ops: [{op: remove, path: /a}]",
        &["did you mean \"Cluster\"?"],
    ),
    // Fields.
    (
        Code::UNKNOWN_FIELD,
        cluster!("«conect_timeout»: 1s"),
        &[
            "envoy.config.cluster.v3.Cluster has no field \"conect_timeout\"",
            "did you mean \"connect_timeout\"?",
        ],
    ),
    (
        Code::UNKNOWN_FIELD,
        filter!("'@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy" "stat_prefix: a" "cluster: b" "«idle_timout»: 1s"),
        &["did you mean \"idle_timeout\"?"],
    ),
    (
        Code::UNKNOWN_FIELD,
        filter!("'@type': type.googleapis.com/udpa.type.v1.TypedStruct" "type_url: type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy" "value: {stat_prefix: a, «clusterr»: b, cluster: c}"),
        &["did you mean \"cluster\"?"],
    ),
    (
        Code::DUPLICATE,
        cluster!("connect_timeout: 1s" "«connectTimeout»: 2s"),
        &["two names of one field"],
    ),
    (
        Code::EXCLUSIVE,
        cluster!("type: STATIC" "«cluster_type»: {name: x}"),
        &["exclude each other", "one of type, cluster_type"],
    ),
    (
        Code::MISSING_FIELD,
        "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  «resource»: {\"@type\": type.googleapis.com/envoy.config.listener.v3.Listener}",
        &["the resource has no name"],
    ),
    // Values.
    (
        Code::NOT_A_CHOICE,
        cluster!("type: «STATICS»"),
        &["did you mean \"STATIC\"?", "DiscoveryType"],
    ),
    (
        Code::WRONG_TYPE,
        cluster!("connect_timeout: «250ms»"),
        &["is not a duration", "write 0.250s"],
    ),
    (
        Code::WRONG_TYPE,
        cluster!("ignore_health_on_host_removal: «yes»"),
        &["true or false", "write true"],
    ),
    (
        Code::WRONG_TYPE,
        cluster!("per_connection_buffer_limit_bytes: «010»"),
        &["write 10"],
    ),
    (
        Code::WRONG_TYPE,
        cluster!("per_connection_buffer_limit_bytes: «4294967296»"),
        &["0 to 4294967295"],
    ),
    (
        Code::WRONG_TYPE,
        cluster!("«per_connection_buffer_limit_bytes»: {value: 1}"),
        &["write 1 itself"],
    ),
    (
        Code::WRONG_TYPE,
        cluster!("«health_checks»: {timeout: 1s}"),
        &["a list", "begin it with \"- \""],
    ),
    // Rules.
    (
        Code::ENVOY_RULE,
        cluster!("connect_timeout: «0s»"),
        &["more than 0s"],
    ),
    (
        Code::ENVOY_RULE,
        filter!("'@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy" "stat_prefix: «\"\"»" "cluster: b"),
        &["not empty"],
    ),
    (
        Code::MISSING_FIELD,
        "@EnvoyResource\nspec:\n  proxyClass: sidecar\n  resource:\n    \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n    name: a\n    filter_chains:\n    - filters:\n      - name: f\n        «typed_config»: {'@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: a}",
        &["one of cluster, weighted_clusters"],
    ),
    // Bytes.
    (
        Code::FORM,
        "@EnvoyResource\nspec: {proxyClass: sidecar, typeUrl: type.googleapis.com/envoy.config.cluster.v3.Cluster, name: a, bytes: «Zm9v»}",
        &["the bytes are not a"],
    ),
    (
        Code::ENVOY_RULE,
        "@EnvoyResource\nspec: {proxyClass: sidecar, typeUrl: type.googleapis.com/envoy.config.cluster.v3.Cluster, name: a, bytes: «CgFhIgA=»}",
        &["/connect_timeout in it", "more than 0s"],
    ),
    (
        Code::EXACTLY_ONE,
        "@EnvoyResource\n«spec»: {proxyClass: sidecar}",
        &["one of resource, bytes"],
    ),
    (
        Code::REQUIRES,
        "@EnvoyResource\nspec: {proxyClass: sidecar, typeUrl: type.googleapis.com/envoy.config.cluster.v3.Cluster, bytes: «CgFh»}",
        &["bytes need name"],
    ),
    (
        Code::EXCLUSIVE,
        "@EnvoyResource\nspec: {proxyClass: sidecar, typeUrl: «x», resource: {\"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster, name: a}}",
        &["the type stands in the resource itself"],
    ),
    // Classes.
    (
        Code::NO_CLASS,
        "@EnvoyResource\nspec: {proxyClass: «sidecars», resource: {\"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster, name: a}}",
        &[
            "did you mean \"sidecar\"?",
            "client, gateway, sidecar",
            "no proxy gets it",
        ],
    ),
    (
        Code::NO_CLASS,
        "@EnvoyPatch\nspec:\n  select: {type: Cluster, name: a, proxyClass: «edge»}\n  ops: [{op: remove, path: /a}]",
        &["no proxy gets it"],
    ),
    (
        Code::FORM,
        "@EnvoyPatch\nspec:\n  select: {type: Cluster, name: a, proxyClass: sidecar}\n  ops: [{op: remove, path: «a/b»}]",
        &["is not a JSON pointer"],
    ),
    (
        Code::NOT_A_CHOICE,
        "@EnvoyPatch\nspec:\n  select: {type: Cluster, name: a, proxyClass: sidecar}\n  ops: [{op: «merge», path: /b}]",
        &["add, remove, replace, move, copy, test"],
    ),
];

#[test]
fn each_misfit_of_a_raw_resource_is_told_at_its_place() {
    holds(ROWS);
}

#[test]
fn all_that_is_wrong_with_a_raw_resource_is_told_at_once() {
    let text = "apiVersion: netloft.dev/v1\nkind: EnvoyResource\nmetadata: {name: a}\nspec:\n  proxyClass: sidecar\n  resource:\n    \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n    name: a\n    typ: STATIC\n    connect_timeout: 5\n    lb_policy: RANDOMLY\n    load_assignment:\n      cluster_name: a\n      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: h, port_value: 70000}}}}]}]\n";
    let found = diagnose(text);
    let told: Vec<_> = found.iter().map(|it| (it.code, it.line.unwrap())).collect();
    let expected = [
        (Code::UNKNOWN_FIELD, 9),
        (Code::WRONG_TYPE, 10),
        (Code::NOT_A_CHOICE, 11),
        (Code::ENVOY_RULE, 14),
    ];
    assert_eq!(told, expected, "{found:#?}");
}

fn document(version: &str, timeout: &str) -> Document {
    only(&format!(
        "apiVersion: netloft.dev/v1\nkind: EnvoyResource\nmetadata: {{name: a}}\nspec:\n  proxyClass: sidecar\n  version: {version}\n  resource:\n    \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n    name: a\n    connect_timeout: {timeout}\n"
    ))
}

#[test]
fn a_version_is_given_to_one_content_only() {
    let before = document("v1", "1s");
    let base = Overlay::new([&before]);
    let told = |after: &Document| {
        let world = Overlay::new([after]).over(&base);
        let found = references([after], &world).into_iter();
        found.map(|it| (it.code, it.line)).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&document("v1", "2s")),
        [(Code::VERSION_TAKEN, Some(6))]
    );
    // Other content, or the same in other words, is fine.
    assert_eq!(told(&document("v2", "2s")), []);
    assert_eq!(told(&document("v1", "1.000s")), []);
}
