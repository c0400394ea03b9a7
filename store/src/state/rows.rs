//! A state as rows of bytes: what an index and a checkpoint hold.
//!
//! `v/KEY 00 REVISION` a version of a document, `r/KEY` a record, `l/REVISION` a revision's author
//! and keys, `m` the counters. Revisions are big-endian, so that rows stand in their order.

use std::sync::Arc;

use bytes::Bytes;
use imbl::{Vector, ordmap::DiffItem};
use serde::{Deserialize, Serialize};

use super::{State, Version};
use crate::{ChangeSet, CommitMeta, Epoch, Key, KeyChange, Object, Revision};

/// One row: its key, and its value or that it is gone.
pub(crate) type RowChange = (Vec<u8>, Option<Vec<u8>>);

/// Rows are not a state; the text says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotAState(pub(crate) String);

const COUNTERS: &[u8] = b"m";

#[derive(Serialize, Deserialize)]
struct Counters {
    epoch: u128,
    revision: u64,
    compacted: u64,
    records_revision: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    value: Bytes,
    revision: u64,
    created: u64,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Logged {
    author: String,
    message: String,
    at: u64,
    keys: Vec<String>,
}

impl State {
    /// What differs from `older`, in rows; costs what differs.
    pub(crate) fn rows_since(&self, older: &Self) -> Vec<RowChange> {
        let mut rows = vec![(COUNTERS.to_vec(), Some(self.counters()))];
        for item in older.documents.diff(&self.documents) {
            let none = Vector::new();
            let (key, before, after) = match item {
                DiffItem::Add(key, after) => (key, &none, after),
                DiffItem::Remove(key, before) => (key, before, &none),
                DiffItem::Update {
                    old: (key, before),
                    new: (_, after),
                } => (key, before, after),
            };
            version_rows(&mut rows, key, before, after);
        }
        for item in older.records.diff(&self.records) {
            rows.push(match item {
                DiffItem::Add(key, new)
                | DiffItem::Update {
                    new: (key, new), ..
                } => (record_row(key), Some(encode(&stored(new)))),
                DiffItem::Remove(key, _) => (record_row(key), None),
            });
        }
        for item in older.log.diff(&self.log) {
            rows.push(match item {
                DiffItem::Add(revision, new)
                | DiffItem::Update {
                    new: (revision, new),
                    ..
                } => (log_row(*revision), Some(log_value(new))),
                DiffItem::Remove(revision, _) => (log_row(*revision), None),
            });
        }
        rows
    }

    /// The state that `rows` hold. Versions of one document must come in their order.
    pub(crate) fn from_rows<'a>(
        rows: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<Self, NotAState> {
        let mut state = Self::empty(Epoch(0));
        let mut logged = Vec::new();
        let mut counters = None;
        for (row, value) in rows {
            match row {
                [b'v', b'/', rest @ ..] => state.read_version(rest, value)?,
                [b'r', b'/', key @ ..] => {
                    let key = read_key(key)?;
                    let object = object(&key, decode::<Stored>(row, value)?);
                    state.count(None, Some(&object));
                    state.records.insert(key, object);
                }
                [b'l', b'/', revision @ ..] => {
                    logged.push((read_revision(revision)?, decode::<Logged>(row, value)?));
                }
                COUNTERS => counters = Some(decode::<Counters>(row, value)?),
                _ => return Err(not(row, "no row of this format")),
            }
        }
        let counters = counters.ok_or_else(|| NotAState("the counters are missing".to_owned()))?;
        state.epoch = Epoch(counters.epoch);
        state.revision = Revision(counters.revision);
        state.compacted = Revision(counters.compacted);
        state.records_revision = Revision(counters.records_revision);
        for (revision, entry) in logged {
            let change_set = state.change_set_of(revision, entry)?;
            state.log.insert(revision, Arc::new(change_set));
        }
        Ok(state)
    }

    fn counters(&self) -> Vec<u8> {
        encode(&Counters {
            epoch: self.epoch.0,
            revision: self.revision.0,
            compacted: self.compacted.0,
            records_revision: self.records_revision.0,
        })
    }

    fn read_version(&mut self, rest: &[u8], value: &[u8]) -> Result<(), NotAState> {
        let end = rest
            .len()
            .checked_sub(9)
            .ok_or_else(|| not(rest, "too short"))?;
        let (key, revision) = (read_key(&rest[..end])?, read_revision(&rest[end + 1..])?);
        let read = decode::<Option<Stored>>(rest, value)?;
        let read = read.map(|stored| Arc::new(object(&key, stored)));
        let versions = self.documents.entry(key).or_default();
        let before = versions.last().and_then(|version| version.object.clone());
        versions.push_back(Version {
            revision,
            object: read.clone(),
        });
        match (before.is_some(), read.is_some()) {
            (false, true) => self.live += 1,
            (true, false) => self.live -= 1,
            _ => {}
        }
        self.count(before.as_deref(), read.as_deref());
        Ok(())
    }

    fn change_set_of(&self, revision: Revision, logged: Logged) -> Result<ChangeSet, NotAState> {
        let mut changes = Vec::with_capacity(logged.keys.len());
        for key in logged.keys {
            let key = read_key(key.as_bytes())?;
            let version = self
                .documents
                .get(&key)
                .and_then(|all| {
                    all.iter()
                        .rev()
                        .find(|version| version.revision == revision)
                })
                .ok_or_else(|| NotAState(format!("{key} is missing as of revision {revision}")))?;
            changes.push(KeyChange {
                key,
                object: version.object.as_deref().cloned(),
            });
        }
        let meta = CommitMeta {
            author: logged.author,
            message: logged.message,
            at: logged.at,
        };
        Ok(ChangeSet {
            revision,
            meta,
            changes,
        })
    }
}

/// Versions go at the front and come at the back, so both ends tell what differs.
fn version_rows(
    rows: &mut Vec<RowChange>,
    key: &Key,
    before: &Vector<Version>,
    after: &Vector<Version>,
) {
    let oldest_kept = after.front().map(|version| version.revision);
    let gone = |version: &&Version| oldest_kept.is_none_or(|oldest| version.revision < oldest);
    for version in before.iter().take_while(gone) {
        rows.push((version_row(key, version.revision), None));
    }
    let newest_known = before.last().map(|version| version.revision);
    let new = |version: &&Version| newest_known.is_none_or(|newest| version.revision > newest);
    for version in after.iter().rev().take_while(new) {
        rows.push((
            version_row(key, version.revision),
            Some(version_value(version)),
        ));
    }
}

fn version_row(key: &Key, revision: Revision) -> Vec<u8> {
    [
        b"v/",
        key.as_str().as_bytes(),
        b"\0",
        &revision.0.to_be_bytes(),
    ]
    .concat()
}

fn record_row(key: &Key) -> Vec<u8> {
    [b"r/", key.as_str().as_bytes()].concat()
}

fn log_row(revision: Revision) -> Vec<u8> {
    [&b"l/"[..], &revision.0.to_be_bytes()].concat()
}

fn version_value(version: &Version) -> Vec<u8> {
    encode(&version.object.as_deref().map(stored))
}

fn log_value(change_set: &ChangeSet) -> Vec<u8> {
    let CommitMeta {
        author,
        message,
        at,
    } = change_set.meta.clone();
    let keys = change_set
        .changes
        .iter()
        .map(|change| change.key.as_str().to_owned())
        .collect();
    encode(&Logged {
        author,
        message,
        at,
        keys,
    })
}

fn stored(object: &Object) -> Stored {
    Stored {
        value: object.value.clone(),
        revision: object.revision.0,
        created: object.created.0,
        version: object.version,
    }
}

fn object(key: &Key, stored: Stored) -> Object {
    Object {
        key: key.clone(),
        value: stored.value,
        revision: Revision(stored.revision),
        created: Revision(stored.created),
        version: stored.version,
    }
}

fn read_key(bytes: &[u8]) -> Result<Key, NotAState> {
    let text = std::str::from_utf8(bytes).map_err(|_| not(bytes, "not text"))?;
    Key::new(text).map_err(|error| not(bytes, &error.to_string()))
}

fn read_revision(bytes: &[u8]) -> Result<Revision, NotAState> {
    let bytes = bytes.try_into().map_err(|_| not(bytes, "not a revision"))?;
    Ok(Revision(u64::from_be_bytes(bytes)))
}

/// Writing to a vector cannot fail; an empty value would be read back as damage.
fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).unwrap_or_default()
}

fn decode<T: for<'a> Deserialize<'a>>(row: &[u8], value: &[u8]) -> Result<T, NotAState> {
    postcard::from_bytes(value).map_err(|error| not(row, &error.to_string()))
}

fn not(row: &[u8], reason: &str) -> NotAState {
    NotAState(format!("row {}: {reason}", String::from_utf8_lossy(row)))
}
