//! What is written together.

use std::fmt;

use bytes::Bytes;

use crate::{
    Error, Key, Revision,
    limits::{MAX_COMMIT_BYTES, MAX_COMMIT_OPS, MAX_VALUE_BYTES},
};

/// One of the two spaces of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Counted, in history, watched.
    Documents,
    /// Neither.
    Records,
}

/// Writes one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Puts `value` under `key`.
    Put {
        /// Where.
        key: Key,
        /// What.
        value: Bytes,
    },
    /// Takes away what stands under `key`, if anything does.
    Delete {
        /// Where.
        key: Key,
    },
}

/// What must hold for a commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The newest revision is this one: nothing was committed since it was read.
    Head(Revision),
    /// Nothing stands there.
    Absent(Space, Key),
    /// Something stands there, whatever it is.
    Exists(Space, Key),
    /// What stands there has this [`Object::revision`](crate::Object::revision); zero: nothing
    /// stands there.
    AtRevision(Space, Key, Revision),
}

/// Who, why and when. Kept with the revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitMeta {
    /// Who asked for it.
    pub author: String,
    /// Why.
    pub message: String,
    /// Unix time, milliseconds.
    pub at: u64,
}

/// Names one commit, so that it can be found again when its outcome is unknown. Random.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TxnId(pub u128);

/// What is written together: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// All must hold.
    pub preconditions: Vec<Precondition>,
    /// Changes of documents, each key once.
    pub documents: Vec<Op>,
    /// Changes of records, each key once.
    pub records: Vec<Op>,
    /// Who, why and when.
    pub meta: CommitMeta,
    /// Its own name.
    pub txn: TxnId,
}

/// A commit was made and is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The newest revision now.
    pub revision: Revision,
    /// Whether it is a new one: false when no document has other bytes than before.
    pub changed: bool,
}

impl Op {
    /// What it writes.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }

    /// Bytes of key and value.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Put { key, value } => key.as_str().len() + value.len(),
            Self::Delete { key } => key.as_str().len(),
        }
    }
}

impl Commit {
    /// Whether it is within the limits and writes each key once.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let ops = self.documents.len() + self.records.len();
        within("the number of operations", ops, MAX_COMMIT_OPS)?;
        let preconditions = self.preconditions.len();
        within("the number of preconditions", preconditions, MAX_COMMIT_OPS)?;
        let mut bytes = self.meta.author.len() + self.meta.message.len();
        for space in [&self.documents, &self.records] {
            let mut keys = std::collections::HashSet::with_capacity(space.len());
            for op in space {
                bytes += op.size();
                if let Op::Put { value, .. } = op {
                    within("a value's size", value.len(), MAX_VALUE_BYTES)?;
                }
                if !keys.insert(op.key()) {
                    return Err(Error::Twice(op.key().clone()));
                }
            }
        }
        within("the commit's size", bytes, MAX_COMMIT_BYTES)
    }
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), Error> {
    if found <= limit {
        return Ok(());
    }
    Err(Error::TooLarge {
        what,
        found: found as u64,
        limit: limit as u64,
    })
}

impl fmt::Display for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TxnId({self})")
    }
}
