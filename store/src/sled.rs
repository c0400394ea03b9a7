//! The store on disk: the revision log is the truth, sled its index.
//!
//! One thread owns log and index. It gathers waiting commits into one record, syncs it, and only
//! then lets readers, watchers and writers see them. Reads are served from the state in memory and
//! touch neither. Layout of the directory: `docs/store.md`.

mod entry;
mod image;
mod keeper;
mod open;
mod writer;
#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SyncSender, TrySendError},
    },
    thread::JoinHandle,
};

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};

use crate::{
    Commit, Committed, Epoch, Error, Head, Key, ListOptions, Object, Page, Prefix, ReadAt,
    Retention, Revision, RevisionInfo, Space, Stats, Store, Watch, disk::Disk, state::State,
};

/// Commits that may wait for the disk at a time.
const QUEUE: usize = 1_024;

/// Where and how a store on disk is kept.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its directory: made where it does not exist, for this user alone.
    pub dir: PathBuf,
    /// How much history is kept.
    pub retention: Retention,
    /// Room, in bytes, that must stay free on the disk: below it only deletions are taken.
    /// Default 256 MiB.
    pub keep_free: u64,
    /// A checkpoint is written once the log has grown by this many bytes. Default 64 MiB.
    pub checkpoint_bytes: u64,
    /// Length at which a file of the log is full, in bytes. Default 16 MiB.
    pub segment_bytes: u64,
    /// Whether there is an index. Without one, opening reads checkpoint and log alone.
    pub(crate) index: bool,
}

/// A store on disk. Dropping it closes it.
#[derive(Debug)]
pub struct Sled {
    state: watch::Receiver<Arc<State>>,
    stats: watch::Receiver<Stats>,
    /// None: closed.
    // std mutexes: held for one call that never waits, and for joining a thread that is ending.
    requests: Mutex<Option<SyncSender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer is asked.
#[derive(Debug)]
enum Request {
    Commit(Box<Commit>, oneshot::Sender<Result<Committed, Error>>),
    Compact(Revision, oneshot::Sender<Result<(), Error>>),
}

impl Config {
    /// The defaults, in `dir`.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            retention: Retention::default(),
            keep_free: 256 << 20,
            checkpoint_bytes: 64 << 20,
            segment_bytes: 16 << 20,
            index: true,
        }
    }
}

impl Sled {
    /// Opens the store, recovering what is durable. Blocks on the disk.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has it open, [`Error::Corrupt`] naming file and offset when
    /// what is on disk is not what was written, [`Error::Io`] for what the system says.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let disk = crate::disk::Directory::open(&config.dir)
            .map_err(crate::log::io(format!("open {}", config.dir.display())))?;
        Self::open_on(config, Arc::new(disk))
    }

    /// The same with the log on `disk`; the index stays in [`Config::dir`].
    pub(crate) fn open_on(config: &Config, disk: Arc<dyn Disk>) -> Result<Self, Error> {
        let opened = open::open(config, disk)?;
        let (requests, inbox) = std::sync::mpsc::sync_channel(QUEUE);
        let (state, stats) = (opened.state(), opened.stats());
        let writer = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || opened.run(&inbox))
            .map_err(crate::log::io("start the writer's thread"))?;
        Ok(Self {
            state,
            stats,
            requests: Mutex::new(Some(requests)),
            writer: Mutex::new(Some(writer)),
        })
    }

    fn now(&self) -> Result<Arc<State>, Error> {
        // Fails only once the writer has ended, which is what closing does.
        self.state.has_changed().map_err(|_| Error::Closed)?;
        Ok(self.state.borrow().clone())
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Request,
        gone: impl FnOnce() -> Error,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        {
            let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            let requests = requests.as_ref().ok_or(Error::Closed)?;
            requests
                .try_send(request(answer))
                .map_err(|error| match error {
                    TrySendError::Full(_) => Error::Overloaded { waiting: QUEUE },
                    TrySendError::Disconnected(_) => Error::Closed,
                })?;
        }
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    fn shut(&self) {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            // A writer that panicked has left a log that the next opening reads.
            let _ = writer.join();
        }
    }
}

impl Drop for Sled {
    fn drop(&mut self) {
        self.shut();
    }
}

#[async_trait]
impl Store for Sled {
    async fn head(&self) -> Result<Head, Error> {
        Ok(self.now()?.head())
    }

    async fn get(&self, space: Space, key: &Key, at: ReadAt) -> Result<Option<Object>, Error> {
        self.now()?.get(space, key, at)
    }

    async fn list(
        &self,
        space: Space,
        prefix: &Prefix,
        options: ListOptions,
    ) -> Result<Page, Error> {
        self.now()?.list(space, prefix, &options)
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, Error> {
        // Refused here it takes no place in the queue.
        commit.check()?;
        let txn = commit.txn;
        let commit = Box::new(commit);
        let gone = || Error::OutcomeUnknown {
            txn,
            reason: "the writer ended".to_owned(),
        };
        self.ask(|answer| Request::Commit(commit, answer), gone)
            .await
    }

    async fn watch(&self, prefix: &Prefix, from: Revision, epoch: Epoch) -> Result<Watch, Error> {
        self.now()?;
        Watch::new(self.state.clone(), prefix.clone(), from, epoch)
    }

    async fn revisions(
        &self,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<RevisionInfo>, Error> {
        Ok(self.now()?.revisions(before, limit))
    }

    async fn history(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Vec<(Revision, Option<Object>)>, Error> {
        Ok(self.now()?.history(key, limit))
    }

    async fn compact(&self, upto: Revision) -> Result<(), Error> {
        self.ask(|answer| Request::Compact(upto, answer), || Error::Closed)
            .await
    }

    fn stats(&self) -> Stats {
        let (documents, live_bytes) = self.state.borrow().live();
        Stats {
            documents,
            live_bytes,
            ..self.stats.borrow().clone()
        }
    }

    async fn close(&self) -> Result<(), Error> {
        // The last groups are written by the writer's thread; waiting for it is short and bounded.
        self.shut();
        Ok(())
    }
}
