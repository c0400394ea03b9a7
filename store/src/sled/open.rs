//! Opening: what is durable is found and made the state, or the store refuses by name.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};
use tokio::sync::watch;

use super::{
    Config,
    entry::Entry,
    image::{Image, Unusable},
    keeper::{self, Keeper, MARK},
    writer::Opened,
};
use crate::{
    Epoch, Error, Stats,
    disk::Disk,
    log::{self, Checkpoint, Recovered, Sequence, Writer, checkpoints, corrupt, io, recover},
    state::State,
};

/// Keeps other processes out for as long as it lives.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing it is what unlocks")] File);

/// How often a lock that another process has is tried, and the time between: half a second in all.
const LOCK_TRIES: u32 = 20;
const LOCK_WAIT: Duration = Duration::from_millis(25);

/// A state, and the newest entry in it.
struct Base {
    state: State,
    sequence: Sequence,
}

pub(super) fn open(config: &Config, disk: Arc<dyn Disk>) -> Result<Opened, Error> {
    let lock = lock(&config.dir)?;
    remove_unfinished(&*disk)?;
    let checkpoint = newest_checkpoint(&*disk)?;
    let (base, epoch) = match checkpoint {
        Some((base, epoch)) => (base, epoch),
        None => create(&*disk)?,
    };
    let recovered = recover(&*disk, epoch)?;
    let entries = entries(&recovered)?;
    let written = entries
        .last()
        .map_or(0, |entry| entry.sequence)
        .max(base.sequence);

    let (mut image, base) = match indexed_state(config) {
        Ok((image, state, sequence))
            if state.head().epoch == epoch && sequence >= base.sequence =>
        {
            (Some(image), Base { state, sequence })
        }
        Ok(_) => (None, base),
        Err(error) => {
            tracing::debug!(error = error.0, "the index is made anew");
            (None, base)
        }
    };
    let ahead = base.sequence > written;
    let indexed = base.state.clone();
    let Base { state, sequence } = replay(base, entries, &recovered, config)?;
    not_behind_the_mark(&*disk, sequence)?;

    let next = recovered.end.map_or(1, |(number, _)| number + 1);
    let log = if ahead {
        // The log lost its end after it was synced; the index, whose digest is right, has it.
        tracing::error!(
            "the log ends at entry {written}, the index at {sequence}: going on from the index"
        );
        keeper::write(&*disk, epoch, &state, sequence)?;
        // What is left of the log has a hole before what comes next, and is in the checkpoint.
        log::forget_all(&*disk)?;
        Writer::begin(
            disk.clone(),
            epoch,
            config.segment_bytes,
            next,
            sequence + 1,
        )
    } else {
        match recovered.end {
            Some((number, length)) => {
                Writer::resume(disk.clone(), epoch, config.segment_bytes, number, length)
            }
            None => Writer::begin(disk.clone(), epoch, config.segment_bytes, 1, sequence + 1),
        }
    };
    let log = log.map_err(io("open the log for writing"))?;

    let mut rebuilds = 0;
    if let Some(index) = &mut image
        && let Err(error) = index.write(state.rows_since(&indexed), sequence)
    {
        tracing::warn!(
            error = error.0,
            "the index does not take what the log holds"
        );
        image = None;
    }
    if image.is_none() && config.index {
        rebuilds = u64::from(sequence > 0);
        match Image::rebuild(&config.dir, &state, sequence) {
            Ok(built) => image = Some(built),
            Err(error) => tracing::warn!(
                error = error.0,
                "there is no index; starts will take longer"
            ),
        }
    }
    if recovered.torn > 0 {
        tracing::warn!(
            bytes = recovered.torn,
            "cut the torn end of the log; it was never acknowledged"
        );
    }
    let keeper = Keeper {
        disk,
        epoch,
        image,
        rebuilds,
        torn: recovered.torn,
        since: recovered
            .payloads
            .iter()
            .map(|payload| payload.len() as u64)
            .sum(),
        last: Instant::now(),
        marked: 0,
        writing: None,
        _lock: lock,
        config: config.clone(),
    };
    let stats = watch::Sender::new(Stats::default());
    stats.send_modify(|stats| keeper.tell(stats));
    Ok(Opened {
        log,
        sequence,
        retention: config.retention,
        state: watch::Sender::new(Arc::new(state)),
        stats,
        keeper,
    })
}

fn indexed_state(config: &Config) -> Result<(Image, State, Sequence), Unusable> {
    if config.index {
        Image::open(&config.dir)
    } else {
        Err(Unusable("it is switched off".to_owned()))
    }
}

fn lock(dir: &Path) -> Result<Lock, Error> {
    let path = dir.join("LOCK");
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let mut file = opened.map_err(io(format!("open {}", path.display())))?;
    // Whoever had it may be ending, or be a child that has not yet become another program.
    let mut tries = 0;
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        tries += 1;
        if tries == LOCK_TRIES {
            return Err(Error::InUse(dir.display().to_string()));
        }
        pause();
    }
    // For people only: what locks is the open file.
    let _ = file
        .set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(Lock(file))
}

#[expect(
    clippy::disallowed_methods,
    reason = "opening blocks by contract, and another process tells nobody when it ends"
)]
fn pause() {
    std::thread::sleep(LOCK_WAIT);
}

fn remove_unfinished(disk: &dyn Disk) -> Result<(), Error> {
    for name in disk.list().map_err(io("read the directory of the log"))? {
        if name.ends_with(".unfinished") {
            disk.remove(&name).map_err(io(format!("remove {name}")))?;
        }
    }
    Ok(())
}

/// The newest checkpoint that is whole. None where there never was one.
fn newest_checkpoint(disk: &dyn Disk) -> Result<Option<(Base, Epoch)>, Error> {
    let mut damaged = None;
    for sequence in checkpoints(disk)? {
        let read = Checkpoint::read(disk, sequence).and_then(|checkpoint| {
            let state = keeper::restore(&checkpoint)
                .map_err(|reason| corrupt(&format!("checkpoint-{sequence:020}"), 0, reason))?;
            Ok((Base { state, sequence }, checkpoint.epoch))
        });
        match read {
            Ok(found) => return Ok(Some(found)),
            Err(error) => {
                tracing::warn!(%error, "trying the checkpoint before it");
                damaged.get_or_insert(error);
            }
        }
    }
    match damaged {
        Some(error) => Err(error),
        None => Ok(None),
    }
}

/// A new store: its first checkpoint says which life it is.
fn create(disk: &dyn Disk) -> Result<(Base, Epoch), Error> {
    let names = disk.list().map_err(io("read the directory of the log"))?;
    if let Some(log) = names.iter().find(|name| name.starts_with("log-")) {
        return Err(corrupt(
            log,
            0,
            "there is a log but no checkpoint that it follows",
        ));
    }
    let epoch = Epoch::random();
    let state = State::empty(epoch);
    keeper::write(disk, epoch, &state, 0)?;
    Ok((Base { state, sequence: 0 }, epoch))
}

fn entries(recovered: &Recovered) -> Result<Vec<Entry>, Error> {
    let mut entries: Vec<Entry> = Vec::new();
    for payload in &recovered.payloads {
        let group: Vec<Entry> = postcard::from_bytes(payload).map_err(|error| {
            corrupt("log", 0, format!("a whole record cannot be read: {error}"))
        })?;
        for entry in group {
            if let Some(last) = entries.last()
                && entry.sequence != last.sequence + 1
            {
                let reason = format!("entry {} follows entry {}", entry.sequence, last.sequence);
                return Err(corrupt("log", 0, reason));
            }
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn replay(
    base: Base,
    entries: Vec<Entry>,
    recovered: &Recovered,
    config: &Config,
) -> Result<Base, Error> {
    let Base {
        mut state,
        mut sequence,
    } = base;
    let first = entries
        .first()
        .map(|entry| entry.sequence)
        .or(recovered.first);
    if let Some(first) = first
        && first > sequence + 1
    {
        let reason = format!(
            "it begins with entry {first}, and entry {} is missing",
            sequence + 1
        );
        return Err(corrupt("log", 0, reason));
    }
    for entry in entries {
        if entry.sequence <= sequence {
            continue;
        }
        let (number, revision) = (entry.sequence, entry.revision);
        let commit = entry
            .into_commit()
            .ok_or_else(|| corrupt("log", 0, format!("entry {number} holds an invalid key")))?;
        state = state.with(&commit, &config.retention);
        sequence = number;
        let made = state.head().revision.0;
        if made != revision {
            let reason = format!(
                "entry {number} makes revision {made}, and made {revision} when it was written"
            );
            return Err(corrupt("log", 0, reason));
        }
    }
    Ok(Base { state, sequence })
}

/// A log that ends before the mark lost what was acknowledged.
fn not_behind_the_mark(disk: &dyn Disk, sequence: Sequence) -> Result<(), Error> {
    let names = disk.list().map_err(io("read the directory of the log"))?;
    if !names.iter().any(|name| name == MARK) {
        return Ok(());
    }
    let text = disk.read(MARK).map_err(io(format!("read {MARK}")))?;
    match keeper::read_mark(&text) {
        Some(marked) if marked > sequence => Err(corrupt(
            "log",
            0,
            format!(
                "it ends at entry {sequence}, but entries up to {marked} were durable: restore a backup"
            ),
        )),
        Some(_) => Ok(()),
        None => {
            tracing::warn!("{MARK} is damaged; it is written again");
            Ok(())
        }
    }
}
