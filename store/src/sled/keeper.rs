//! What stands beside the log: the index that follows it, checkpoints, and the mark of how far it
//! went. None of it decides whether a commit is made.

use std::{
    path::PathBuf,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{Config, image::Image, open::Lock};
use crate::{
    Epoch, Error, Stats,
    disk::Disk,
    log::{self, Checkpoint, Sequence, checkpoints},
    state::State,
};

/// A checkpoint is written after this time at the latest, when anything has changed.
const CHECKPOINT_AGE: Duration = Duration::from_secs(600);
/// Checkpoints that are kept: should the newest be damaged, the one before it and its log are there.
const KEEP: usize = 2;
/// File that says how far the log went.
pub(super) const MARK: &str = "head";

/// Index, checkpoints and mark of one open store.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) config: Config,
    pub(super) epoch: Epoch,
    /// None: it failed, and is made anew when the store is opened next.
    pub(super) image: Option<Image>,
    pub(super) rebuilds: u64,
    pub(super) torn: u64,
    /// Log written since the last checkpoint, in bytes.
    pub(super) since: u64,
    pub(super) last: Instant,
    pub(super) marked: Sequence,
    pub(super) writing: Option<JoinHandle<Result<(), Error>>>,
    /// Held as long as the store is open.
    pub(super) _lock: Lock,
}

/// How full the disk is, as of one moment.
#[derive(Debug)]
pub(super) struct Room {
    free: u64,
    keep: u64,
    dir: PathBuf,
}

impl Room {
    /// Whether `bytes` more may be written.
    ///
    /// # Errors
    /// [`Error::OutOfSpace`] where less would be left than is kept free.
    pub(super) fn holds(&self, bytes: u64) -> Result<(), Error> {
        let Self { free, keep, dir } = self;
        if *free >= keep.saturating_add(bytes) {
            return Ok(());
        }
        let dir = dir.display();
        let reason =
            format!("{free} bytes are free on the disk of {dir}, and {keep} are kept free");
        Err(Error::OutOfSpace {
            needed: bytes,
            reason,
        })
    }
}

impl Keeper {
    /// The log went from `old` to `new`, by `bytes`.
    pub(super) fn follow(&mut self, old: &State, new: &State, sequence: Sequence, bytes: u64) {
        self.since += bytes;
        if let Some(image) = &mut self.image
            && let Err(error) = image.write(new.rows_since(old), sequence)
        {
            tracing::warn!(
                error = error.0,
                "the index failed; it is made anew at the next start"
            );
            self.image = None;
        }
    }

    /// What may be written now.
    pub(super) fn room(&self) -> Room {
        Room {
            // A disk that does not say how full it is will say so when it is written.
            free: self.disk.free().unwrap_or(u64::MAX),
            keep: self.config.keep_free,
            dir: self.config.dir.clone(),
        }
    }

    /// What is due by time or size.
    pub(super) fn look_after(&mut self, state: &Arc<State>, sequence: Sequence) {
        self.mark(sequence);
        if self
            .writing
            .as_ref()
            .is_some_and(|writing| !writing.is_finished())
        {
            return;
        }
        self.written();
        let due = self.since >= self.config.checkpoint_bytes
            || (self.since > 0 && self.last.elapsed() >= CHECKPOINT_AGE);
        if due {
            self.since = 0;
            self.last = Instant::now();
            let (disk, epoch, state) = (self.disk.clone(), self.epoch, state.clone());
            // Beside the writer: a checkpoint of a large store takes as long as many commits.
            self.writing = std::thread::Builder::new()
                .name("checkpoint".to_owned())
                .spawn(move || write(&*disk, epoch, &state, sequence))
                .ok();
        }
    }

    /// Writes a checkpoint at once.
    pub(super) fn checkpoint(&mut self, state: &State, sequence: Sequence) -> Result<(), Error> {
        self.written();
        write(&*self.disk, self.epoch, state, sequence)?;
        self.since = 0;
        self.last = Instant::now();
        Ok(())
    }

    /// Takes the result of the checkpoint that was being written.
    fn written(&mut self) {
        if let Some(writing) = self.writing.take()
            && let Ok(Err(error)) = writing.join()
        {
            tracing::warn!(%error, "no checkpoint could be written; the log grows until one can");
        }
    }

    /// Notes how far the log went, so that a log that lost its end later is found out.
    fn mark(&mut self, sequence: Sequence) {
        if sequence == self.marked {
            return;
        }
        let text = format!(
            "{sequence:020} {:08x}\n",
            crc32c::crc32c(&sequence.to_le_bytes())
        );
        let unfinished = format!("{MARK}.unfinished");
        let noted = self.disk.create(&unfinished).and_then(|mut file| {
            file.append(text.as_bytes())?;
            file.sync()?;
            drop(file);
            self.disk.rename(&unfinished, MARK)?;
            self.disk.sync()
        });
        match noted {
            Ok(()) => self.marked = sequence,
            Err(error) => tracing::warn!(%error, "how far the log went could not be noted"),
        }
    }

    pub(super) fn close(&mut self, state: &Arc<State>, sequence: Sequence) {
        self.mark(sequence);
        self.written();
        if self.since >= self.config.checkpoint_bytes {
            self.look_after(state, sequence);
            self.written();
        }
        if let Some(image) = &self.image
            && let Err(error) = image.flush()
        {
            tracing::warn!(error = error.0, "the index was not flushed");
        }
    }

    pub(super) fn tell(&self, stats: &mut Stats) {
        stats.index_rebuilds = self.rebuilds;
        stats.torn_bytes = self.torn;
        stats.disk_bytes = self.image.as_ref().map_or(0, Image::size) + log_bytes(&self.config.dir);
    }
}

/// The sequence that the mark `text` names; none: it is damaged.
pub(super) fn read_mark(text: &[u8]) -> Option<Sequence> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let (sequence, sum) = text.split_once(' ')?;
    let sequence: Sequence = sequence.parse().ok()?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    (crc32c::crc32c(&sequence.to_le_bytes()) == sum).then_some(sequence)
}

/// Writes a checkpoint, then lets go of what it makes needless.
pub(super) fn write(
    disk: &dyn Disk,
    epoch: Epoch,
    state: &State,
    sequence: Sequence,
) -> Result<(), Error> {
    let mut rows = state.rows_since(&State::empty(epoch));
    rows.sort_unstable();
    let rows: Vec<(&[u8], &[u8])> = rows
        .iter()
        .filter_map(|(row, value)| Some((&**row, value.as_deref()?)))
        .collect();
    let content = postcard::to_stdvec(&rows).map_err(|error| Error::Io {
        what: "encode a checkpoint".to_owned(),
        reason: error.to_string(),
    })?;
    Checkpoint {
        epoch,
        sequence,
        content,
    }
    .write(disk)?;
    let there = checkpoints(disk)?;
    for old in there.iter().skip(KEEP) {
        Checkpoint::remove(disk, *old)?;
    }
    match there.get(KEEP - 1) {
        Some(oldest) => log::forget(disk, *oldest),
        None => Ok(()),
    }
}

/// The state in `checkpoint`.
pub(super) fn restore(checkpoint: &Checkpoint) -> Result<State, String> {
    let rows: Vec<(&[u8], &[u8])> =
        postcard::from_bytes(&checkpoint.content).map_err(|error| error.to_string())?;
    State::from_rows(rows.into_iter()).map_err(|error| error.0)
}

fn log_bytes(dir: &PathBuf) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .filter(|m| m.is_file())
        .map(|m| m.len())
        .sum()
}
