//! What happened lately, in one order: for those who follow, and for those who wait.
//!
//! A ring that readers read at their own pace: nobody has a queue in it, so a slow reader costs
//! nothing and learns that it came too late. Cursors hold for this process alone.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use netloft_proto::ProxyId;
use tokio::sync::watch;

use crate::{
    snapshot::{Generation, Publication, Revision},
    xds::event::{Event, StreamId, What},
};

/// Notices remembered at most.
pub const REMEMBERED: usize = 16_384;

/// Bytes of text in them at most: authors, messages, names, proxies' words.
const BYTES: usize = 8 << 20;

/// Names of a rejection that are told.
const NAMES: usize = 100;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Which it is of this process, from 1.
    pub number: u64,
    /// When.
    pub at: SystemTime,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Happening {
    /// Documents changed.
    Committed {
        /// The revision that made.
        revision: Revision,
        /// Who.
        author: String,
        /// Why.
        message: String,
        /// How many.
        documents: usize,
    },
    /// What follows from documents is given to proxies from now on.
    Published {
        /// The documents' revision.
        revision: Revision,
        /// How many scopes it changed something for.
        scopes: usize,
        /// How many names, each counted once for each scope.
        names: usize,
    },
    /// Something on a stream.
    Stream {
        /// The stream.
        stream: StreamId,
        /// Whose it is.
        proxy: ProxyId,
        /// What.
        turn: Turn,
    },
}

/// What happened on a stream.
#[derive(Debug, Clone)]
pub enum Turn {
    /// It was admitted.
    Opened,
    /// It ended.
    Closed,
    /// The client took a response.
    Accepted {
        /// The API, as `CDS`.
        api: &'static str,
        /// The documents' revision it was made from.
        revision: Revision,
        /// Time since it was sent.
        took: Duration,
    },
    /// The client said no to a response.
    Rejected {
        /// The API, as `CDS`.
        api: &'static str,
        /// The documents' revision it was made from.
        revision: Revision,
        /// What it is about; the first 100.
        names: Vec<Arc<str>>,
        /// The client's words.
        error: Arc<str>,
    },
}

/// What was asked for is not remembered any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what followed notice {after} is forgotten: the oldest that is remembered is {oldest}")]
pub struct Forgotten {
    /// The last one that the reader knows.
    pub after: u64,
    /// The first one that there is.
    pub oldest: u64,
}

/// The ring.
#[derive(Debug)]
pub struct Journal {
    // std mutex: held for one insert or one copy, never over an await.
    ring: Mutex<Ring>,
    latest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    notices: VecDeque<Arc<Notice>>,
    /// Number of the last notice.
    last: u64,
    bytes: usize,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            ring: Mutex::default(),
            latest: watch::Sender::new(0),
        }
    }
}

impl Journal {
    /// A revision was committed `at` that time.
    pub fn committed(
        &self,
        at: SystemTime,
        (revision, documents): (Revision, usize),
        author: &str,
        message: &str,
    ) {
        let what = Happening::Committed {
            revision,
            author: author.to_owned(),
            message: message.to_owned(),
            documents,
        };
        self.add(at, what);
    }

    /// `publication` is given to proxies.
    pub fn published(&self, at: SystemTime, publication: &Publication) {
        let mut scopes: Vec<_> = publication.changed.iter().map(|one| one.scope).collect();
        scopes.dedup();
        let names = publication.changed.iter().map(|one| one.names.len());
        let what = Happening::Published {
            revision: publication.revision,
            scopes: scopes.len(),
            names: names.sum(),
        };
        self.add(at, what);
    }

    /// Takes note of what happened on a stream, if it is one of those that are told.
    pub(super) fn note(&self, event: &Event) {
        let turn = match &event.what {
            What::Opened { .. } => Turn::Opened,
            What::Closed => Turn::Closed,
            What::Acked {
                ty, revision, took, ..
            } => Turn::Accepted {
                api: ty.info().api,
                revision: *revision,
                took: *took,
            },
            What::Rejected {
                ty,
                revision,
                names,
                error,
                ..
            } => Turn::Rejected {
                api: ty.info().api,
                revision: *revision,
                names: names.iter().take(NAMES).map(|it| it.0.clone()).collect(),
                error: error.clone(),
            },
            _ => return,
        };
        let what = Happening::Stream {
            stream: event.stream,
            proxy: event.proxy.clone(),
            turn,
        };
        self.add(event.at, what);
    }

    /// Number of the newest notice; 0 before the first.
    #[must_use]
    pub fn latest(&self) -> u64 {
        self.ring().last
    }

    /// When the newest notice was taken; none before the first.
    #[must_use]
    pub fn newest(&self) -> Option<SystemTime> {
        self.ring().notices.back().map(|notice| notice.at)
    }

    /// Number of the oldest notice that is remembered; of the next one where there is none.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.ring().oldest()
    }

    /// Follows the number of the newest notice.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// The notices behind number `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`Forgotten`] when there were some that are not remembered any more.
    pub fn after(&self, after: u64, limit: usize) -> Result<Vec<Arc<Notice>>, Forgotten> {
        let ring = self.ring();
        let oldest = ring.oldest();
        // Numbers are dense.
        let Some(skip) = (after + 1).checked_sub(oldest) else {
            return Err(Forgotten { after, oldest });
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let behind = ring.notices.iter().skip(skip);
        Ok(behind.take(limit).cloned().collect())
    }

    fn add(&self, at: SystemTime, what: Happening) {
        let number = {
            let mut ring = self.ring();
            ring.last += 1;
            let number = ring.last;
            ring.bytes += what.bytes();
            ring.notices
                .push_back(Arc::new(Notice { number, at, what }));
            while ring.notices.len() > REMEMBERED || ring.bytes > BYTES {
                let Some(gone) = ring.notices.pop_front() else {
                    break;
                };
                ring.bytes = ring.bytes.saturating_sub(gone.what.bytes());
            }
            number
        };
        // Two that race may arrive the other way round: the number only grows.
        self.latest.send_if_modified(|latest| {
            let newer = number > *latest;
            *latest = number.max(*latest);
            newer
        });
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Every change is one insert: what a panic left behind is whole.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn oldest(&self) -> u64 {
        let oldest = self.notices.front();
        oldest.map_or(self.last + 1, |notice| notice.number)
    }
}

impl Happening {
    /// Bytes of its text.
    fn bytes(&self) -> usize {
        match self {
            Self::Committed {
                author, message, ..
            } => author.len() + message.len(),
            Self::Published { .. } => 0,
            Self::Stream { turn, .. } => match turn {
                Turn::Rejected { names, error, .. } => {
                    error.len() + names.iter().map(|name| name.len()).sum::<usize>()
                }
                _ => 0,
            },
        }
    }
}

/// The publication that a revision came with, as far as it is remembered.
#[derive(Debug, Clone)]
pub struct Carrier {
    /// The first publication that holds the revision.
    pub publication: Arc<Publication>,
    /// What it changed is known: false for the first one of a process, and for the oldest that is
    /// remembered, which may follow the one that really carried the revision.
    pub exact: bool,
}

impl Carrier {
    /// The carrier of `revision` among `publications`, which are all that are remembered.
    #[must_use]
    pub fn of(revision: Revision, publications: &[Arc<Publication>]) -> Option<Self> {
        let place = publications.partition_point(|it| it.revision < revision);
        Some(Self {
            publication: publications.get(place)?.clone(),
            exact: place > 0,
        })
    }

    /// Its generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.publication.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(journal: &Journal, message: &str) {
        journal.committed(SystemTime::UNIX_EPOCH, (Revision(1), 1), "ada", message);
    }

    fn numbers(journal: &Journal, after: u64) -> Result<Vec<u64>, Forgotten> {
        let notices = journal.after(after, usize::MAX)?;
        Ok(notices.iter().map(|notice| notice.number).collect())
    }

    #[test]
    fn a_reader_goes_on_behind_the_last_notice_it_knows() {
        let journal = Journal::default();
        assert_eq!(numbers(&journal, 0), Ok(vec![]));
        for _ in 0..3 {
            commit(&journal, "");
        }
        assert_eq!(numbers(&journal, 0), Ok(vec![1, 2, 3]));
        assert_eq!(numbers(&journal, 2), Ok(vec![3]));
        assert_eq!(numbers(&journal, 3), Ok(vec![]));
        assert_eq!(journal.after(0, 2).unwrap().len(), 2);
    }

    #[test]
    fn who_comes_too_late_is_told_and_not_given_a_part() {
        let journal = Journal::default();
        for _ in 0..REMEMBERED + 10 {
            commit(&journal, "");
        }
        let oldest = 11;
        assert_eq!(numbers(&journal, 9), Err(Forgotten { after: 9, oldest }));
        assert_eq!(numbers(&journal, 10).unwrap().len(), REMEMBERED);
    }

    #[test]
    fn long_words_are_forgotten_before_they_fill_the_memory() {
        let journal = Journal::default();
        let long = "x".repeat((1 << 20) - "ada".len());
        for _ in 0..20 {
            commit(&journal, &long);
        }
        assert_eq!(journal.ring().notices.len(), BYTES >> 20);
        assert!(journal.ring().bytes <= BYTES);
    }

    #[test]
    fn the_carrier_of_a_revision_is_the_first_publication_that_holds_it() {
        let publication = |generation, revision| {
            Arc::new(Publication {
                generation: Generation(generation),
                revision: Revision(revision),
                cohort: Default::default(),
                changed: Vec::new(),
            })
        };
        let all = [publication(1, 4), publication(2, 5), publication(3, 8)];
        let carrier = |revision| {
            Carrier::of(Revision(revision), &all).map(|it| (it.generation().0, it.exact))
        };
        assert_eq!(carrier(3), Some((1, false)));
        assert_eq!(carrier(5), Some((2, true)));
        assert_eq!(carrier(6), Some((3, true)), "two revisions in one");
        assert_eq!(carrier(9), None);
    }
}
