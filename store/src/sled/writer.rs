//! The one thread that writes: groups of commits, each durable before anyone hears of it.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use super::{
    Request,
    entry::Entry,
    keeper::{Keeper, Room},
};
use crate::{
    Commit, Committed, Error, Op, Retention, Revision, Stats, TxnId,
    log::{Failure, Sequence, Writer},
    state::{Effect, State},
};

/// Most commits of one group.
const GROUP: usize = 256;
/// Most bytes of one group, but for a single larger commit.
const GROUP_BYTES: usize = 4 << 20;
/// How often what is not urgent is looked after.
const TICK: Duration = Duration::from_secs(1);

type Answer = oneshot::Sender<Result<Committed, Error>>;

/// An open store, before and while its thread runs.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) log: Writer,
    pub(super) sequence: Sequence,
    pub(super) retention: Retention,
    pub(super) state: watch::Sender<Arc<State>>,
    pub(super) stats: watch::Sender<Stats>,
    pub(super) keeper: Keeper,
}

/// Commits that become durable together.
struct Group {
    state: Arc<State>,
    sequence: Sequence,
    entries: Vec<Entry>,
    answers: Vec<(Answer, TxnId, Result<Committed, Error>)>,
    bytes: usize,
    room: Room,
}

impl Opened {
    pub(super) fn state(&self) -> watch::Receiver<Arc<State>> {
        self.state.subscribe()
    }

    pub(super) fn stats(&self) -> watch::Receiver<Stats> {
        self.stats.subscribe()
    }

    /// Writes until nobody is left to ask for it.
    pub(super) fn run(mut self, inbox: &Receiver<Request>) {
        let mut carried = None;
        let mut looked = Instant::now();
        loop {
            // Also while commits come without a pause.
            if looked.elapsed() >= TICK {
                self.look_after();
                looked = Instant::now();
            }
            let request = match carried.take() {
                Some(request) => Ok(request),
                None => inbox.recv_timeout(TICK),
            };
            match request {
                Ok(Request::Commit(commit, answer)) => carried = self.group(&commit, answer, inbox),
                Ok(Request::Compact(upto, answer)) => {
                    // Who gave up waiting does not need to know.
                    let _ = answer.send(self.compact(upto));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let state = self.state.borrow().clone();
        self.keeper.close(&state, self.sequence);
    }

    /// Gathers what waits behind `commit`, writes it, answers. Returns what did not belong to it.
    fn group(
        &mut self,
        commit: &Commit,
        answer: Answer,
        inbox: &Receiver<Request>,
    ) -> Option<Request> {
        let mut group = Group {
            state: self.state.borrow().clone(),
            sequence: self.sequence,
            entries: Vec::new(),
            answers: Vec::new(),
            bytes: 0,
            room: self.keeper.room(),
        };
        group.take(commit, answer, &self.retention);
        let mut left = None;
        while group.answers.len() < GROUP && group.bytes < GROUP_BYTES {
            match inbox.try_recv() {
                Ok(Request::Commit(commit, answer)) => group.take(&commit, answer, &self.retention),
                Ok(other) => {
                    left = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.write(group);
        left
    }

    fn write(&mut self, mut group: Group) {
        if !group.entries.is_empty() {
            match self.make_durable(&group) {
                Ok(()) => {
                    let old = self.state.borrow().clone();
                    self.keeper
                        .follow(&old, &group.state, group.sequence, group.bytes as u64);
                    self.sequence = group.sequence;
                    self.state.send_replace(group.state.clone());
                }
                Err(error) => group.failed(&error),
            }
        }
        for (answer, _, result) in group.answers {
            // Who gave up waiting does not need to know.
            let _ = answer.send(result);
        }
    }

    fn make_durable(&mut self, group: &Group) -> Result<(), Error> {
        if let Some(reason) = &self.stats.borrow().read_only {
            return Err(Error::ReadOnly(reason.clone()));
        }
        let payload = postcard::to_stdvec(&group.entries).map_err(|error| Error::Io {
            what: "encode a group of commits".to_owned(),
            reason: error.to_string(),
        })?;
        self.log
            .append(&payload, group.sequence + 1)
            .map_err(|failure| match failure {
                Failure::Refused(error) => error,
                Failure::Fatal(error) => {
                    let reason = format!(
                        "the disk failed to make a write durable: {error}; restart to recover"
                    );
                    tracing::error!(%error, "the store is read-only from now on");
                    self.stats
                        .send_modify(|stats| stats.read_only = Some(reason.clone()));
                    Error::OutcomeUnknown {
                        txn: TxnId::default(),
                        reason,
                    }
                }
            })
    }

    fn compact(&mut self, upto: Revision) -> Result<(), Error> {
        let old = self.state.borrow().clone();
        let state = Arc::new(old.compacted(upto, self.retention.min_per_key));
        // Compacting is no entry of the log: what is forgotten stays forgotten by the checkpoint.
        self.keeper.follow(&old, &state, self.sequence, 0);
        self.keeper.checkpoint(&state, self.sequence)?;
        self.state.send_replace(state);
        Ok(())
    }

    fn look_after(&mut self) {
        let state = self.state.borrow().clone();
        self.keeper.look_after(&state, self.sequence);
        self.tell();
    }

    fn tell(&self) {
        self.stats.send_modify(|stats| self.keeper.tell(stats));
    }
}

impl Group {
    /// Takes `commit` in when it holds against all that is in the group already.
    fn take(&mut self, commit: &Commit, answer: Answer, retention: &Retention) {
        let result = self.admit(commit).map(|effect| {
            if effect != Effect::Nothing {
                self.state = Arc::new(self.state.with(commit, retention));
                self.sequence += 1;
                let revision = self.state.head().revision.0;
                self.entries
                    .push(Entry::of(commit, self.sequence, revision));
                self.bytes += ops(commit).map(Op::size).sum::<usize>();
            }
            let changed = matches!(effect, Effect::Revision(_));
            Committed {
                revision: self.state.head().revision,
                changed,
            }
        });
        self.answers.push((answer, commit.txn, result));
    }

    /// What `commit` would do; it is judged alone, so that no neighbour costs it its place.
    fn admit(&self, commit: &Commit) -> Result<Effect, Error> {
        let effect = self.state.effect(commit)?;
        let deletes = ops(commit).all(|op| matches!(op, Op::Delete { .. }));
        // What makes room is let through also where there is none.
        if effect != Effect::Nothing && !deletes {
            let size: usize = ops(commit).map(Op::size).sum();
            self.room.holds((self.bytes + size) as u64)?;
        }
        Ok(effect)
    }

    /// It was not made durable: every answer, which rests on it, is why.
    fn failed(&mut self, error: &Error) {
        for (_, own, result) in &mut self.answers {
            *result = Err(match error {
                Error::OutcomeUnknown { reason, .. } => Error::OutcomeUnknown {
                    txn: *own,
                    reason: reason.clone(),
                },
                other => other.clone(),
            });
        }
    }
}

fn ops(commit: &Commit) -> impl Iterator<Item = &Op> {
    commit.documents.iter().chain(&commit.records)
}
