//! Checkpoints: everything up to one entry in one file, so that the log before it can go.

use super::{Sequence, corrupt, io};
use crate::{Epoch, Error, disk::Disk};

const MAGIC: [u8; 8] = *b"NLckp\0\0\x01";
/// Magic, epoch, sequence.
const HEAD: usize = 8 + 16 + 8;
/// A BLAKE3 hash over everything before it.
const TAIL: usize = 32;
/// Fast, and still a third of the size of typical documents.
const LEVEL: i32 = 1;

/// One checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) epoch: Epoch,
    /// The newest entry in it.
    pub(crate) sequence: Sequence,
    pub(crate) content: Vec<u8>,
}

fn name(sequence: Sequence) -> String {
    format!("checkpoint-{sequence:020}")
}

/// Sequences of the checkpoints there are, newest first.
pub(crate) fn checkpoints(disk: &dyn Disk) -> Result<Vec<Sequence>, Error> {
    let names = disk.list().map_err(io("read the directory of the log"))?;
    let sequence = |name: &String| {
        name.strip_prefix("checkpoint-")
            .filter(|digits| digits.len() == 20)?
            .parse()
            .ok()
    };
    let mut found: Vec<Sequence> = names.iter().filter_map(sequence).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

impl Checkpoint {
    /// Writes it, durable on return; until then it does not have its name.
    pub(crate) fn write(&self, disk: &dyn Disk) -> Result<(), Error> {
        let name = name(self.sequence);
        let failed = |error: std::io::Error| {
            if matches!(
                error.kind(),
                std::io::ErrorKind::StorageFull
                    | std::io::ErrorKind::QuotaExceeded
                    | std::io::ErrorKind::FileTooLarge
            ) {
                let needed = self.content.len() as u64;
                return Error::OutOfSpace {
                    needed,
                    reason: error.to_string(),
                };
            }
            Error::Io {
                what: format!("write {name}"),
                reason: error.to_string(),
            }
        };
        let mut bytes = Vec::with_capacity(HEAD + TAIL + self.content.len() / 2);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.epoch.0.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend(zstd::bulk::compress(&self.content, LEVEL).map_err(failed)?);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());

        let unfinished = format!("{name}.unfinished");
        let mut file = disk.create(&unfinished).map_err(failed)?;
        file.append(&bytes).map_err(failed)?;
        file.sync().map_err(failed)?;
        drop(file);
        disk.rename(&unfinished, &name).map_err(failed)?;
        disk.sync().map_err(failed)
    }

    /// Reads the checkpoint at `sequence`.
    pub(crate) fn read(disk: &dyn Disk, sequence: Sequence) -> Result<Self, Error> {
        let name = name(sequence);
        let bytes = disk.read(&name).map_err(io(format!("read {name}")))?;
        let damaged = |reason: &str| corrupt(&name, 0, reason);
        let content = bytes
            .len()
            .checked_sub(TAIL)
            .filter(|length| *length >= HEAD);
        let (body, hash) = bytes.split_at(content.ok_or_else(|| damaged("it is too short"))?);
        if blake3::hash(body).as_bytes() != hash || body[..8] != MAGIC {
            return Err(damaged("its checksum does not fit"));
        }
        let epoch = body[8..24]
            .try_into()
            .map_err(|_| damaged("it is too short"))?;
        let inside = body[24..32]
            .try_into()
            .map_err(|_| damaged("it is too short"))?;
        if u64::from_le_bytes(inside) != sequence {
            return Err(damaged("it is another than its name says"));
        }
        let content =
            zstd::stream::decode_all(&body[HEAD..]).map_err(|error| damaged(&error.to_string()))?;
        Ok(Self {
            epoch: Epoch(u128::from_le_bytes(epoch)),
            sequence,
            content,
        })
    }

    /// Takes the checkpoint at `sequence` away.
    pub(crate) fn remove(disk: &dyn Disk, sequence: Sequence) -> Result<(), Error> {
        let name = name(sequence);
        disk.remove(&name).map_err(io(format!("remove {name}")))
    }
}
