//! Commits as bytes: what a log record holds.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Commit, CommitMeta, Key, Op, TxnId, log::Sequence};

/// One commit in the log. Preconditions are not kept: it was made, so they held.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) sequence: Sequence,
    /// The newest revision once it is made: checked when it is read back.
    pub(super) revision: u64,
    documents: Vec<(String, Option<Bytes>)>,
    records: Vec<(String, Option<Bytes>)>,
    author: String,
    message: String,
    at: u64,
    txn: u128,
}

impl Entry {
    pub(super) fn of(commit: &Commit, sequence: Sequence, revision: u64) -> Self {
        let plain = |ops: &[Op]| {
            ops.iter()
                .map(|op| match op {
                    Op::Put { key, value } => (key.as_str().to_owned(), Some(value.clone())),
                    Op::Delete { key } => (key.as_str().to_owned(), None),
                })
                .collect()
        };
        Self {
            sequence,
            revision,
            documents: plain(&commit.documents),
            records: plain(&commit.records),
            author: commit.meta.author.clone(),
            message: commit.meta.message.clone(),
            at: commit.meta.at,
            txn: commit.txn.0,
        }
    }

    /// The commit again; none when a key in it is no key.
    pub(super) fn into_commit(self) -> Option<Commit> {
        let ops = |plain: Vec<(String, Option<Bytes>)>| {
            plain
                .into_iter()
                .map(|(key, value)| {
                    let key = Key::new(&key).ok()?;
                    Some(match value {
                        Some(value) => Op::Put { key, value },
                        None => Op::Delete { key },
                    })
                })
                .collect::<Option<Vec<Op>>>()
        };
        Some(Commit {
            preconditions: Vec::new(),
            documents: ops(self.documents)?,
            records: ops(self.records)?,
            meta: CommitMeta {
                author: self.author,
                message: self.message,
                at: self.at,
            },
            txn: TxnId(self.txn),
        })
    }
}
