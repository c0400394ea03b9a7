//! The index: sled's copy of the state, rebuilt from the log whenever it is not exactly right.
//!
//! sled alone loses acknowledged commits on power loss and may open a damaged file without an
//! error (both measured: `docs/adr/0001-sled-behind-a-log.md`). So it is never believed without its
//! digest, and no call into it may take the process down.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use crate::{
    log::Sequence,
    state::{RowChange, State},
};

/// Memory sled may use for pages, in bytes; it takes about twice that.
const CACHE: u64 = 32 << 20;
/// Rows of one batch: a batch is one atomic write, and memory while it is made.
const BATCH: usize = 10_000;
const DIGEST: &[u8] = b"digest";

/// The index of one store.
pub(super) struct Image {
    db: ::sled::Db,
    digest: Digest,
}

/// What an index must hold: as of which entry, how many rows, and the sum of their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Digest {
    sequence: Sequence,
    rows: u64,
    sum: u128,
}

/// The index is of no use; the text says why.
#[derive(Debug)]
pub(super) struct Unusable(pub(super) String);

impl Digest {
    fn add(&mut self, row: &[u8], value: &[u8]) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hash(row, value));
    }

    fn take(&mut self, row: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(hash(row, value));
    }

    fn encode(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rows.to_le_bytes());
        bytes[16..].copy_from_slice(&self.sum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        let word = |at: usize| Some(u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?));
        let sum = u128::from_le_bytes(bytes[16..].try_into().ok()?);
        Some(Self {
            sequence: word(0)?,
            rows: word(8)?,
            sum,
        })
    }
}

fn hash(row: &[u8], value: &[u8]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(row.len() as u64).to_le_bytes());
    hasher.update(row);
    hasher.update(value);
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    u128::from_le_bytes(first)
}

/// A panic of sled (its asserts fire on damaged pages) is an error like any other.
fn guarded<T>(what: &str, call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, Unusable> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Unusable(format!("{what}: {error}"))),
        Err(_) => Err(Unusable(format!("{what}: sled panicked"))),
    }
}

impl Image {
    fn path(dir: &Path) -> PathBuf {
        dir.join("image")
    }

    fn database(dir: &Path) -> Result<::sled::Db, Unusable> {
        let path = Self::path(dir);
        remove_unfinished(&path);
        guarded("open the index", || {
            ::sled::Config::new()
                .path(&path)
                .cache_capacity(CACHE)
                .flush_every_ms(Some(500))
                .open()
        })
    }

    /// Opens the index and reads it whole; the state it holds and as of which entry.
    pub(super) fn open(dir: &Path) -> Result<(Self, State, Sequence), Unusable> {
        // Opening makes what is not there, and an empty index would then pass for a damaged one.
        if !Self::path(dir).exists() {
            return Err(Unusable("there is none".to_owned()));
        }
        let db = Self::database(dir)?;
        let stored = guarded("read the digest", || db.get(DIGEST))?;
        let stored = stored.as_deref().and_then(Digest::decode);
        let stored = stored.ok_or_else(|| Unusable("there is no digest".to_owned()))?;
        let mut found = Digest {
            sequence: stored.sequence,
            ..Digest::default()
        };
        let rows = guarded("read the index", || {
            let mut rows = Vec::new();
            for entry in db.iter() {
                let (row, value) = entry?;
                if row != DIGEST {
                    found.add(&row, &value);
                    rows.push((row, value));
                }
            }
            Ok(rows)
        })?;
        if found != stored {
            return Err(Unusable(format!(
                "it holds {} rows, not the {} it should",
                found.rows, stored.rows
            )));
        }
        let state = State::from_rows(rows.iter().map(|(row, value)| (&**row, &**value)))
            .map_err(|error| Unusable(error.0))?;
        Ok((Self { db, digest: stored }, state, stored.sequence))
    }

    /// Makes the index anew from `state`; what was there is moved aside and kept once.
    pub(super) fn rebuild(dir: &Path, state: &State, sequence: Sequence) -> Result<Self, Unusable> {
        let (path, aside) = (Self::path(dir), dir.join("image.bad"));
        if path.exists() {
            // What cannot be moved or removed will show when the new one is opened.
            let _ = std::fs::remove_dir_all(&aside);
            let _ = std::fs::rename(&path, &aside);
        }
        let db = Self::database(dir)?;
        let mut image = Self {
            db,
            digest: Digest::default(),
        };
        let empty = State::empty(state.head().epoch);
        let rows = state.rows_since(&empty);
        for part in rows.chunks(BATCH) {
            image.write(part.to_vec(), 0)?;
        }
        image.write(Vec::new(), sequence)?;
        Ok(image)
    }

    /// Brings the index to the entry `sequence` by `rows`. Not durable on return: the log is.
    pub(super) fn write(
        &mut self,
        rows: Vec<RowChange>,
        sequence: Sequence,
    ) -> Result<(), Unusable> {
        let mut digest = Digest {
            sequence,
            ..self.digest
        };
        let mut batch = ::sled::Batch::default();
        for (row, value) in rows {
            if let Some(old) = guarded("read the index", || self.db.get(&row))? {
                digest.take(&row, &old);
            }
            match value {
                Some(value) => {
                    digest.add(&row, &value);
                    batch.insert(row, value);
                }
                None => batch.remove(row),
            }
        }
        batch.insert(DIGEST, &digest.encode());
        guarded("write the index", || self.db.apply_batch(batch))?;
        self.digest = digest;
        Ok(())
    }

    /// Bytes on disk, as far as sled can tell.
    pub(super) fn size(&self) -> u64 {
        guarded("size the index", || self.db.size_on_disk()).unwrap_or_default()
    }

    /// Hands what is written to the system.
    pub(super) fn flush(&self) -> Result<(), Unusable> {
        guarded("flush the index", || self.db.flush()).map(drop)
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// sled 0.34 does not open again after a crash while it wrote a snapshot of its own: its loader
/// takes the unfinished file for a whole one.
fn remove_unfinished(path: &Path) {
    let Ok(entries) = std::fs::read_dir(path) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            // Where it cannot be removed sled's own error follows.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
