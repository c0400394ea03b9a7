//! Documents for tests: written down, or of a few names and edited at random.
//!
//! Names are few so that edits meet: selectors and labels, routes and backends that come and go,
//! classes that change their role under the proxies that are connected.

use std::sync::Arc;

use proptest::{
    prelude::*,
    sample::{select, subsequence},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Change, Facts};

use crate::model::{Document, DocumentKey, Kind, Metadata, Origin, Spec};

/// A document as text has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declared {
    kind: String,
    metadata: Metadata,
    spec: Value,
}

/// The documents of a YAML text.
pub(crate) fn documents(yaml: &str) -> Vec<Arc<Document>> {
    let declared: Vec<Declared> = serde_saphyr::from_multiple(yaml).unwrap();
    declared.into_iter().map(read).collect()
}

/// One document.
pub(crate) fn declared(
    kind: Kind,
    namespace: &str,
    name: &str,
    labels: impl Into<Value>,
    spec: Value,
) -> Arc<Document> {
    let labels: Value = labels.into();
    let metadata = json!({"namespace": namespace, "name": name, "labels": labels});
    read(Declared {
        kind: kind.facts().kind.to_owned(),
        metadata: serde_json::from_value(metadata).unwrap(),
        spec,
    })
}

fn read(declared: Declared) -> Arc<Document> {
    let kind = Kind::ALL
        .iter()
        .find(|kind| kind.facts().kind == declared.kind)
        .unwrap_or_else(|| panic!("no kind {}", declared.kind));
    let mut metadata = declared.metadata;
    if !kind.facts().namespaced {
        metadata.namespace = "".into();
    }
    Arc::new(Document {
        metadata,
        spec: Spec::from_json(*kind, declared.spec).unwrap(),
        origin: Origin::default(),
        created: None,
    })
}

/// The change that puts `document` there.
pub(crate) fn put(document: &Arc<Document>) -> Change {
    (document.key(), Some(document.clone()))
}

/// A proxy of `class` in `namespace`.
pub(crate) fn proxy(class: &str, namespace: &str) -> Facts {
    Facts {
        class: class.into(),
        namespace: namespace.into(),
        cohort: "stable".into(),
        ..Facts::nobody()
    }
}

/// What happens at one step.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Put(Arc<Document>),
    Delete(DocumentKey),
    /// A proxy of these facts connects.
    Open(Facts),
    /// The scope opened earliest of those there are loses its last proxy.
    Close,
}

const NAMESPACES: [&str; 2] = ["shop", "pay"];
const SERVICES: [&str; 3] = ["a", "b", "c"];
const HOSTS: [&str; 4] = ["*.example", "a.example", "b.example", "other"];
const CLASSES: [&str; 5] = ["sidecar", "client", "edge", "small", "gateway"];

fn one_of<const N: usize>(items: [&'static str; N]) -> impl Strategy<Value = &'static str> {
    select(items.to_vec())
}

fn labels() -> impl Strategy<Value = Value> {
    (one_of(["a", "b"]), one_of(["v1", "v2"]), any::<bool>()).prop_map(|(app, version, both)| {
        if both {
            json!({"app": app, "version": version})
        } else {
            json!({"app": app})
        }
    })
}

fn service() -> impl Strategy<Value = Value> {
    let ports = prop_oneof![
        Just(json!([{"port": 80}])),
        Just(
            json!([{"name": "http", "port": 80}, {"name": "grpc", "port": 90, "protocol": "grpc"}])
        ),
        Just(json!([{"port": 90, "protocol": "tcp"}])),
    ];
    let supply = prop_oneof![
        3 => labels().prop_map(|labels| json!({"selector": labels})),
        1 => Just(json!({"selector": {}})),
        2 => (labels(), labels()).prop_map(|(first, second)| json!({"endpoints": [
            {"address": "10.1.0.1", "labels": first}, {"address": "10.1.0.2", "labels": second},
        ]})),
        1 => Just(json!({"dns": ["a.example"]})),
        1 => Just(json!({"dns": ["a.example", "b.example"]})),
    ];
    let versions = prop_oneof![
        Just(json!({})),
        Just(json!({"v1": {"version": "v1"}})),
        Just(json!({"v1": {"version": "v1"}, "v2": {"version": "v2"}})),
        Just(json!({"v1": {"version": "v2"}})),
    ];
    (ports, supply, versions).prop_map(|(ports, mut spec, versions)| {
        spec["ports"] = ports;
        spec["versions"] = versions;
        spec
    })
}

fn workload() -> impl Strategy<Value = (Value, Value)> {
    let health = one_of(["healthy", "draining"]);
    let spec = (1..4_u8, health, any::<bool>()).prop_map(|(host, health, zoned)| {
        let mut spec = json!({"address": format!("10.0.0.{host}"), "health": health});
        if zoned {
            spec["locality"] = json!({"zone": "z"});
        }
        spec
    });
    (spec, labels())
}

fn backend() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![3 => Just(None), 2 => Just(Some("v1")), 1 => Just(Some("v3"))];
    let namespace = prop_oneof![2 => Just(None), 1 => one_of(NAMESPACES).prop_map(Some)];
    let port = prop_oneof![Just(None), Just(Some(80)), Just(Some(90))];
    (one_of(SERVICES), kind, namespace, port, 0..3_u32).prop_map(
        |(name, version, namespace, port, weight)| {
            let mut backend = json!({"name": name, "weight": weight});
            if let Some(version) = version {
                backend["group"] = json!("netloft.dev");
                backend["kind"] = json!("ServiceVersion");
                backend["name"] = json!(format!("{name}.{version}"));
            }
            if let Some(namespace) = namespace {
                backend["namespace"] = json!(namespace);
            }
            if let Some(port) = port {
                backend["port"] = json!(port);
            }
            backend
        },
    )
}

fn route() -> impl Strategy<Value = Value> {
    let service = (
        one_of(SERVICES),
        prop_oneof![3 => Just(None), 1 => Just(Some(90))],
    )
        .prop_map(|(name, port)| {
            let mut parent = json!({"group": "", "kind": "Service", "name": name});
            if let Some(port) = port {
                parent["port"] = json!(port);
            }
            parent
        });
    let gateway = (one_of(["g", "h"]), one_of(NAMESPACES))
        .prop_map(|(name, namespace)| json!({"name": name, "namespace": namespace}));
    let parents = prop::collection::vec(prop_oneof![service, gateway], 1..3);
    let hostnames = prop::collection::vec(one_of(HOSTS), 0..3);
    let path = one_of(["/", "/x", "/x/y"]);
    let rule = (path, prop::collection::vec(backend(), 0..3)).prop_map(
        |(path, backends)| json!({"matches": [{"path": {"value": path}}], "backendRefs": backends}),
    );
    let rules = prop::collection::vec(rule, 1..3);
    (parents, hostnames, rules).prop_map(|(parents, hostnames, rules)| {
        json!({"parentRefs": parents, "hostnames": hostnames, "rules": rules})
    })
}

fn gateway() -> impl Strategy<Value = Value> {
    let listener = (
        one_of(["x", "y"]),
        select(vec![8080, 8081]),
        one_of(HOSTS),
        one_of(["All", "Same"]),
    )
        .prop_map(|(name, port, hostname, from)| {
            let allowed = json!({"namespaces": {"from": from}});
            let mut listener =
                json!({"name": name, "port": port, "protocol": "HTTP", "allowedRoutes": allowed});
            if hostname != "other" {
                listener["hostname"] = json!(hostname);
            }
            listener
        });
    let class = one_of(["edge", "gateway"]);
    (class, prop::collection::vec(listener, 1..3))
        .prop_map(|(class, listeners)| json!({"gatewayClassName": class, "listeners": listeners}))
}

fn gateway_class() -> impl Strategy<Value = Arc<Document>> {
    let controller = one_of(["netloft.dev/gateway", "other.example/gateway"]);
    (one_of(["edge", "gateway"]), controller).prop_map(|(name, controller)| {
        let spec = json!({"controllerName": controller});
        declared(Kind::GatewayClass, "", name, json!({}), spec)
    })
}

fn class() -> impl Strategy<Value = Value> {
    let role = one_of(["sidecar", "gateway", "client"]);
    let namespaces = prop::collection::vec(one_of([".", "shop", "pay"]), 0..2);
    let services = prop::collection::vec(one_of(["a", "pay/b", "shop/c"]), 0..2);
    (
        role,
        any::<bool>(),
        namespaces,
        services,
        15_001..15_003_u16,
        one_of(["", "", "delta", "sotw"]),
    )
        .prop_map(|(role, all, namespaces, services, port, streams)| {
            let mut spec = json!({"role": role, "listen": {"port": port}});
            if !streams.is_empty() {
                spec["separateStreams"] = json!({"dialect": streams});
            }
            if !all {
                spec["scope"] = json!({"namespaces": namespaces, "services": services});
            }
            spec
        })
}

/// Raw resources: of names that are compiled too, or of their own.
fn raw() -> impl Strategy<Value = Value> {
    let named = one_of(["a.shop:80", "b.pay:80", "raw", "outbound"]);
    let class = one_of(["sidecar", "client", "edge", "small"]);
    let version = one_of(["", "", "v1", "v2"]);
    (class, named, 1..3_u8, any::<bool>(), version).prop_map(
        |(class, name, seconds, listener, version)| {
            let kind = if listener {
                "listener.v3.Listener"
            } else {
                "cluster.v3.Cluster"
            };
            let mut resource = json!({
                "@type": format!("type.googleapis.com/envoy.config.{kind}"),
                "name": name,
            });
            let field = if listener {
                "listener_filters_timeout"
            } else {
                "connect_timeout"
            };
            resource[field] = json!(format!("{seconds}s"));
            let mut spec = json!({"proxyClass": class, "resource": resource});
            if !version.is_empty() {
                spec["version"] = json!(version);
            }
            spec
        },
    )
}

fn patch() -> impl Strategy<Value = Value> {
    let select = (
        one_of(["Cluster", "Listener", "RouteConfiguration"]),
        one_of(["a.*", "*:80", "raw", "outbound", "*"]),
        one_of(["sidecar", "client", "edge", "small"]),
    );
    let op = prop_oneof![
        (3..5_u8).prop_map(
            |n| json!({"op": "add", "path": "/connect_timeout", "value": format!("{n}s")})
        ),
        Just(json!({"op": "replace", "path": "/connect_timeout", "value": "never"})),
        Just(json!({"op": "remove", "path": "/circuit_breakers"})),
        Just(json!({"op": "add", "path": "/stat_prefix", "value": "p"})),
        Just(json!({"op": "add", "path": "/validate_clusters", "value": true})),
    ];
    (select, select_count(), prop::collection::vec(op, 1..3)).prop_map(
        |((kind, name, class), count, ops)| {
            let select = json!({"type": kind, "name": name, "proxyClass": class});
            json!({"select": select, "mustMatch": count, "ops": ops})
        },
    )
}

fn select_count() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(0), 2 => Just(1), 1 => Just(2)]
}

fn document() -> impl Strategy<Value = Arc<Document>> {
    let named = |kind, names: Vec<&'static str>, spec: BoxedStrategy<Value>| {
        (one_of(NAMESPACES), select(names), spec).prop_map(move |(namespace, name, spec)| {
            declared(kind, namespace, name, json!({}), spec)
        })
    };
    let workload = (one_of(NAMESPACES), one_of(["w", "x", "y"]), workload()).prop_map(
        |(namespace, name, (spec, labels))| declared(Kind::Workload, namespace, name, labels, spec),
    );
    prop_oneof![
        4 => named(Kind::Service, SERVICES.to_vec(), service().boxed()),
        3 => workload,
        4 => named(Kind::HttpRoute, vec!["a", "b", "r"], route().boxed()),
        2 => named(Kind::Gateway, vec!["g", "h"], gateway().boxed()),
        1 => gateway_class(),
        4 => named(Kind::ProxyClass, vec!["edge", "small"], class().boxed()),
        3 => named(Kind::EnvoyResource, vec!["a", "b", "c"], raw().boxed()),
        3 => named(Kind::EnvoyPatch, vec!["p", "q"], patch().boxed()),
    ]
}

/// Every proxy that may connect.
fn proxies() -> Vec<Facts> {
    let of_class = |class| NAMESPACES.map(|namespace| proxy(class, namespace));
    CLASSES.into_iter().flat_map(of_class).collect()
}

/// What happens before anything else: some proxies connect.
pub(crate) fn beginning() -> impl Strategy<Value = Vec<Edit>> {
    let some = subsequence(proxies(), 0..=CLASSES.len() * NAMESPACES.len());
    some.prop_map(|proxies| proxies.into_iter().map(Edit::Open).collect())
}

/// One step: a few edits that become one revision.
pub(crate) fn step() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        8 => document().prop_map(Edit::Put),
        3 => document().prop_map(|document| Edit::Delete(document.key())),
        1 => select(proxies()).prop_map(Edit::Open),
        1 => Just(Edit::Close),
    ];
    prop::collection::vec(edit, 1..4)
}
