//! Raw Envoy resources and patches before a real Envoy: they carry traffic, a patch changes it, what
//! nobody here knows is delivered, and what Envoy rejects hurts nobody else.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use envoy_types::pb::{
    envoy::config::{
        cluster::v3::Cluster,
        core::v3::{Address, Metadata, SocketAddress, address, socket_address::PortSpecifier},
        endpoint::v3::{
            ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
            lb_endpoint::HostIdentifier,
        },
    },
    google::protobuf::{Any, Duration},
};
use netloft_integration::{
    backend::{BACKEND, Backend},
    documents::file,
    eventually::{SOON, ensure, eventually},
    http::{Answer, Failure, get},
    netloft::Netloft,
    ports::Port,
};
use prost::Message;
use serde_json::Value;

/// The document of a raw resource for gateways; `resource` is indented by four.
fn raw(name: &str, more: &str, resource: &str) -> String {
    format!(
        "apiVersion: netloft.dev/v1\nkind: EnvoyResource\nmetadata: {{name: {name}}}\nspec:\n  proxyClass: gateway\n{more}  resource:\n{resource}"
    )
}

fn listener(port: u16) -> String {
    raw(
        "listener",
        "",
        &format!(
            r#"    "@type": type.googleapis.com/envoy.config.listener.v3.Listener
    name: raw
    address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: raw
          rds: {{route_config_name: raw, config_source: {{ads: {{}}}}}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
"#
        ),
    )
}

fn routes(cluster: &str) -> String {
    raw(
        "routes",
        "",
        &format!(
            r#"    "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
    name: raw
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - {{match: {{prefix: /}}, route: {{cluster: {cluster}}}}}
"#
        ),
    )
}

fn cluster(name: &str, version: &str, port: u16) -> String {
    raw(
        name,
        &format!("  version: {version:?}\n"),
        &format!(
            r#"    "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
    name: {name}
    type: STATIC
    connectTimeout: 1s
    load_assignment:
      cluster_name: {name}
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}}}
"#
        ),
    )
}

fn patch(must_match: u32, value: &str) -> String {
    format!(
        "apiVersion: netloft.dev/v1\nkind: EnvoyPatch\nmetadata: {{name: mark}}\nspec:\n  select: {{type: RouteConfiguration, name: \"r*\", proxyClass: gateway}}\n  mustMatch: {must_match}\n  ops:\n  - op: add\n    path: /response_headers_to_add/-\n    value: {{header: {{key: x-patched, value: {value}}}}}\n"
    )
}

async fn until(port: &Port, what: &str, holds: impl Fn(&Answer) -> bool) {
    eventually(what, SOON, || async {
        let answer = get(port.address(), "/").await?;
        ensure(holds(&answer), answer.text()).map_err(Failure::from)
    })
    .await;
}

/// The resource `name` of a config dump, with what stands beside it.
fn dumped<'d>(dump: &'d Value, name: &str) -> Option<&'d Value> {
    match dump {
        Value::Object(fields) => {
            let inner = ["cluster", "listener", "route_config"];
            if inner.iter().any(|field| dump[*field]["name"] == name) {
                return Some(dump);
            }
            fields.values().find_map(|value| dumped(value, name))
        }
        Value::Array(items) => items.iter().find_map(|item| dumped(item, name)),
        _ => None,
    }
}

async fn raw_alone(dialect: &str) {
    let (one, two) = (Backend::start("one").await, Backend::start("two").await);
    let port = Port::reserve();
    let netloft = Netloft::start().await;
    netloft
        .apply(&file(&[
            listener(port.number()),
            routes("one"),
            cluster("one", "first", one.port()),
        ]))
        .await;
    let envoy = netloft
        .envoy("edge-1", &["--class", "gateway", "--dialect", dialect])
        .await;
    envoy.is_live().await;
    netloft.proxy_is("edge-1", "synced").await;
    until(&port, "raw resources carry traffic", |answer| {
        answer.header(BACKEND) == "one"
    })
    .await;
    if dialect == "delta" {
        let dump = envoy.config_dump().await;
        let cluster = dumped(&dump, "one").unwrap();
        assert_eq!(cluster["version_info"], "first", "{cluster:#}");
    }

    // Another cluster and the route to it, at once.
    netloft
        .apply(&file(&[routes("two"), cluster("two", "1", two.port())]))
        .await;
    until(&port, "the route leads elsewhere", |answer| {
        answer.header(BACKEND) == "two"
    })
    .await;

    // A patch, one that is wrong, and none.
    netloft.apply(&patch(1, "yes")).await;
    until(&port, "the patch marks answers", |answer| {
        answer.header("x-patched") == "yes"
    })
    .await;
    netloft.apply(&patch(2, "no")).await;
    until(&port, "a patch that fits too few is left out", |answer| {
        answer.status == 200 && answer.header("x-patched").is_empty()
    })
    .await;
}

#[tokio::test]
async fn raw_resources_alone_carry_traffic_and_a_patch_changes_it_in_delta() {
    raw_alone("delta").await;
}

#[tokio::test]
async fn raw_resources_alone_carry_traffic_and_a_patch_changes_it_in_sotw() {
    raw_alone("sotw").await;
}

/// A cluster with something in it that the descriptors do not hold, encoded.
fn private(name: &str, port: u16) -> Vec<u8> {
    let endpoint = Endpoint {
        address: Some(Address {
            address: Some(address::Address::SocketAddress(SocketAddress {
                address: "127.0.0.1".to_owned(),
                port_specifier: Some(PortSpecifier::PortValue(port.into())),
                ..Default::default()
            })),
        }),
        ..Default::default()
    };
    let private = Any {
        type_url: "type.googleapis.com/acme.v1.Private".to_owned(),
        value: vec![1, 2, 3],
    };
    Cluster {
        name: name.to_owned(),
        connect_timeout: Some(Duration {
            seconds: 1,
            nanos: 0,
        }),
        metadata: Some(Metadata {
            typed_filter_metadata: [("acme".to_owned(), private)].into(),
            ..Default::default()
        }),
        load_assignment: Some(ClusterLoadAssignment {
            cluster_name: name.to_owned(),
            endpoints: vec![LocalityLbEndpoints {
                lb_endpoints: vec![LbEndpoint {
                    host_identifier: Some(HostIdentifier::Endpoint(endpoint)),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}

#[tokio::test]
async fn what_nobody_here_knows_is_delivered_and_what_envoy_rejects_hurts_nobody_else() {
    let backend = Backend::start("one").await;
    let port = Port::reserve();
    let netloft = Netloft::start().await;
    let bytes = STANDARD.encode(private("private", backend.port()));
    let document = format!(
        "apiVersion: netloft.dev/v1\nkind: EnvoyResource\nmetadata: {{name: private}}\nspec:\n  proxyClass: gateway\n  typeUrl: type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: private\n  bytes: {bytes}\n"
    );
    netloft
        .apply(&file(&[
            listener(port.number()),
            routes("private"),
            document,
        ]))
        .await;
    let envoy = netloft.envoy("edge-1", &["--class", "gateway"]).await;
    envoy.is_live().await;
    netloft.proxy_is("edge-1", "synced").await;
    until(&port, "the cluster of bytes carries traffic", |answer| {
        answer.header(BACKEND) == "one"
    })
    .await;
    let shown = netloft.get("/v1/proxies/edge-1/xds/clusters").await;
    let shown = shown.unwrap().json();
    let resource = &shown["resources"][0]["resource"];
    let acme = &resource["metadata"]["typed_filter_metadata"]["acme"];
    assert_eq!(acme["@type"], "type.googleapis.com/acme.v1.Private");
    assert_eq!(acme["value"], "AQID", "{shown:#}");

    // Envoy's API has no word against it, Envoy itself has.
    let bad = raw(
        "bad",
        "",
        "    \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n    name: bad-cluster\n    cluster_type: {name: acme.no.such.cluster}\n",
    );
    netloft.apply(&file(&[bad, patch(1, "yes")])).await;
    let proxy = netloft.proxy_is("edge-1", "rejected").await;
    let types = proxy["types"].as_array().unwrap();
    let rejected: Vec<&Value> = types
        .iter()
        .flat_map(|ty| ty["rejected"].as_array().into_iter().flatten())
        .collect();
    assert_eq!(rejected.len(), 1, "{proxy:#}");
    assert_eq!(rejected[0]["name"], "bad-cluster");
    assert_eq!(
        rejected[0]["from"][0]["document"],
        "EnvoyResource default/bad"
    );
    assert!(rejected[0]["from"][0]["line"].is_u64(), "{proxy:#}");
    until(&port, "the rest of the change arrives", |answer| {
        answer.header("x-patched") == "yes" && answer.header(BACKEND) == "one"
    })
    .await;
}
