//! What is compiled step by step equals what is compiled from nothing, and leaves nothing behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};

use super::world::{graph_of, held};
use crate::{
    model::{Document, DocumentKey},
    reconcile::graph::Graph,
    snapshot::{ScopeId, Snapshot, TypeIx},
    view::{
        Change, Facts, ReadKey,
        worlds::{Edit, beginning, put, step},
    },
};

/// A graph that lives through edits, and what is needed to compile the same from nothing.
struct Story {
    graph: Graph,
    revision: u64,
    documents: BTreeMap<DocumentKey, Arc<Document>>,
    /// Where each proxy that is connected is.
    proxies: BTreeMap<Facts, ScopeId>,
}

impl Story {
    fn new(forget: Option<Forget>) -> Self {
        let mut graph = Graph::default();
        graph.memo.forget = forget;
        Self {
            graph,
            revision: 0,
            documents: BTreeMap::new(),
            proxies: BTreeMap::new(),
        }
    }

    fn live_through(&mut self, edits: &[Edit]) -> Result<(), TestCaseError> {
        let mut changes: Vec<Change> = Vec::new();
        for edit in edits {
            match edit {
                Edit::Put(document) => {
                    let mut document = document.clone();
                    let old = self.documents.get(&document.key());
                    let created = old.and_then(|old| old.created);
                    Arc::make_mut(&mut document).created = created.or(Some(self.revision + 1));
                    changes.push(put(&document));
                    self.documents.insert(document.key(), document);
                }
                Edit::Delete(key) => {
                    self.documents.remove(key);
                    changes.push((key.clone(), None));
                }
                Edit::Open(facts) => {
                    let (scope, _) = self.graph.open_scope(facts);
                    self.proxies.insert(facts.clone(), scope);
                }
                Edit::Close => {
                    let oldest = self.graph.scopes().next();
                    if let Some(scope) = oldest {
                        self.graph.close_scope(scope);
                        self.proxies.retain(|_, at| *at != scope);
                    }
                }
            }
        }
        self.revision += 1;
        let before = self.snapshots();
        let (view, changed) = self.graph.view().apply(self.revision, &changes);
        let step = self.graph.update(view, &changed);
        for moved in &step.moved {
            prop_assert_eq!(
                self.proxies.insert(moved.facts.clone(), moved.to),
                Some(moved.from)
            );
        }
        let mut named: BTreeMap<ScopeId, BTreeSet<_>> = BTreeMap::new();
        for changed in &step.changed {
            let names = changed.names.iter().map(|name| (changed.ty, name.clone()));
            named.entry(changed.scope).or_default().extend(names);
        }
        for (scope, before) in before {
            let Some(after) = self.graph.snapshot(scope) else {
                continue;
            };
            let differing = differing(&before, &after);
            prop_assert_eq!(
                named.remove(&scope).unwrap_or_default(),
                differing,
                "named as changed"
            );
        }
        Ok(())
    }

    fn snapshots(&self) -> Vec<(ScopeId, Snapshot)> {
        let scopes = self.graph.scopes();
        scopes
            .filter_map(|scope| Some((scope, self.graph.snapshot(scope)?)))
            .collect()
    }

    /// Every proxy is given what a graph that never saw anything else would give it, and the
    /// graph has kept nothing that such a one would not have.
    fn equals_a_compile_from_nothing(&mut self) -> Result<(), TestCaseError> {
        let mut fresh = graph_of(self.documents.values());
        for (facts, scope) in &self.proxies {
            let (_, expected) = fresh.open_scope(facts);
            let found = self.graph.snapshot(*scope).unwrap_or_default();
            prop_assert_eq!(held(&found), held(&expected), "{:?}", facts);
            // The one that was asked for it is in the scope that it would be given today.
            prop_assert_eq!(self.graph.open_scope(facts).0, *scope);
        }
        prop_assert_eq!(self.graph.problems(), fresh.problems());
        prop_assert!(self.graph.memo.shared_but_particular().is_empty());
        Ok(())
    }

    fn leaves_nothing_behind(&mut self) -> Result<(), TestCaseError> {
        let scopes: Vec<_> = self.graph.scopes().collect();
        for scope in scopes {
            self.graph.close_scope(scope);
        }
        let fresh = graph_of(self.documents.values());
        prop_assert_eq!(self.graph.memo.size(), fresh.memo.size());
        prop_assert_eq!(self.graph.scopes.size(), [0, 0]);
        let changes: Vec<Change> = self
            .documents
            .keys()
            .map(|key| (key.clone(), None))
            .collect();
        let (view, changed) = self.graph.view().apply(self.revision + 1, &changes);
        prop_assert_eq!(view.derived(), 0);
        self.graph.update(view, &changed);
        prop_assert_eq!(self.graph.memo.size(), [0; 4]);
        prop_assert!(self.graph.roots.is_empty());
        Ok(())
    }
}

/// Names whose bytes differ.
fn differing(before: &Snapshot, after: &Snapshot) -> BTreeSet<(TypeIx, Arc<str>)> {
    let names = |of: &Snapshot| held(of).into_keys().collect::<BTreeSet<_>>();
    let hash = |of: &Snapshot, (ty, name): &(TypeIx, Arc<str>)| {
        of.get(*ty, name).map(|resource| resource.hash())
    };
    let names = &names(before) | &names(after);
    names
        .into_iter()
        .filter(|name| hash(before, name) != hash(after, name))
        .collect()
}

/// Reads that go past the lens.
type Forget = fn(&ReadKey) -> bool;

fn run(cases: u32, forget: Option<Forget>) -> Result<(), String> {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: if forget.is_some() { 0 } else { 2_000 },
        ..ProptestConfig::default()
    };
    let steps = (beginning(), prop::collection::vec(step(), 1..16));
    let told = TestRunner::new(config).run(&steps, |(beginning, steps)| {
        let mut story = Story::new(forget);
        for edits in std::iter::once(&beginning).chain(&steps) {
            story.live_through(edits)?;
            story.equals_a_compile_from_nothing()?;
        }
        story.leaves_nothing_behind()
    });
    told.map_err(|error| error.to_string())
}

#[test]
fn step_by_step_equals_from_nothing_whatever_is_edited() {
    let long = std::env::var_os("NETLOFT_LONG").is_some();
    run(if long { 5_000 } else { 150 }, None).unwrap();
}

#[test]
fn a_read_past_the_lens_is_found_out() {
    let forgetful: [(&str, Forget); 6] = [
        ("documents", |key| matches!(key, ReadKey::Document(_))),
        ("outlines", |key| matches!(key, ReadKey::Outline(_))),
        ("endpoints", |key| matches!(key, ReadKey::Inline(..))),
        ("attachments", |key| matches!(key, ReadKey::Attachment(_))),
        ("indexes", |key| matches!(key, ReadKey::Entry(_))),
        ("namespaces", |key| matches!(key, ReadKey::Namespaces)),
    ];
    for (what, forget) in forgetful {
        assert!(run(500, Some(forget)).is_err(), "{what} read past the lens");
    }
}
