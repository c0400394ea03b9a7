//! What would follow from a change, tried on a fork of what is compiled: the loop goes on meanwhile.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::oneshot;

use super::{
    graph::{Counts, Graph},
    run::{Command, Place, Reconciler},
};
use crate::{
    catalog::Current,
    snapshot::{Changed, Problem, ScopeId, Snapshot},
    view::{Change, classify},
    xds::StreamId,
};

/// What the loop has, lent to be tried on.
#[derive(Debug)]
pub(super) struct Fork {
    pub(super) graph: Graph,
    pub(super) seen: Arc<Current>,
    pub(super) places: HashMap<StreamId, Arc<Place>>,
}

/// What would follow from a change.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    /// Units that would be compiled.
    pub compiled: Counts,
    /// Names whose bytes would differ, by scope and type.
    pub changed: Vec<Changed>,
    /// What each scope of those is given, and would be.
    pub scopes: HashMap<ScopeId, (Snapshot, Snapshot)>,
    /// Streams that would be given another scope's resources.
    pub moved: Vec<Move>,
    /// What does not compile as declared.
    pub problems_before: Vec<Problem>,
    /// What would not.
    pub problems_after: Vec<Problem>,
}

/// A stream that would be given the resources of another scope.
#[derive(Debug, Clone)]
pub struct Move {
    /// The stream.
    pub stream: StreamId,
    /// What it is given.
    pub before: Snapshot,
    /// What it would be given.
    pub after: Snapshot,
}

impl Reconciler {
    /// What would follow from `changes` to the documents of `current`; none when the loop has ended.
    pub async fn plan(&self, current: Arc<Current>, changes: Vec<Change>) -> Option<Forecast> {
        let (reply, fork) = oneshot::channel();
        self.commands.send(Command::Fork { reply }).ok()?;
        let fork = fork.await.ok()?;
        tokio::task::spawn_blocking(move || fork.run(&current, &changes))
            .await
            .ok()
    }
}

impl Fork {
    fn run(mut self, current: &Current, changes: &[Change]) -> Forecast {
        // The loop may be behind, or ahead of, what the changes were made against.
        let apart = current.changes_since(&self.seen);
        self.go_on(current.revision.0, &apart);
        let places: Vec<_> = self
            .places
            .iter()
            .filter_map(|(stream, place)| {
                Some((*stream, place.clone(), self.graph.snapshot(place.scope?)?))
            })
            .collect();
        let before: HashMap<ScopeId, Snapshot> = self
            .graph
            .scopes()
            .filter_map(|id| Some((id, self.graph.snapshot(id)?)))
            .collect();
        let problems_before = self.graph.problems();

        let step = self.go_on(current.revision.0.saturating_add(1), changes);
        let mut scopes = HashMap::new();
        for one in &step.changed {
            if let (Some(old), Some(new)) = (before.get(&one.scope), self.graph.snapshot(one.scope))
            {
                scopes.insert(one.scope, (old.clone(), new));
            }
        }
        let moves = |place: &Place| {
            step.classes_changed || step.moved.iter().any(|moved| moved.facts == *place.facts)
        };
        let mut moved = Vec::new();
        for (stream, place, before) in places {
            if !moves(&place) {
                continue;
            }
            let facts = classify(self.graph.view(), &place.node);
            let (scope, after) = self.graph.open_scope(&facts);
            if Some(scope) != place.scope {
                moved.push(Move {
                    stream,
                    before,
                    after,
                });
            }
        }
        Forecast {
            compiled: step.compiled,
            changed: step.changed,
            scopes,
            moved,
            problems_before,
            problems_after: self.graph.problems(),
        }
    }

    fn go_on(&mut self, revision: u64, changes: &[Change]) -> super::graph::Step {
        let (view, changed) = self.graph.view().apply(revision, changes);
        self.graph.update(view, &changed)
    }
}
