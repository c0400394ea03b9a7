//! A change costs what it changes: counts of what is compiled, in a mesh of 1,000 services with
//! 1,000 identities and 1,000 proxies.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use serde_json::{Value, json};

use super::world::graph_of;
use crate::{
    compile::UnitKind::{
        self, AllHosts, Cluster, Contents, Endpoints, Parents, Patched, Raw, RawAs, RawName,
        Roster, RouteConfiguration, Selects, VirtualHost, VirtualHosts,
    },
    model::{Document, DocumentKey, Kind},
    reconcile::graph::{Graph, Step},
    snapshot::{CLUSTER, ENDPOINTS, ROUTES, TypeIx},
    view::{
        Change, MeshView,
        worlds::{declared, proxy, put},
    },
};

const SERVICES: usize = 1_000;
const NAMESPACES: usize = 50;

/// What follows from another virtual host where every sidecar sees it.
const REJOINED: [(UnitKind, usize); 4] = [
    (VirtualHost, 1),
    (VirtualHosts, 1),
    (AllHosts, 1),
    (RouteConfiguration, NAMESPACES),
];

/// Service `n`, its one workload of each of two versions, each with an identity of its own, and
/// the route that splits between them.
fn service(n: usize) -> Vec<Arc<Document>> {
    let name = format!("s{n}");
    let namespace = namespace(n);
    let declared = |kind, name: &str, labels, spec| declared(kind, &namespace, name, labels, spec);
    let mut documents = vec![declared(
        Kind::Service,
        &name,
        json!({}),
        json!({
            "ports": [{"port": 8080}],
            "selector": {"app": name},
            "versions": {"v1": {"version": "v1"}, "v2": {"version": "v2"}},
        }),
    )];
    for version in ["v1", "v2"] {
        let labels = json!({"app": name, "version": version, "env": "prod"});
        let spec = workload(n, "healthy");
        documents.push(declared(
            Kind::Workload,
            &format!("{name}-{version}"),
            labels,
            spec,
        ));
    }
    documents.push(declared(
        Kind::HttpRoute,
        &name,
        json!({}),
        route(&name, 90),
    ));
    documents
}

fn namespace(n: usize) -> String {
    format!("ns{}", n % NAMESPACES)
}

fn workload(n: usize, health: &str) -> Value {
    json!({
        "address": format!("10.0.{}.{}", n / 250, n % 250 + 1),
        "identity": format!("account-{n}"),
        "health": health,
    })
}

fn route(service: &str, first: u32) -> Value {
    json!({
        "parentRefs": [{"group": "", "kind": "Service", "name": service}],
        "rules": [{"name": "canary", "backendRefs": [
            {"group": "netloft.dev", "kind": "ServiceVersion", "name": format!("{service}.v1"), "weight": first},
            {"group": "netloft.dev", "kind": "ServiceVersion", "name": format!("{service}.v2"), "weight": 100 - first},
        ]}],
    })
}

/// The mesh before any proxy has connected.
static MESH: LazyLock<MeshView> = LazyLock::new(|| {
    let documents: Vec<_> = (0..SERVICES).flat_map(service).collect();
    graph_of(&documents).view().clone()
});

struct Mesh {
    graph: Graph,
    scopes: BTreeSet<crate::snapshot::ScopeId>,
}

impl Mesh {
    /// 1,000 proxies of `class`, 20 in each namespace.
    fn with_proxies(class: &str, besides: &[Arc<Document>]) -> Self {
        let mut documents: Vec<_> = (0..SERVICES).flat_map(service).collect();
        documents.extend(besides.iter().cloned());
        let mut graph = graph_of(&documents);
        let mut scopes = BTreeSet::new();
        for n in 0..1_000 {
            let mut facts = proxy(class, &namespace(n));
            facts.labels = [("instance".into(), n.to_string().into())].into();
            scopes.insert(graph.open_scope(&facts).0);
        }
        Self { graph, scopes }
    }

    fn change(&mut self, change: Change) -> Step {
        let revision = self.graph.view().revision() + 1;
        let (view, changed) = self.graph.view().apply(revision, &[change]);
        self.graph.update(view, &changed)
    }
}

fn edited(n: usize, kind: Kind, name: &str, spec: Value) -> Change {
    let key = DocumentKey {
        kind,
        namespace: namespace(n).into(),
        name: name.into(),
    };
    let labels = &MESH.get(&key).unwrap().metadata.labels;
    put(&declared(kind, &namespace(n), name, json!(labels), spec))
}

fn counts<const N: usize>(expected: [(UnitKind, usize); N]) -> BTreeMap<UnitKind, usize> {
    expected.into()
}

/// The types and names that differ, when they are the same in every scope that differs at all.
fn named(step: &Step) -> (usize, BTreeSet<(TypeIx, Arc<str>)>) {
    let mut by_scope: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for changed in &step.changed {
        let names = changed.names.iter().map(|name| (changed.ty, name.clone()));
        by_scope.entry(changed.scope).or_default().extend(names);
    }
    let scopes = by_scope.len();
    let mut kinds: Vec<_> = by_scope.into_values().collect();
    kinds.dedup();
    assert!(kinds.len() <= 1, "scopes differ in what changed");
    (scopes, kinds.pop().unwrap_or_default())
}

#[test]
fn proxies_share_a_scope_unless_they_differ_in_a_fact_that_matters() {
    let mesh = Mesh::with_proxies("sidecar", &[]);
    assert_eq!(mesh.scopes.len(), NAMESPACES);
    assert_eq!(mesh.graph.scopes().count(), NAMESPACES);
}

#[test]
fn an_edit_of_one_route_compiles_one_virtual_host() {
    let mut mesh = Mesh::with_proxies("sidecar", &[]);
    let step = mesh.change(edited(7, Kind::HttpRoute, "s7", route("s7", 80)));
    // One virtual host, joined with those of its namespace, and then with those of the others once
    // for each namespace that proxies are in.
    assert_eq!(step.compiled, counts(REJOINED));
    assert_eq!(
        named(&step),
        (NAMESPACES, [(ROUTES, "outbound".into())].into())
    );
}

#[test]
fn a_change_of_one_endpoint_compiles_exactly_the_endpoints_that_contain_it() {
    let mut mesh = Mesh::with_proxies("sidecar", &[]);
    let step = mesh.change(edited(7, Kind::Workload, "s7-v1", workload(7, "draining")));
    assert_eq!(step.compiled, counts([(Endpoints, 2)]));
    let names = ["s7.ns7:8080", "s7.ns7:8080/v1"].map(|name| (ENDPOINTS, name.into()));
    assert_eq!(named(&step), (NAMESPACES, names.into()));
}

#[test]
fn a_new_service_compiles_its_own_units_only() {
    let mut mesh = Mesh::with_proxies("sidecar", &[]);
    let step = mesh.change(put(&service(SERVICES)[0]));
    let expected = [
        (Roster, 1),
        (Cluster, 3),
        (Endpoints, 3),
        (VirtualHost, 1),
        (VirtualHosts, 1),
        (AllHosts, 1),
        (RouteConfiguration, NAMESPACES),
    ];
    assert_eq!(step.compiled, counts(expected));
    let (scopes, names) = named(&step);
    assert_eq!((scopes, names.len()), (NAMESPACES, 7));
    // And its workload compiles its endpoints: all, and those of its version.
    let step = mesh.change(put(&service(SERVICES)[1]));
    assert_eq!(step.compiled, counts([(Endpoints, 2)]));
}

#[test]
fn a_new_route_compiles_its_service_alone() {
    let mut mesh = Mesh::with_proxies("sidecar", &[]);
    let step = mesh.change((service(7)[3].key(), None));
    // What the route itself had is compiled no more.
    assert_eq!(step.compiled, counts(REJOINED));
    let step = mesh.change(put(&service(7)[3]));
    let mut expected = counts(REJOINED);
    expected.insert(Parents, 1);
    assert_eq!(step.compiled, expected);
}

#[test]
fn proxies_that_see_their_own_namespace_are_not_concerned_by_another() {
    let class = declared(
        Kind::ProxyClass,
        "default",
        "small",
        json!({}),
        json!({"role": "sidecar", "scope": {"namespaces": ["."]}}),
    );
    let mut mesh = Mesh::with_proxies("small", &[class]);
    assert_eq!(mesh.scopes.len(), NAMESPACES);
    let step = mesh.change(edited(7, Kind::HttpRoute, "s7", route("s7", 80)));
    // The contents look at what routes lead to: it is the same, so that nothing follows from it.
    let expected = [
        (VirtualHost, 1),
        (VirtualHosts, 1),
        (RouteConfiguration, 1),
        (Contents, 1),
    ];
    assert_eq!(step.compiled, counts(expected));
    assert_eq!(named(&step), (1, [(ROUTES, "outbound".into())].into()));
}

#[test]
fn what_changes_no_bytes_is_compiled_and_names_nothing() {
    let mut mesh = Mesh::with_proxies("sidecar", &[]);
    let mut same = workload(7, "healthy");
    same["weight"] = json!(1);
    let step = mesh.change(edited(7, Kind::Workload, "s7-v1", same));
    assert_eq!(step.compiled, counts([(Endpoints, 2)]));
    assert_eq!(step.changed, []);
}

#[test]
fn what_is_tried_on_a_fork_is_not_seen_by_what_is_served() {
    let mut mesh = Mesh::with_proxies("sidecar", &[]);
    let held = |graph: &Graph| -> Vec<_> {
        let snapshots = graph.scopes().map(|id| graph.snapshot(id).unwrap());
        snapshots
            .map(|snapshot| {
                let all = super::world::types().map(|ty| snapshot.version(ty));
                all.collect::<Vec<_>>()
            })
            .collect()
    };
    let before = held(&mesh.graph);
    let change = || edited(7, Kind::HttpRoute, "s7", route("s7", 50));

    let mut fork = Mesh {
        graph: mesh.graph.clone(),
        scopes: mesh.scopes.clone(),
    };
    let tried = fork.change(change());
    assert_ne!(held(&fork.graph), before);
    assert_eq!(held(&mesh.graph), before);
    drop(fork);
    // And having been forked does not change what a change costs, or comes to.
    assert_eq!(mesh.change(change()), tried);
}

fn patch(seconds: u32) -> Arc<Document> {
    let spec = json!({
        "select": {"type": "Cluster", "name": "s7.ns7:8080", "proxyClass": "sidecar"},
        "ops": [{"op": "add", "path": "/connect_timeout", "value": format!("{seconds}s")}],
    });
    declared(Kind::EnvoyPatch, "default", "slow", json!({}), spec)
}

#[test]
fn an_edit_of_a_patch_compiles_the_resources_that_it_selects_and_no_others() {
    let mut mesh = Mesh::with_proxies("sidecar", &[patch(2)]);
    let step = mesh.change(put(&patch(3)));
    assert_eq!(step.compiled, counts([(Selects, 1), (Patched, 1)]));
    let cluster = (CLUSTER, "s7.ns7:8080".into());
    assert_eq!(named(&step), (NAMESPACES, [cluster].into()));
    // What is patched follows what is compiled; another's change concerns it not at all.
    let step = mesh.change(edited(8, Kind::Workload, "s8-v1", workload(8, "draining")));
    assert_eq!(step.compiled, counts([(Endpoints, 2)]));
}

#[test]
fn an_edit_of_a_raw_resource_compiles_it_alone() {
    let raw = |seconds: u32| {
        let resource = json!({
            "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            "name": "raw",
            "connect_timeout": format!("{seconds}s"),
        });
        let spec = json!({"proxyClass": "sidecar", "resource": resource});
        declared(Kind::EnvoyResource, "default", "raw", json!({}), spec)
    };
    let mut mesh = Mesh::with_proxies("sidecar", &[raw(1)]);
    let step = mesh.change(put(&raw(2)));
    assert_eq!(step.compiled, counts([(Raw, 1), (RawName, 1), (RawAs, 1)]));
    assert_eq!(named(&step), (NAMESPACES, [(CLUSTER, "raw".into())].into()));
}
