//! A disk that remembers what was synced and what was not, and fails when it is told to.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use super::work::Dice;
use crate::disk::{Disk, DiskFile};

/// One thing that was asked of the disk. Files are numbered by creation; names come and go.
#[derive(Debug, Clone)]
enum Step {
    Create(String, usize),
    Append(usize, Vec<u8>),
    Cut(usize, u64),
    SyncFile(usize),
    Rename(String, String),
    Remove(String),
    SyncNames,
}

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The system reports an error; of a write only a part has happened.
    Eio,
    /// As a full disk.
    Full,
}

#[derive(Debug, Default)]
struct Inner {
    steps: Vec<Step>,
    names: BTreeMap<String, usize>,
    files: Vec<Vec<u8>>,
    /// Fails from this step on; once, or for good.
    fault: Option<(usize, Fault, bool)>,
    /// Syncing a file does nothing, as if the call were not there.
    deaf: bool,
    /// Appends wait for as long.
    held: bool,
    /// One waits.
    waiting: bool,
    /// Bytes taken of the room there is.
    taken: u64,
}

/// The disk.
#[derive(Debug, Default)]
pub(super) struct FaultyDisk {
    inner: Arc<Mutex<Inner>>,
    changed: Arc<Condvar>,
}

#[derive(Debug)]
struct FaultyFile {
    inner: Arc<Mutex<Inner>>,
    changed: Arc<Condvar>,
    file: usize,
}

/// What becomes of writes that were not synced when the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// All are gone.
    Everything,
    /// The length is kept, the bytes are zero.
    Zeroed,
    /// Some first part of them is there, to the byte.
    Torn,
    /// Any of their 64-byte pieces are there, the others are zero.
    Pieces,
}

impl Loss {
    pub(super) const ALL: [Self; 4] = [Self::Everything, Self::Zeroed, Self::Torn, Self::Pieces];
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap()
}

impl FaultyDisk {
    pub(super) fn deaf() -> Self {
        let disk = Self::default();
        lock(&disk.inner).deaf = true;
        disk
    }

    /// Steps so far: where the power can be cut.
    pub(super) fn steps(&self) -> usize {
        lock(&self.inner).steps.len()
    }

    /// From step `at` on every write and sync fails so, `once` or for good.
    pub(super) fn fail(&self, at: usize, fault: Fault, once: bool) {
        lock(&self.inner).fault = Some((at, fault, once));
    }

    pub(super) fn mend(&self) {
        lock(&self.inner).fault = None;
    }

    /// Lets every append wait until it is let go.
    pub(super) fn hold(&self) {
        lock(&self.inner).held = true;
    }

    pub(super) fn let_go(&self) {
        lock(&self.inner).held = false;
        self.changed.notify_all();
    }

    /// Returns once an append waits.
    pub(super) fn wait_for_an_append(&self) {
        let waits = |inner: &mut Inner| !inner.waiting;
        drop(self.changed.wait_while(lock(&self.inner), waits).unwrap());
    }

    /// Only `bytes` are free from now on.
    pub(super) fn leave(&self, bytes: u64) {
        lock(&self.inner).taken = u64::MAX - bytes;
    }

    /// Flips one bit of `name`.
    pub(super) fn flip(&self, name: &str, bit: usize) {
        let mut inner = lock(&self.inner);
        let file = inner.names[name];
        inner.files[file][bit / 8] ^= 1 << (bit % 8);
    }

    /// Names and lengths.
    pub(super) fn files(&self) -> Vec<(String, usize)> {
        let inner = lock(&self.inner);
        inner
            .names
            .iter()
            .map(|(name, file)| (name.clone(), inner.files[*file].len()))
            .collect()
    }

    /// A disk with what this one holds.
    pub(super) fn copy(&self) -> Self {
        let inner = lock(&self.inner);
        let (names, files) = (inner.names.clone(), inner.files.clone());
        Self {
            inner: Arc::new(Mutex::new(Inner {
                names,
                files,
                ..Inner::default()
            })),
            changed: Arc::default(),
        }
    }

    /// The disk as it is found when the power went after `cut` steps.
    pub(super) fn after_power_cut(&self, cut: usize, loss: Loss, dice: &mut Dice) -> Self {
        let inner = lock(&self.inner);
        let mut durable: Vec<Vec<u8>> = Vec::new();
        let mut written: Vec<Vec<u8>> = Vec::new();
        let mut durable_names = BTreeMap::new();
        let mut pending: Vec<&Step> = Vec::new();
        for step in &inner.steps[..cut] {
            match step {
                Step::Create(..) => {
                    durable.push(Vec::new());
                    written.push(Vec::new());
                    pending.push(step);
                }
                Step::Append(file, bytes) => written[*file].extend_from_slice(bytes),
                Step::Cut(file, length) => {
                    written[*file].truncate(usize::try_from(*length).unwrap());
                }

                Step::SyncFile(file) => durable[*file] = written[*file].clone(),
                Step::Rename(..) | Step::Remove(..) => pending.push(step),
                Step::SyncNames => {
                    pending
                        .drain(..)
                        .for_each(|step| rename(&mut durable_names, step));
                }
            }
        }
        // Names that were not synced: some first part of them is there.
        let kept = dice.below(pending.len() + 1);
        pending
            .into_iter()
            .take(kept)
            .for_each(|step| rename(&mut durable_names, step));
        let files = durable
            .iter()
            .zip(&written)
            .map(|(old, new)| lose(old, new, loss, dice))
            .collect();
        let names = durable_names;
        Self {
            inner: Arc::new(Mutex::new(Inner {
                names,
                files,
                ..Inner::default()
            })),
            changed: Arc::default(),
        }
    }
}

fn rename(names: &mut BTreeMap<String, usize>, step: &Step) {
    match step {
        Step::Create(name, file) => {
            names.insert(name.clone(), *file);
        }
        Step::Rename(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        Step::Remove(name) => {
            names.remove(name);
        }
        _ => {}
    }
}

fn lose(durable: &[u8], written: &[u8], loss: Loss, dice: &mut Dice) -> Vec<u8> {
    let same = durable
        .iter()
        .zip(written)
        .take_while(|(a, b)| a == b)
        .count();
    if same == durable.len() && same == written.len() {
        return durable.to_vec();
    }
    let unsynced = written.get(same..).unwrap_or_default();
    match loss {
        Loss::Everything => durable.to_vec(),
        Loss::Zeroed => [&written[..same], &vec![0; unsynced.len()]].concat(),
        Loss::Torn => [
            &written[..same],
            &unsynced[..dice.below(unsynced.len() + 1)],
        ]
        .concat(),
        Loss::Pieces => {
            let mut found = written.to_vec();
            for piece in found[same..].chunks_mut(64) {
                if dice.below(2) == 0 {
                    piece.fill(0);
                }
            }
            found
        }
    }
}

impl Inner {
    /// Whether the next step fails.
    fn fails(&mut self) -> Option<io::Error> {
        let (at, fault, once) = self.fault?;
        if self.steps.len() < at {
            return None;
        }
        if once {
            self.fault = None;
        }
        Some(match fault {
            Fault::Eio => io::Error::other("input/output error"),
            Fault::Full => io::ErrorKind::StorageFull.into(),
        })
    }

    fn named(&self, name: &str) -> io::Result<usize> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for FaultyDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.inner).names.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let inner = lock(&self.inner);
        Ok(inner.files[inner.named(name)?].clone())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = lock(&self.inner);
        if let Some(error) = inner.fails() {
            return Err(error);
        }
        let file = inner.files.len();
        inner.files.push(Vec::new());
        inner.names.insert(name.to_owned(), file);
        inner.steps.push(Step::Create(name.to_owned(), file));
        Ok(Box::new(FaultyFile {
            inner: self.inner.clone(),
            changed: self.changed.clone(),
            file,
        }))
    }

    fn reopen(&self, name: &str, length: u64) -> io::Result<Box<dyn DiskFile>> {
        let file = lock(&self.inner).named(name)?;
        let mut file = FaultyFile {
            inner: self.inner.clone(),
            changed: self.changed.clone(),
            file,
        };
        file.cut(length)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        if let Some(error) = inner.fails() {
            return Err(error);
        }
        let file = inner.named(from)?;
        inner.names.remove(from);
        inner.names.insert(to.to_owned(), file);
        inner
            .steps
            .push(Step::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        inner.named(name)?;
        inner.names.remove(name);
        inner.steps.push(Step::Remove(name.to_owned()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        if let Some(error) = inner.fails() {
            return Err(error);
        }
        inner.steps.push(Step::SyncNames);
        Ok(())
    }

    fn free(&self) -> io::Result<u64> {
        Ok(u64::MAX - lock(&self.inner).taken)
    }
}

impl DiskFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        inner.waiting = true;
        self.changed.notify_all();
        let mut inner = self.changed.wait_while(inner, |inner| inner.held).unwrap();
        inner.waiting = false;
        let failed = inner.fails();
        let part = if failed.is_some() {
            &bytes[..bytes.len() / 2]
        } else {
            bytes
        };
        inner.files[self.file].extend_from_slice(part);
        inner.steps.push(Step::Append(self.file, part.to_vec()));
        failed.map_or(Ok(()), Err)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        if let Some(error) = inner.fails() {
            return Err(error);
        }
        if !inner.deaf {
            inner.steps.push(Step::SyncFile(self.file));
        }
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        inner.files[self.file].truncate(usize::try_from(length).unwrap());
        inner.steps.push(Step::Cut(self.file, length));
        Ok(())
    }
}
