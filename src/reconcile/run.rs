//! The loop itself, on a thread of its own.

use std::{collections::HashMap, sync::Arc, thread, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use super::{graph::Graph, plan::Fork};
use crate::{
    catalog::Current,
    snapshot::{Cohort, Generation, Problem, Publication, Revision, ScopeId},
    view::{Facts, Node, classify},
    xds::{Cache, StreamId},
};

/// How long a scope outlives its last stream: a proxy that restarts finds it as it was.
const SCOPE_LINGERS: Duration = Duration::from_secs(60);

/// Most scopes at a time: each costs a route configuration of its own. A stream beyond it waits
/// until a scope is free.
pub const MAX_SCOPES: usize = 10_000;

/// What the loop is told.
#[derive(Debug)]
pub(super) enum Command {
    /// The stream waits in the lobby, or has said something new about itself.
    Seat { stream: StreamId, node: Node },
    /// The stream is gone.
    Leave { stream: StreamId },
    /// Somebody wants to try a change on what is compiled.
    Fork { reply: oneshot::Sender<Fork> },
}

/// What the loop has come to; read at any time.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// The newest documents that are compiled and published.
    pub revision: Revision,
    /// The newest publication; zero: there is none yet.
    pub generation: Generation,
    /// Scopes that are open now.
    pub scopes: usize,
    /// Streams that have a scope.
    pub streams: usize,
    /// Streams that wait for a scope to be free.
    pub waiting: usize,
    /// Units compiled since the start.
    pub compiled: u64,
    /// What did not compile as declared.
    pub problems: Arc<[Problem]>,
}

/// A handle to the running loop. The loop ends when the catalog is gone.
#[derive(Debug, Clone)]
pub struct Reconciler {
    pub(super) commands: mpsc::UnboundedSender<Command>,
    figures: watch::Receiver<Figures>,
}

impl Reconciler {
    /// Starts the loop: it publishes what follows from `documents` into `cache`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        documents: watch::Receiver<Arc<Current>>,
        cache: Arc<Cache>,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let (reconciler, run) = Self::with(documents, cache, MAX_SCOPES);
        thread::Builder::new()
            .name("reconcile".to_owned())
            .spawn(move || runtime.block_on(run))?;
        Ok(reconciler)
    }

    /// The loop as a future, with room for `most` scopes.
    fn with(
        documents: watch::Receiver<Arc<Current>>,
        cache: Arc<Cache>,
        most: usize,
    ) -> (Self, impl Future<Output = ()> + Send) {
        // Unbounded, but each stream has a few commands in it at most: it waits for the answer.
        let (commands, inbox) = mpsc::unbounded_channel();
        let (publish, figures) = watch::channel(Figures::default());
        let run = State::new(cache, publish, most).run(documents, inbox);
        (Self { commands, figures }, run)
    }

    /// Follows what it has come to.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Figures> {
        self.figures.clone()
    }

    /// What it has come to.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.figures.borrow().clone()
    }

    /// Waits until documents of `revision` or newer are published; false when the loop has ended.
    pub async fn reached(&self, revision: Revision) -> bool {
        let mut figures = self.figures.clone();
        let there = |figures: &Figures| figures.generation.0 > 0 && figures.revision >= revision;
        figures.wait_for(there).await.is_ok()
    }

    pub(super) fn is_running(&self) -> bool {
        !self.commands.is_closed()
    }
}

/// Where a stream sits.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) node: Node,
    pub(super) facts: Arc<Facts>,
    /// None: it waits for one to be free.
    pub(super) scope: Option<ScopeId>,
}

struct State {
    graph: Graph,
    seen: Arc<Current>,
    cache: Arc<Cache>,
    places: HashMap<StreamId, Arc<Place>>,
    /// How many streams there are of the same facts.
    alike: HashMap<Arc<Facts>, usize>,
    /// How many streams wait for a scope.
    waiting: usize,
    /// Most scopes at a time.
    most: usize,
    /// How many streams each scope has.
    taken: HashMap<ScopeId, usize>,
    /// Scopes without a stream, and until when they stay.
    idle: HashMap<ScopeId, Instant>,
    figures: watch::Sender<Figures>,
}

impl State {
    fn new(cache: Arc<Cache>, figures: watch::Sender<Figures>, most: usize) -> Self {
        Self {
            graph: Graph::default(),
            seen: Arc::default(),
            cache,
            places: HashMap::new(),
            alike: HashMap::new(),
            waiting: 0,
            most,
            taken: HashMap::new(),
            idle: HashMap::new(),
            figures,
        }
    }

    async fn run(
        mut self,
        mut documents: watch::Receiver<Arc<Current>>,
        mut inbox: mpsc::UnboundedReceiver<Command>,
    ) {
        let first = documents.borrow_and_update().clone();
        self.take_in(first);
        loop {
            let next_close = self.idle.values().min().copied();
            tokio::select! {
                // Documents first: who is seated behind a change gets it at once.
                biased;
                changed = documents.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let newest = documents.borrow_and_update().clone();
                    self.take_in(newest);
                }
                command = inbox.recv() => match command {
                    Some(Command::Seat { stream, node }) => self.seat(stream, node),
                    Some(Command::Leave { stream }) => self.rise(stream),
                    Some(Command::Fork { reply }) => self.fork(reply),
                    None => return,
                },
                () = tokio::time::sleep_until(next_close.unwrap_or_else(Instant::now)),
                    if next_close.is_some() => self.close_idle(),
            }
        }
    }

    /// Publishes what follows from `current`.
    fn take_in(&mut self, current: Arc<Current>) {
        let changes = current.changes_since(&self.seen);
        let (view, changed) = self.graph.view().apply(current.revision.0, &changes);
        let same_revision = current.revision == self.seen.revision;
        self.seen = current;
        if changed.is_empty() && same_revision && self.graph.generation() > Generation::default() {
            // Documents stand elsewhere in their files, which nothing that is compiled reads.
            return;
        }
        let step = self.graph.update(view, &changed);
        let publication = Publication {
            generation: step.generation,
            revision: step.revision,
            cohort: Cohort::default(),
            changed: step.changed,
        };
        // Every scope has the new revision, also where no byte of it differs: nobody is woken there.
        let scopes: Vec<ScopeId> = self.graph.scopes().collect();
        let snapshots = scopes
            .into_iter()
            .filter_map(|id| Some((id, self.graph.snapshot(id)?)));
        self.cache.publish(publication, snapshots.collect());
        for moved in step.moved {
            self.move_all(|place| *place.facts == moved.facts);
        }
        if step.classes_changed {
            self.move_all(|_| true);
        }
        let compiled: usize = step.compiled.values().sum();
        self.figures.send_modify(|figures| {
            figures.compiled += compiled as u64;
            if step.problems_changed {
                figures.problems = self.graph.problems().into();
            }
        });
        self.tell();
    }

    /// Finds the scope of every stream for which `affected` holds anew.
    fn move_all(&mut self, affected: impl Fn(&Place) -> bool) {
        let streams = self.places.iter().filter(|(_, place)| affected(place));
        let streams: Vec<StreamId> = streams.map(|(stream, _)| *stream).collect();
        for stream in streams {
            if let Some(place) = self.places.get(&stream) {
                let node = place.node.clone();
                self.seat(stream, node);
            }
        }
    }

    /// Gives a stream the scope that its facts ask for.
    fn seat(&mut self, stream: StreamId, node: Node) {
        let facts = Arc::new(classify(self.graph.view(), &node));
        // Before it rises: facts that stay the same are not forgotten.
        *self.alike.entry(facts.clone()).or_default() += 1;
        self.rise(stream);
        let scope = self.scope_for(&facts);
        if let Some(scope) = scope {
            *self.taken.entry(scope).or_default() += 1;
            self.idle.remove(&scope);
            if let Err(error) = self
                .cache
                .move_stream(stream, scope, Some(facts.class.clone()))
            {
                tracing::error!(%error, %stream, "a scope that is open is not in the cache");
            }
        } else {
            let most = self.most;
            tracing::warn!(%stream, "{most} kinds of proxies are connected: this one waits");
            self.waiting += 1;
        }
        let place = Arc::new(Place { node, facts, scope });
        self.places.insert(stream, place);
        self.tell();
    }

    fn scope_for(&mut self, facts: &Facts) -> Option<ScopeId> {
        let before = self.graph.scopes().count();
        let (scope, snapshot) = self.graph.open_scope(facts);
        if self.graph.scopes().count() > before {
            if before >= self.most {
                self.graph.close_scope(scope);
                return None;
            }
            self.cache.open(scope, snapshot);
        }
        Some(scope)
    }

    /// A stream leaves its scope.
    fn rise(&mut self, stream: StreamId) {
        let Some(place) = self.places.remove(&stream) else {
            return;
        };
        if let Some(alike) = self.alike.get_mut(&place.facts) {
            *alike -= 1;
            if *alike == 0 {
                self.alike.remove(&place.facts);
                self.graph.forget(&place.facts);
            }
        }
        let Some(scope) = place.scope else {
            self.waiting -= 1;
            self.tell();
            return;
        };
        let Some(taken) = self.taken.get_mut(&scope) else {
            return;
        };
        *taken -= 1;
        if *taken == 0 {
            self.taken.remove(&scope);
            self.idle.insert(scope, Instant::now() + SCOPE_LINGERS);
        }
        self.tell();
    }

    /// Lends what there is now. Costs a pointer for each stream and scope.
    fn fork(&self, reply: oneshot::Sender<Fork>) {
        // Who asked may have gone.
        let _ = reply.send(Fork {
            graph: self.graph.clone(),
            seen: self.seen.clone(),
            places: self.places.clone(),
        });
    }

    fn close_idle(&mut self) {
        let now = Instant::now();
        let due = self.idle.iter().filter(|(_, until)| **until <= now);
        let due: Vec<ScopeId> = due.map(|(scope, _)| *scope).collect();
        for scope in due {
            self.idle.remove(&scope);
            self.graph.close_scope(scope);
            self.cache.drop_scope(scope);
        }
        // A scope is free now: those that wait for one try again.
        self.move_all(|place| place.scope.is_none());
        self.tell();
    }

    fn tell(&self) {
        self.figures.send_modify(|figures| {
            figures.revision = self.seen.revision;
            figures.generation = self.graph.generation();
            figures.scopes = self.taken.len() + self.idle.len();
            figures.streams = self.places.len() - self.waiting;
            figures.waiting = self.waiting;
        });
    }
}

#[cfg(test)]
mod tests;
