//! The catalog over a store in memory.

use std::sync::Arc;

use netloft_store::{Store, memory::Memory};

use super::{Applied, Catalog, Config, Edit, Error, Outcome, Terms, Verdict};
use crate::{
    model::{Document, DocumentKey, Kind, Metadata, Origin, Spec},
    snapshot::Revision,
};

fn service(name: &str, port: u16) -> Document {
    let spec = serde_json::json!({ "ports": [{ "port": port }], "dns": ["example.test"] });
    Document {
        metadata: Metadata {
            name: name.into(),
            namespace: "shop".into(),
            labels: Default::default(),
            annotations: Default::default(),
        },
        spec: Spec::from_json(Kind::Service, spec).unwrap(),
        origin: Origin {
            source: "apply".into(),
            line: Some(1),
            ..Origin::default()
        },
        created: None,
    }
}

fn key(name: &str) -> DocumentKey {
    DocumentKey {
        kind: Kind::Service,
        namespace: "shop".into(),
        name: name.into(),
    }
}

fn terms() -> Terms {
    Terms {
        author: "ada".to_owned(),
        message: "why not".to_owned(),
        dry_run: false,
        at: 1_000,
        receipt: None,
    }
}

fn put(document: Document) -> Edit {
    Edit::Put(Arc::new(document))
}

fn store() -> Arc<dyn Store> {
    Arc::new(Memory::default())
}

async fn catalog() -> Catalog {
    Catalog::open(store(), &Config::default()).await.unwrap()
}

async fn apply(catalog: &Catalog, changes: impl IntoIterator<Item = Edit>) -> Applied {
    let changes: Vec<Edit> = changes.into_iter().collect();
    let verdict = catalog.write(terms(), |_| Ok::<_, ()>(changes.clone()));
    match verdict.await.unwrap() {
        Verdict::Applied(applied) => applied,
        Verdict::Invalid(()) => unreachable!("the check never says no"),
    }
}

fn outcomes(applied: &Applied) -> Vec<Outcome> {
    applied
        .outcomes
        .iter()
        .map(|(_, outcome)| *outcome)
        .collect()
}

#[tokio::test]
async fn many_documents_become_one_revision_and_can_be_read_on_return() {
    let catalog = catalog().await;
    let applied = apply(&catalog, [put(service("a", 80)), put(service("b", 80))]).await;
    assert_eq!(applied.revision, Revision(1));
    assert_eq!(outcomes(&applied), [Outcome::Created, Outcome::Created]);
    let current = catalog.current();
    assert_eq!(current.revision, Revision(1));
    let expected = Document {
        created: Some(1),
        ..service("a", 80)
    };
    assert_eq!(*current.get(&key("a")).unwrap().document, expected);

    let applied = apply(&catalog, [put(service("a", 81)), Edit::Delete(key("b"))]).await;
    assert_eq!(applied.revision, Revision(2));
    assert_eq!(outcomes(&applied), [Outcome::Configured, Outcome::Deleted]);
    let current = catalog.current();
    assert_eq!(current.get(&key("a")).unwrap().document.created, Some(1));
    assert!(current.get(&key("b")).is_none());
}

#[tokio::test]
async fn declaring_the_same_from_another_line_makes_no_revision() {
    let catalog = catalog().await;
    apply(&catalog, [put(service("a", 80))]).await;
    let mut moved = service("a", 80);
    moved.origin.line = Some(7);
    let applied = apply(&catalog, [put(moved), Edit::Delete(key("ghost"))]).await;
    assert_eq!(outcomes(&applied), [Outcome::Unchanged, Outcome::NotFound]);
    assert_eq!(applied.revision, Revision(1));
}

/// Where each of `names` stands, by `catalog`.
fn lines(catalog: &Catalog, names: [&str; 3]) -> [Option<(u32, Option<String>)>; 3] {
    let current = catalog.current();
    names.map(|name| {
        let origin = &current.get(&key(name))?.document.origin;
        Some((origin.line?, origin.text.as_deref().map(str::to_owned)))
    })
}

fn standing(name: &str, port: u16, line: u32, text: &str) -> Edit {
    let mut document = service(name, port);
    document.origin.file = Some("mesh.yaml".into());
    document.origin.line = Some(line);
    document.origin.text = Some(text.into());
    put(document)
}

#[tokio::test]
async fn errors_point_to_where_an_unchanged_document_stands_now_also_after_a_restart() {
    let store = store();
    let open = async || {
        Catalog::open(store.clone(), &Config::default())
            .await
            .unwrap()
    };
    let catalog = open().await;
    let at = |line, text: &str| Some((line, Some(text.to_owned())));
    let first = ["a", "b", "c"].map(|name| standing(name, 80, 1, "# as it was"));
    apply(&catalog, first).await;
    // a moved, b moved and was written otherwise, c changed: one transaction, one revision.
    let second = [
        standing("a", 80, 5, "# as it was"),
        standing("b", 80, 9, "# with a remark"),
        standing("c", 81, 13, "# as it was"),
    ];
    let applied = apply(&catalog, second.clone()).await;
    let changed = [Outcome::Unchanged, Outcome::Unchanged, Outcome::Configured];
    assert_eq!(outcomes(&applied), changed);
    assert_eq!(applied.revision, Revision(2));
    let now = [
        at(5, "# as it was"),
        at(9, "# with a remark"),
        at(13, "# as it was"),
    ];
    assert_eq!(lines(&catalog, ["a", "b", "c"]), now);
    assert_eq!(
        lines(&open().await, ["a", "b", "c"]),
        now,
        "after a restart"
    );

    // Nothing is written twice, and a picture is made only where something moved.
    let before = catalog.current();
    apply(&catalog, second).await;
    assert!(Arc::ptr_eq(&before, &catalog.current()));
}

#[tokio::test]
async fn where_a_document_stood_before_it_was_written_again_is_forgotten() {
    let store = store();
    let catalog = Catalog::open(store.clone(), &Config::default())
        .await
        .unwrap();
    let records = async || {
        let prefix = netloft_store::Prefix::new("default/origins/").unwrap();
        let options = netloft_store::ListOptions::default();
        let page = store.list(netloft_store::Space::Records, &prefix, options);
        page.await.unwrap().objects.len()
    };
    let forgets = [
        ("changed", standing("a", 81, 3, "#")),
        ("deleted", Edit::Delete(key("a"))),
        ("moved back", standing("a", 80, 1, "#")),
    ];
    for (what, last) in forgets {
        apply(&catalog, [standing("a", 80, 1, "#")]).await;
        apply(&catalog, [standing("a", 80, 7, "#")]).await;
        assert_eq!(records().await, 1, "{what}");
        apply(&catalog, [last]).await;
        assert_eq!(records().await, 0, "{what}");
    }
}

#[tokio::test]
async fn a_place_in_a_file_is_not_given_up_for_none() {
    let catalog = catalog().await;
    apply(&catalog, [standing("a", 80, 7, "#")]).await;
    apply(&catalog, [put(service("a", 80))]).await;
    assert_eq!(
        lines(&catalog, ["a", "x", "x"])[0],
        Some((7, Some("#".to_owned())))
    );
}

#[tokio::test]
async fn a_dry_run_moves_nothing() {
    let catalog = catalog().await;
    apply(&catalog, [standing("a", 80, 1, "#")]).await;
    let dry = Terms {
        dry_run: true,
        ..terms()
    };
    let make = |_: &_| Ok::<_, ()>(vec![standing("a", 80, 7, "#")]);
    catalog.write(dry, make).await.unwrap();
    assert_eq!(
        lines(&catalog, ["a", "x", "x"])[0],
        Some((1, Some("#".to_owned())))
    );
}

#[tokio::test]
async fn documents_of_every_shape_are_stored_under_keys_of_their_own() {
    let yaml = "
{apiVersion: v1, kind: Namespace, metadata: {name: a}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}, data: {a: b}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: a}, spec: {controllerName: b.c/d}}";
    let source = crate::check::Source {
        file: None,
        text: yaml,
    };
    let checked = crate::check::documents(&[source], "shop");
    assert_eq!(checked.diagnostics, []);
    let mut declared = checked.documents;
    declared.push(service("a", 80));

    let store = store();
    let first = Catalog::open(store.clone(), &Config::default())
        .await
        .unwrap();
    apply(&first, declared.iter().cloned().map(put)).await;
    let again = Catalog::open(store, &Config::default())
        .await
        .unwrap()
        .current();
    assert_eq!(again.len(), declared.len());
    for mut document in declared {
        document.created = Some(1);
        let stored = again.get(&document.key()).map(|stored| &*stored.document);
        assert_eq!(stored, Some(&document));
    }
}

#[tokio::test]
async fn the_generation_counts_changes_of_the_spec_alone() {
    let catalog = catalog().await;
    apply(&catalog, [put(service("a", 80))]).await;
    let uid = catalog.current().get(&key("a")).unwrap().uid;

    let mut labelled = service("a", 80);
    labelled.metadata.labels.insert("team".into(), "red".into());
    apply(&catalog, [put(labelled)]).await;
    assert_eq!(catalog.current().get(&key("a")).unwrap().generation, 1);

    apply(&catalog, [put(service("a", 81))]).await;
    let current = catalog.current();
    let stored = current.get(&key("a")).unwrap();
    assert_eq!((stored.generation, stored.uid), (2, uid));
    assert_eq!(
        (stored.created.revision, stored.changed.revision),
        (Revision(1), Revision(3))
    );

    apply(&catalog, [Edit::Delete(key("a"))]).await;
    apply(&catalog, [put(service("a", 81))]).await;
    let current = catalog.current();
    let again = current.get(&key("a")).unwrap();
    assert_eq!(again.generation, 1);
    assert_ne!(again.uid, uid, "another document of the same name");
}

#[tokio::test]
async fn what_the_check_turns_down_and_what_is_only_tried_writes_nothing() {
    let catalog = catalog().await;
    let verdict = catalog.write(terms(), |_| Err("no")).await.unwrap();
    assert!(matches!(verdict, Verdict::Invalid("no")));

    let tried = Terms {
        dry_run: true,
        ..terms()
    };
    let edits = |_: &_| Ok::<_, ()>(vec![put(service("a", 80))]);
    let verdict = catalog.write(tried, edits).await.unwrap();
    let Verdict::Applied(applied) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(outcomes(&applied), [Outcome::Created]);
    assert_eq!(applied.revision, Revision(0));
    assert!(catalog.current().is_empty());
}

#[tokio::test]
async fn a_document_that_stands_twice_in_a_transaction_is_refused() {
    let catalog = catalog().await;
    let twice = |_: &_| Ok::<_, ()>(vec![put(service("a", 80)), Edit::Delete(key("a"))]);
    let error = catalog.write(terms(), twice).await.unwrap_err();
    assert!(matches!(error, Error::Twice(twice) if twice == key("a")));
}

#[tokio::test]
async fn what_another_replica_writes_is_seen_and_checked_against() {
    let store = store();
    let here = Catalog::open(store.clone(), &Config::default())
        .await
        .unwrap();
    let there = Catalog::open(store, &Config::default()).await.unwrap();
    apply(&there, [put(service("theirs", 80))]).await;

    let mut seen = Vec::new();
    let verdict = here
        .write(terms(), |current| {
            seen.push(current.revision);
            Ok::<_, ()>(vec![put(service("ours", 80))])
        })
        .await
        .unwrap();
    let Verdict::Applied(applied) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(applied.revision, Revision(2));
    assert_eq!(
        seen.last(),
        Some(&Revision(1)),
        "the commit was checked against their write"
    );
    assert!(here.current().get(&key("theirs")).is_some());
}

#[tokio::test]
async fn a_write_answers_with_each_document_as_it_is_stored() {
    let catalog = catalog().await;
    let applied = apply(&catalog, [put(service("a", 80)), put(service("b", 80))]).await;
    for (key, _) in &applied.outcomes {
        let told = applied.documents.iter().flatten();
        let mut told = told;
        let told = told.find(|stored| stored.document.key() == *key);
        assert_eq!(told, catalog.current().get(key));
    }
    let applied = apply(&catalog, [put(service("a", 81)), Edit::Delete(key("b"))]).await;
    let revisions = applied.documents.iter().flatten();
    let revisions = revisions.map(|stored| (stored.created.revision.0, stored.changed.revision.0));
    assert_eq!(revisions.collect::<Vec<_>>(), [(1, 2), (1, 1)]);
}

#[tokio::test]
async fn what_changed_between_two_pictures_is_told_exactly() {
    let catalog = catalog().await;
    apply(
        &catalog,
        (0..100).map(|n| put(service(&format!("s-{n}"), 80))),
    )
    .await;
    let before = catalog.current();
    apply(
        &catalog,
        [
            put(service("s-7", 81)),
            Edit::Delete(key("s-8")),
            put(service("new", 1)),
        ],
    )
    .await;
    let changes: Vec<_> = catalog
        .current()
        .changes_since(&before)
        .into_iter()
        .map(|(key, document)| (key.name.to_string(), document.is_some()))
        .collect();
    let expected = [("new", true), ("s-7", true), ("s-8", false)];
    assert_eq!(
        changes,
        expected.map(|(name, there)| (name.to_owned(), there))
    );
}

#[tokio::test]
async fn what_is_stored_is_what_was_declared() {
    let store = store();
    let first = Catalog::open(store.clone(), &Config::default())
        .await
        .unwrap();
    apply(&first, [put(service("a", 80))]).await;
    let again = Catalog::open(store, &Config::default()).await.unwrap();
    let (a, b) = (first.current(), again.current());
    assert_eq!(
        a.get(&key("a")).unwrap().document,
        b.get(&key("a")).unwrap().document
    );
    assert_eq!(a.get(&key("a")).unwrap().uid, b.get(&key("a")).unwrap().uid);
}
