//! Tables, layers and snapshots against a naive model.

use std::{collections::BTreeMap, process::Command, sync::Arc};

use proptest::prelude::*;

use super::{
    Change, ENDPOINTS, Generation, Hash, Layer, Resource, Revision, Snapshot, TYPES, TypeVersion,
    pack,
};

fn resource(name: &str, content: u8) -> Arc<Resource> {
    let message = [&[0x0a, 1, content][..], name.as_bytes()].concat();
    Arc::new(Resource::new(
        &TYPES,
        ENDPOINTS,
        name.into(),
        &message,
        Arc::default(),
        Arc::default(),
    ))
}

fn snapshot(layers: &[Arc<Layer>]) -> Snapshot {
    Snapshot::new(Generation(1), Revision(1), layers.into())
}

/// Name -> content, for up to three layers; a name stands in one layer at most.
type Model = Vec<BTreeMap<String, u8>>;

fn models() -> impl Strategy<Value = Model> {
    let placed = (0..3_usize, 0..4_u8);
    prop::collection::btree_map("[a-e]{1,2}", placed, 0..12).prop_flat_map(|names| {
        (1..4_usize).prop_map(move |layers| {
            let mut model = vec![BTreeMap::new(); layers];
            for (name, (layer, content)) in &names {
                model[layer % layers].insert(name.clone(), *content);
            }
            model
        })
    })
}

/// What lies over the layers, if anything does: of names that they may have too.
fn over() -> impl Strategy<Value = Option<BTreeMap<String, u8>>> {
    prop::option::of(prop::collection::btree_map("[a-e]{1,2}", 0..4_u8, 0..6))
}

/// Edits the layers of one model into those of the next, as the reconciler does.
fn edit(from: &[Arc<Layer>], to: &Model) -> Vec<Arc<Layer>> {
    let none = Arc::<Layer>::default();
    to.iter()
        .enumerate()
        .map(|(place, model)| {
            let old = from.get(place).unwrap_or(&none);
            let mut edit = old.edit();
            for name in old
                .table(ENDPOINTS)
                .iter()
                .map(|resource| resource.name().clone())
            {
                if !model.contains_key(&*name) {
                    edit.remove(ENDPOINTS, &name);
                }
            }
            for (name, content) in model {
                edit.insert(resource(name, *content));
            }
            edit.finish().unwrap_or_else(|| old.clone())
        })
        .collect()
}

fn flat(model: &Model) -> BTreeMap<String, u8> {
    model
        .iter()
        .flatten()
        .map(|(name, content)| (name.clone(), *content))
        .collect()
}

proptest! {
    #[test]
    fn what_differs_between_two_snapshots_is_told_exactly(
        models in prop::collection::vec((models(), over()), 2..5),
    ) {
        let mut layers = Vec::new();
        let mut lying_over: Option<Arc<Layer>> = None;
        let mut before = Snapshot::default();
        let mut known = BTreeMap::new();
        for (model, over) in &models {
            layers = edit(&layers, model);
            lying_over = over.as_ref().map(|over| {
                let from: Vec<_> = lying_over.into_iter().collect();
                edit(&from, &vec![over.clone()]).remove(0)
            });
            let after = snapshot(&layers).under(lying_over.clone());
            let mut wanted = flat(model);
            wanted.extend(over.clone().unwrap_or_default());
            let mut told = BTreeMap::new();
            for change in after.changes_since(&before, ENDPOINTS) {
                let content = match &change {
                    Change::Set(new) => Some(new.hash()),
                    Change::Gone(_) => None,
                };
                prop_assert!(told.insert(change.name().to_string(), content).is_none(), "told twice");
            }
            let names = known.keys().chain(wanted.keys()).cloned().collect::<std::collections::BTreeSet<String>>();
            for name in names {
                let (old, new) = (known.get(&name), wanted.get(&name));
                let expected = (old != new).then(|| new.map(|content| resource(&name, *content).hash()));
                prop_assert_eq!(told.get(&name).copied(), expected, "{}", name);
            }
            let sum = wanted.iter().fold(TypeVersion::default(), |sum, (name, content)| {
                sum.with(resource(name, *content).hash())
            });
            prop_assert_eq!(after.version(ENDPOINTS), sum);
            prop_assert_eq!(after.len(ENDPOINTS), wanted.len());
            let seen: BTreeMap<String, Hash> = after
                .iter(ENDPOINTS)
                .map(|it| (it.name().to_string(), it.hash()))
                .collect();
            let expected = wanted.iter().map(|(name, content)| (name.clone(), resource(name, *content).hash()));
            prop_assert_eq!(seen, expected.collect());
            prop_assert_eq!(after.iter(ENDPOINTS).count(), wanted.len());
            known = wanted;
            before = after;
        }
    }
}

#[test]
fn an_edit_that_changes_nothing_leaves_the_layer_as_it_is() {
    let mut edit = Layer::default().edit();
    assert!(edit.insert(resource("a", 1)));
    let layer = edit.finish().unwrap();
    let mut edit = layer.edit();
    assert!(!edit.insert(resource("a", 1)));
    assert!(!edit.remove(ENDPOINTS, "b"));
    assert!(edit.finish().is_none());
}

#[test]
fn a_layer_that_comes_before_others_is_told_and_they_are_not() {
    let layer = |names: &[&str]| {
        let mut edit = Layer::default().edit();
        for name in names {
            edit.insert(resource(name, 1));
        }
        edit.finish().unwrap()
    };
    let (mesh, namespace, own) = (layer(&["a"]), layer(&["b", "c"]), layer(&["d"]));
    let before = snapshot(&[mesh.clone(), own.clone()]);
    let after = snapshot(&[namespace, mesh, own]);
    let names = |changes: Vec<Change>| -> Vec<String> {
        changes
            .iter()
            .map(|change| change.name().to_string())
            .collect()
    };
    assert_eq!(names(after.changes_since(&before, ENDPOINTS)), ["b", "c"]);
    let gone = before.changes_since(&after, ENDPOINTS);
    assert!(gone.iter().all(|change| matches!(change, Change::Gone(_))));
    assert_eq!(names(gone), ["b", "c"]);
}

/// A test that runs itself in fresh processes: each has other random keys for its hash maps.
#[test]
fn twenty_fresh_processes_seal_to_the_same_hash() {
    use envoy_types::pb::google::protobuf::{Struct, Value, value::Kind};
    const CHILD: &str = "NETLOFT_TEST_SEALS_ONCE";
    let number = |n: i32| {
        let kind = Some(Kind::NumberValue(n.into()));
        (format!("key-{n}"), Value { kind })
    };
    let message = Struct {
        fields: (0..50).map(number).collect(),
    };
    let said = format!("sealed:{}", Hash::of("t", &pack(&message).unwrap().value));
    if std::env::var_os(CHILD).is_some() {
        println!("{said}");
        return;
    }
    let program = std::env::current_exe().unwrap();
    for _ in 0..20 {
        let output = Command::new(&program)
            .args(["--exact", "--nocapture"])
            .arg("snapshot::tests::twenty_fresh_processes_seal_to_the_same_hash")
            .env(CHILD, "")
            .output()
            .unwrap();
        let child = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(child.contains(&said), "{said} is not in {child}");
    }
}
