//! Server-side apply by its rules, one a test, and over random histories.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FieldSet, Grain, Managers, grain, merge};

/// Maps, lists with keys, sets and atoms, inside one another.
fn grain() -> Grain {
    grain::read(&json!({
        "type": "object",
        "properties": {
            "size": { "type": "integer" },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "ports": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port"],
                "items": {
                    "type": "object",
                    "properties": { "port": { "type": "integer" }, "name": { "type": "string" } },
                },
            },
            "hosts": {
                "type": "array",
                "x-kubernetes-list-type": "set",
                "items": { "type": "string" },
            },
            "rules": { "type": "array", "items": { "type": "string" } },
        },
    }))
}

/// A document that managers apply to and write.
struct History {
    object: Value,
    managers: Managers,
}

impl History {
    fn new() -> Self {
        Self {
            object: json!({}),
            managers: Managers::default(),
        }
    }

    fn apply(&mut self, name: &str, config: &Value, force: bool) -> Result<(), Vec<String>> {
        let pair = (&self.object, config);
        match self.managers.applied(name, 1, &grain(), pair, force) {
            Ok((object, managers)) => {
                (self.object, self.managers) = (object, managers);
                Ok(())
            }
            Err(conflicts) => Err(conflicts
                .iter()
                .flat_map(|conflict| {
                    let paths = conflict.fields.paths().into_iter();
                    paths.map(|path| format!("{} {path}", conflict.manager))
                })
                .collect()),
        }
    }

    fn write(&mut self, name: &str, object: Value) {
        self.managers = self
            .managers
            .updated(name, 1, &grain(), &self.object, &object);
        self.object = object;
    }

    fn managed_by(&self, name: &str) -> Vec<String> {
        let mine = self
            .managers
            .0
            .iter()
            .filter(|manager| *manager.name == *name);
        mine.flat_map(|manager| manager.fields.paths()).collect()
    }
}

#[test]
fn each_manager_has_what_it_said_and_the_object_has_it_all() {
    let mut history = History::new();
    history
        .apply(
            "a",
            &json!({ "size": 1, "ports": [{ "port": 80, "name": "web" }] }),
            false,
        )
        .unwrap();
    history
        .apply(
            "b",
            &json!({ "labels": { "x": "1" }, "ports": [{ "port": 81 }] }),
            false,
        )
        .unwrap();
    assert_eq!(
        history.object,
        json!({
            "size": 1,
            "ports": [{ "port": 80, "name": "web" }, { "port": 81 }],
            "labels": { "x": "1" },
        })
    );
    assert_eq!(
        history.managed_by("b"),
        [".labels.x", ".ports[port=81]", ".ports[port=81].port"]
    );
}

#[test]
fn what_another_manages_is_changed_only_by_force() {
    let mut history = History::new();
    history
        .apply(
            "a",
            &json!({ "size": 1, "ports": [{ "port": 80, "name": "web" }] }),
            false,
        )
        .unwrap();
    let config = json!({ "size": 2, "ports": [{ "port": 80, "name": "http" }] });
    let before = history.object.clone();
    assert_eq!(
        history.apply("b", &config, false),
        Err(vec![
            "a .ports[port=80].name".to_owned(),
            "a .size".to_owned()
        ])
    );
    assert_eq!(history.object, before);
    history.apply("b", &config, true).unwrap();
    assert_eq!(history.object, config);
    assert_eq!(
        history.managed_by("a"),
        [".ports[port=80]", ".ports[port=80].port"]
    );
}

#[test]
fn two_may_say_the_same() {
    let mut history = History::new();
    for name in ["a", "b"] {
        history
            .apply(name, &json!({ "size": 1, "hosts": ["x"] }), false)
            .unwrap();
        assert_eq!(history.managed_by(name), [".hosts[=\"x\"]", ".size"]);
    }
    // What one no longer says stays as long as the other does.
    history.apply("a", &json!({}), false).unwrap();
    assert_eq!(history.object, json!({ "size": 1, "hosts": ["x"] }));
    history.apply("b", &json!({}), false).unwrap();
    assert_eq!(history.object, json!({}));
    assert_eq!(history.managers, Managers::default());
}

#[test]
fn what_a_manager_no_longer_says_goes_and_nothing_else() {
    let mut history = History::new();
    history
        .apply("a", &json!({ "size": 1, "labels": { "x": "1", "y": "2" }, "ports": [{ "port": 80 }, { "port": 81 }] }), false)
        .unwrap();
    history
        .apply("b", &json!({ "labels": { "z": "3" } }), false)
        .unwrap();
    history
        .apply(
            "a",
            &json!({ "labels": { "y": "2" }, "ports": [{ "port": 81 }] }),
            false,
        )
        .unwrap();
    assert_eq!(
        history.object,
        json!({ "labels": { "y": "2", "z": "3" }, "ports": [{ "port": 81 }] })
    );
}

#[test]
fn an_item_that_another_has_something_in_is_not_taken_away() {
    let mut history = History::new();
    history
        .apply("a", &json!({ "ports": [{ "port": 80 }] }), false)
        .unwrap();
    history.write(
        "editor",
        json!({ "ports": [{ "port": 80, "name": "web" }] }),
    );
    history.apply("a", &json!({}), false).unwrap();
    assert_eq!(
        history.object,
        json!({ "ports": [{ "port": 80, "name": "web" }] })
    );
}

#[test]
fn who_writes_takes_what_it_changes_and_an_apply_is_told() {
    let mut history = History::new();
    history
        .apply("a", &json!({ "size": 1, "rules": ["r"] }), false)
        .unwrap();
    history.write("editor", json!({ "size": 2, "rules": ["r"] }));
    assert_eq!(history.managed_by("editor"), [".size"]);
    assert_eq!(history.managed_by("a"), [".rules"]);
    let told = history.apply("a", &json!({ "size": 1, "rules": ["r"] }), false);
    assert_eq!(told, Err(vec!["editor .size".to_owned()]));
    history.write("editor", json!({ "rules": ["r"] }));
    assert_eq!(
        history.managed_by("editor"),
        [""; 0],
        "of what is gone nobody manages anything"
    );
}

#[test]
fn a_list_without_keys_is_one_field() {
    let mut history = History::new();
    history
        .apply("a", &json!({ "rules": ["r", "s"] }), false)
        .unwrap();
    let told = history.apply("b", &json!({ "rules": ["r"] }), false);
    assert_eq!(told, Err(vec!["a .rules".to_owned()]));
    history
        .apply("b", &json!({ "rules": ["r"] }), true)
        .unwrap();
    assert_eq!(history.object, json!({ "rules": ["r"] }));
}

#[test]
fn items_stand_as_the_manager_has_them_and_others_where_they_stood() {
    let mut history = History::new();
    history
        .apply("a", &json!({ "hosts": ["x", "y"] }), false)
        .unwrap();
    history
        .apply("b", &json!({ "hosts": ["y", "x", "z"] }), false)
        .unwrap();
    assert_eq!(history.object, json!({ "hosts": ["y", "x", "z"] }));
    history
        .apply("a", &json!({ "hosts": ["w"] }), false)
        .unwrap();
    assert_eq!(history.object, json!({ "hosts": ["y", "x", "z", "w"] }));
}

#[test]
fn a_set_reads_back_from_what_it_writes_and_in_any_order() {
    let written = json!({
        "f:ports": { ".": {}, "k:{\"port\":80}": { ".": {}, "f:name": {}, "f:port": {} } },
        "f:hosts": { "v:\"x\"": {} },
        "f:size": {},
    });
    let set: FieldSet = serde_json::from_value(written).unwrap();
    assert_eq!(
        set.paths(),
        [
            ".hosts[=\"x\"]",
            ".ports",
            ".ports[port=80]",
            ".ports[port=80].name",
            ".ports[port=80].port",
            ".size"
        ]
    );
    let again = serde_json::to_value(&set).unwrap();
    assert_eq!(serde_json::from_value::<FieldSet>(again).unwrap(), set);
    let two = |keys: &str| -> FieldSet { serde_json::from_value(json!({ keys: {} })).unwrap() };
    assert_eq!(two("k:{\"a\":1,\"b\":2}"), two("k:{\"b\":2,\"a\":1}"));
    for bad in [
        json!([]),
        json!({ "x": {} }),
        json!({ "k:{": {} }),
        json!({ "f:a": 1 }),
    ] {
        assert!(serde_json::from_value::<FieldSet>(bad).is_err());
    }
}

fn configs() -> impl Strategy<Value = Value> {
    let maybe = |fields: BoxedStrategy<Value>| prop::option::of(fields);
    let size = (1..3).prop_map(Value::from).boxed();
    let labels = prop::collection::btree_map("[xy]", "[12]", 0..3);
    let ports = prop::collection::btree_map(80..83_u16, prop::option::of("[ab]"), 0..3);
    let hosts = prop::collection::btree_set("[xyz]", 0..3);
    let parts = (
        maybe(size),
        maybe(labels.prop_map(|labels| json!(labels)).boxed()),
        maybe(ports.prop_map(as_ports).boxed()),
        maybe(hosts.prop_map(|hosts| json!(hosts)).boxed()),
    );
    parts.prop_map(|(size, labels, ports, hosts)| {
        let parts = [
            ("size", size),
            ("labels", labels),
            ("ports", ports),
            ("hosts", hosts),
        ];
        let parts = parts
            .into_iter()
            .filter_map(|(name, part)| Some((name.to_owned(), part?)));
        Value::Object(parts.collect())
    })
}

fn as_ports(ports: std::collections::BTreeMap<u16, Option<String>>) -> Value {
    let item = |(port, name): (u16, Option<String>)| match name {
        Some(name) => json!({ "port": port, "name": name }),
        None => json!({ "port": port }),
    };
    ports.into_iter().map(item).collect()
}

/// Whether a path is that of something that has fields of its own, which is a field only when empty.
fn is_container(path: &String) -> bool {
    ["", ".ports", ".hosts", ".labels"].contains(&&**path)
}

proptest! {
    /// After any history: what was just applied is so, applying it again changes nothing, what a
    /// manager did not say before or now did not change, and only what is there is managed.
    #[test]
    fn an_apply_does_what_it_says_and_no_more(
        steps in prop::collection::vec((0..3_u8, any::<bool>(), configs()), 1..8),
    ) {
        let grain = grain();
        let mut history = History::new();
        for (who, writes, config) in steps {
            let name = format!("m{who}");
            let before = history.object.clone();
            if writes {
                history.write(&name, config);
            } else {
                let mine = history.managers.0.iter().find(|manager| {
                    *manager.name == *name && manager.operation == super::Operation::Apply
                });
                let mine = mine.map(|manager| manager.fields.clone()).unwrap_or_default();
                history.apply(&name, &config, true).unwrap();
                let said = FieldSet::of(&grain, &config);
                prop_assert!(merge::changed(&grain, &history.object, &config).is_empty());
                // Nothing but what it said, or says, differs.
                let changed = merge::changed(&grain, &before, &history.object);
                prop_assert!(changed.without(&said).paths().iter().all(is_container));
                let gone = FieldSet::of(&grain, &before).without(&FieldSet::of(&grain, &history.object));
                prop_assert!(gone.without(&mine.union(&said)).paths().iter().all(is_container));
                let (object, managers) = (history.object.clone(), history.managers.clone());
                history.apply(&name, &config, false).unwrap();
                prop_assert_eq!((object, managers), (history.object.clone(), history.managers.clone()));
            }
            let there = FieldSet::of(&grain, &history.object);
            for manager in &history.managers.0 {
                let left = manager.fields.without(&there);
                prop_assert!(left.paths().iter().all(is_container), "{} of {:?}", manager.name, left.paths());
            }
        }
    }
}
