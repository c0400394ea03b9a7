//! Segments: the files of the log, and the one writer that appends to the newest.

use std::{io, sync::Arc};

use super::{
    Sequence,
    record::{self, Place},
};
use crate::{
    Epoch, Error,
    disk::{Disk, DiskFile},
};

/// First bytes of a segment.
const MAGIC: [u8; 8] = *b"NLlog\0\0\x01";
/// Length of a segment's head: magic, epoch, number, first sequence, checksum.
pub(super) const HEAD: usize = 8 + 16 + 8 + 8 + 4;

/// What the head of a segment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) epoch: Epoch,
    pub(super) number: u64,
    /// Sequence of the first entry it was begun for.
    pub(super) first: Sequence,
}

/// Why an entry was not appended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing of it is in the log; the next one may fit.
    Refused(Error),
    /// Nobody knows what is durable now: the log must not be written any more.
    Fatal(io::Error),
}

/// The writer of the newest segment.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    epoch: Epoch,
    number: u64,
    file: Box<dyn DiskFile>,
    length: u64,
    /// A new segment begins when this one is at least so long, in bytes.
    limit: u64,
}

pub(super) fn name(number: u64) -> String {
    format!("log-{number:020}")
}

pub(super) fn number(name: &str) -> Option<u64> {
    name.strip_prefix("log-")
        .filter(|digits| digits.len() == 20)?
        .parse()
        .ok()
}

impl Head {
    fn encode(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..24].copy_from_slice(&self.epoch.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first.to_le_bytes());
        let sum = crc32c::crc32c(&bytes[..40]);
        bytes[40..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The head of a segment that begins with `bytes`; none when it is torn or damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEAD)?;
        let sum = u32::from_le_bytes(bytes[40..].try_into().ok()?);
        if bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..40]) != sum {
            return None;
        }
        let word = |at: usize| Some(u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?));
        let epoch = Epoch(u128::from_le_bytes(bytes[8..24].try_into().ok()?));
        Some(Self {
            epoch,
            number: word(24)?,
            first: word(32)?,
        })
    }
}

impl Writer {
    /// Begins segment `number`, durable by name before the first entry can be.
    pub(crate) fn begin(
        disk: Arc<dyn Disk>,
        epoch: Epoch,
        limit: u64,
        number: u64,
        first: Sequence,
    ) -> io::Result<Self> {
        let mut file = disk.create(&name(number))?;
        file.append(
            &Head {
                epoch,
                number,
                first,
            }
            .encode(),
        )?;
        file.sync()?;
        disk.sync()?;
        Ok(Self {
            disk,
            epoch,
            number,
            file,
            length: HEAD as u64,
            limit,
        })
    }

    /// Goes on behind the first `length` bytes of segment `number`.
    pub(crate) fn resume(
        disk: Arc<dyn Disk>,
        epoch: Epoch,
        limit: u64,
        number: u64,
        length: u64,
    ) -> io::Result<Self> {
        let mut file = disk.reopen(&name(number), length)?;
        // What was cut off must not come back behind what is written next.
        file.sync()?;
        Ok(Self {
            disk,
            epoch,
            number,
            file,
            length,
            limit,
        })
    }

    /// Appends `payload` and makes it durable. `next` is the sequence of the entries behind it.
    pub(crate) fn append(&mut self, payload: &[u8], next: Sequence) -> Result<(), Failure> {
        let place = Place {
            epoch: self.epoch,
            segment: self.number,
            offset: self.length,
        };
        let Some(record) = record::encode(place, payload) else {
            let found = payload.len() as u64;
            let limit = u64::from(u32::MAX);
            return Err(Failure::Refused(Error::TooLarge {
                what: "a group of commits",
                found,
                limit,
            }));
        };
        if let Err(error) = self.file.append(&record) {
            // A part of it may be there: take it out again, or the log has a hole.
            self.file.cut(self.length).map_err(Failure::Fatal)?;
            let needed = record.len() as u64;
            let reason = error.to_string();
            return Err(Failure::Refused(match error.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => Error::OutOfSpace { needed, reason },
                _ => Error::Io {
                    what: format!("append to {}", name(self.number)),
                    reason,
                },
            }));
        }
        self.file.sync().map_err(Failure::Fatal)?;
        self.length += record.len() as u64;
        if self.length >= self.limit {
            // The entry is durable already: when there is no room for a new segment, this one goes on.
            if let Ok(begun) = Self::begin(
                self.disk.clone(),
                self.epoch,
                self.limit,
                self.number + 1,
                next,
            ) {
                *self = begun;
            }
        }
        Ok(())
    }
}

/// Takes away the segments whose every entry is at or before `upto`: all that a newer one follows
/// which begins at or before the entry behind `upto`.
pub(crate) fn forget(disk: &dyn Disk, upto: Sequence) -> Result<(), Error> {
    let names = disk
        .list()
        .map_err(super::io("read the directory of the log"))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
    numbers.sort_unstable();
    for pair in numbers.windows(2) {
        let [old, follower] = *pair else { continue };
        let follower = name(follower);
        let bytes = disk
            .read(&follower)
            .map_err(super::io(format!("read {follower}")))?;
        match Head::decode(&bytes) {
            Some(head) if head.first <= upto + 1 => {
                let old = name(old);
                disk.remove(&old)
                    .map_err(super::io(format!("remove {old}")))?;
            }
            _ => break,
        }
    }
    Ok(())
}

/// Takes every segment away.
pub(crate) fn forget_all(disk: &dyn Disk) -> Result<(), Error> {
    for name in disk
        .list()
        .map_err(super::io("read the directory of the log"))?
    {
        if number(&name).is_some() {
            disk.remove(&name)
                .map_err(super::io(format!("remove {name}")))?;
        }
    }
    disk.sync()
        .map_err(super::io("sync the directory of the log"))
}
