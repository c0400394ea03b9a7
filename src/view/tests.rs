//! The view's promises: exact about what changed, and the same by whatever way it came about.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::prelude::*;
use serde_json::json;

use super::{
    worlds::{Edit, declared, put, step},
    *,
};
use crate::model::{Document, DocumentKey, Kind};

/// Everything that can be asked about the names that `documents` use, answered.
fn answers(
    view: &MeshView,
    documents: &BTreeMap<DocumentKey, Arc<Document>>,
) -> BTreeMap<ReadKey, String> {
    let mut all = BTreeMap::new();
    let mut note = |key, text: Option<String>| {
        if let Some(text) = text {
            all.insert(key, text);
        }
    };
    let set = |index: &Index| {
        let entry = view.entry(index);
        (!entry.is_empty()).then(|| format!("{entry:?}"))
    };
    let versions = [None, Some("v1".into()), Some("v2".into())];
    for key in documents.keys() {
        let name = Name::from(key);
        let document = view
            .get(key)
            .map(|it| format!("{:?} {:?}", it.metadata, it.spec));
        note(ReadKey::Document(key.clone()), document);
        note(
            ReadKey::Outline(name.clone()),
            view.outline(&name).map(|it| format!("{it:?}")),
        );
        let attachment = view.attachment(&name).map(|it| format!("{it:?}"));
        note(ReadKey::Attachment(name.clone()), attachment);
        for version in &versions {
            let inline = view.inline(&name, version.as_ref());
            let inline = (!inline.is_empty()).then(|| format!("{inline:?}"));
            note(ReadKey::Inline(name.clone(), version.clone()), inline);
            let selected = Index::Selected(name.clone(), version.clone());
            note(ReadKey::Entry(selected.clone()), set(&selected));
        }
        for index in [
            Index::ServicesIn(key.namespace.clone()),
            Index::All(key.kind),
            Index::ClassNamed(key.name.clone()),
        ] {
            note(ReadKey::Entry(index.clone()), set(&index));
        }
    }
    for namespace in ["shop", "pay"].map(Arc::from) {
        for name in ["a", "b", "c", "g", "h"].map(Arc::from) {
            for kind in [ParentKind::Service, ParentKind::Gateway] {
                let index = Index::RoutesOf(kind, Name::new(&namespace, &name));
                note(ReadKey::Entry(index.clone()), set(&index));
            }
        }
    }
    for class in ["sidecar", "client", "edge", "small", "gateway"].map(Arc::from) {
        for index in [Index::GatewaysOf, Index::RawOf, Index::PatchesOf] {
            let index = index(Arc::clone(&class));
            note(ReadKey::Entry(index.clone()), set(&index));
        }
    }
    let namespaces = view.namespaces();
    note(
        ReadKey::Namespaces,
        (!namespaces.is_empty()).then(|| format!("{namespaces:?}")),
    );
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_view_names_exactly_what_changed_and_does_not_remember_how(
        steps in prop::collection::vec(step(), 1..16)
    ) {
        let mut view = MeshView::default();
        let mut documents = BTreeMap::new();
        let mut ever = BTreeMap::new();
        for (revision, edits) in (1..).zip(&steps) {
            let mut changes = Vec::new();
            for edit in edits {
                match edit {
                    Edit::Put(document) => {
                        documents.insert(document.key(), document.clone());
                        ever.insert(document.key(), document.clone());
                        changes.push(put(document));
                    }
                    Edit::Delete(key) => {
                        documents.remove(key);
                        changes.push((key.clone(), None));
                    }
                    Edit::Open(_) | Edit::Close => {}
                }
            }
            let before = answers(&view, &ever);
            let (next, changed) = view.apply(revision, &changes);
            let after = answers(&next, &ever);
            let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            let differing: Vec<ReadKey> =
                keys.into_iter().filter(|key| before.get(key) != after.get(key)).cloned().collect();
            prop_assert_eq!(changed, differing);
            prop_assert_eq!(next.revision(), revision);

            let all: Vec<Change> = documents.values().map(put).collect();
            let (fresh, _) = MeshView::default().apply(revision, &all);
            prop_assert_eq!(answers(&fresh, &ever), after);
            prop_assert_eq!(fresh.derived(), next.derived(), "entries left behind");
            view = next;
        }
    }
}

#[test]
fn another_origin_alone_changes_nothing() {
    let first = declared(
        Kind::Workload,
        "shop",
        "w",
        json!({}),
        json!({"address": "10.0.0.1"}),
    );
    let (view, _) = MeshView::default().apply(1, &[put(&first)]);
    let mut moved = Document::clone(&first);
    moved.origin.line = Some(7);
    let (view, changed) = view.apply(2, &[put(&Arc::new(moved))]);
    assert_eq!(changed, []);
    assert_eq!(view.get(&first.key()).unwrap().origin.line, Some(7));
}

#[test]
fn an_edit_of_a_rule_leaves_alone_what_the_route_attaches_to() {
    let route = |weight| {
        let spec = json!({
            "parentRefs": [{"group": "", "kind": "Service", "name": "a"}],
            "rules": [{"backendRefs": [{"name": "a", "weight": weight}]}],
        });
        declared(Kind::HttpRoute, "shop", "r", json!({}), spec)
    };
    let (view, _) = MeshView::default().apply(1, &[put(&route(1))]);
    let (_, changed) = view.apply(2, &[put(&route(2))]);
    assert_eq!(changed, [ReadKey::Document(route(1).key())]);
}

#[test]
fn an_edit_of_one_written_endpoint_concerns_its_version_alone() {
    let service = |port: u16| {
        let spec = json!({
            "ports": [{"port": 80}],
            "versions": {"v1": {"version": "v1"}, "v2": {"version": "v2"}},
            "endpoints": [
                {"address": "10.0.0.1", "ports": {"80": port}, "labels": {"version": "v1"}},
                {"address": "10.0.0.2", "labels": {"version": "v2"}},
            ],
        });
        declared(Kind::Service, "shop", "a", json!({}), spec)
    };
    let (view, _) = MeshView::default().apply(1, &[put(&service(81))]);
    let (_, changed) = view.apply(2, &[put(&service(82))]);
    let name = Name::from(&service(81).key());
    let expected = [
        ReadKey::Document(service(81).key()),
        ReadKey::Inline(name.clone(), None),
        ReadKey::Inline(name, Some("v1".into())),
    ];
    assert_eq!(changed, expected);
}

#[test]
fn an_empty_selector_selects_nothing() {
    let spec = json!({"ports": [{"port": 80}], "selector": {}});
    let service = declared(Kind::Service, "shop", "a", json!({}), spec);
    let workload = declared(
        Kind::Workload,
        "shop",
        "w",
        json!({"app": "a"}),
        json!({"address": "10.0.0.1"}),
    );
    let (view, _) = MeshView::default().apply(1, &[put(&service), put(&workload)]);
    let selected = Index::Selected(Name::from(&service.key()), None);
    assert!(view.entry(&selected).is_empty());
}

#[test]
fn a_class_is_named_else_matched_else_built_in() {
    let class = |namespace: &str, name: &str, wanted| {
        let spec = json!({"role": "gateway", "match": wanted});
        declared(Kind::ProxyClass, namespace, name, json!({}), spec)
    };
    let classes = [
        class("default", "edge", json!({"nodeId": "edge-*"})),
        class(
            "default",
            "east",
            json!({"cluster": "east", "metadata": {"tier": "front"}}),
        ),
        class("default", "nothing", json!({})),
    ];
    let changes: Vec<Change> = classes.iter().map(put).collect();
    let (view, _) = MeshView::default().apply(1, &changes);
    let node = |id: &str| Node {
        id: id.into(),
        ..Node::default()
    };
    let east = Node {
        cluster: "east".into(),
        metadata: [("tier".into(), "front".into())].into(),
        ..node("edge-1")
    };
    for (node, expected) in [
        (node("web-1"), SIDECAR),
        (node("edge-1"), "edge"),
        (east.clone(), "east"), // both fit: the first by name
        (
            Node {
                metadata: BTreeMap::new(),
                ..east.clone()
            },
            "edge",
        ),
        (
            Node {
                class: Some("named".into()),
                ..east
            },
            "named",
        ),
        (
            Node {
                user_agent: "gRPC C-core".into(),
                ..node("x")
            },
            CLIENT,
        ),
    ] {
        assert_eq!(&*classify(&view, &node).class, expected, "{node:?}");
    }
    for (namespace, expected) in [
        (Some("shop"), "shop"),
        (None, "default"),
        (Some("Shop!"), "default"),
    ] {
        let node = Node {
            namespace: namespace.map(Into::into),
            ..node("x")
        };
        assert_eq!(&*classify(&view, &node).namespace, expected);
    }
}

/// One output, of any unit, that depends on the namespace.
struct OneOutput(FactsRead);

impl Outputs<&'static str, u8> for OneOutput {
    fn find(&self, unit: &&'static str, facts: &Facts) -> Option<(Handle, &u8, &FactsRead)> {
        (*unit == "there" && facts.agree_with(&self.0)).then_some((Handle(7), &1, &self.0))
    }
}

#[test]
fn who_reads_an_output_depends_on_the_facts_that_it_depends_on() {
    let view = MeshView::default();
    let output = OneOutput([(Fact::Namespace, Some("shop".into()))].into());
    let (at_home, away) = (
        worlds::proxy("sidecar", "shop"),
        worlds::proxy("sidecar", "pay"),
    );

    let mut lens = Lens::new(&view, &at_home, &output);
    assert_eq!(lens.output(&"there"), Some(&1));
    assert_eq!(lens.output(&"elsewhere"), None);
    assert_eq!(lens.fact(Fact::Label("tier".into())), None);
    let reads = lens.into_reads();
    assert_eq!(reads.outputs, [Handle(7)]);
    assert_eq!(reads.missing, ["elsewhere"]);
    let expected = [
        (Fact::Namespace, Some("shop".into())),
        (Fact::Label("tier".into()), None), // an absence is a fact too
    ];
    assert_eq!(reads.facts, expected.into());

    let mut lens = Lens::new(&view, &away, &output);
    assert_eq!(lens.output(&"there"), None);
    assert_eq!(lens.into_reads().missing, ["there"]);
}
