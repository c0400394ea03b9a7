//! Receipts: so that a write that is asked for twice is made once.
//!
//! A receipt is a record that is committed with what it is for: either both are there or neither. It
//! holds what became of each document, and for 24 hours whoever shows the same key is told that.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use netloft_store::{Key, ListOptions, Op, Precondition, Prefix, ReadAt, Revision as At, Space};
use serde::{Deserialize, Serialize};

use super::{Applied, Catalog, Error, MESH, Outcome, Terms};
use crate::{model::DocumentKey, snapshot::Revision};

/// How long a receipt counts, in milliseconds.
const COUNTS: u64 = 24 * 3_600_000;

/// How often receipts that no longer count are swept, in milliseconds.
const SWEEP_EVERY: u64 = 3_600_000;

/// Receipts that one write sweeps at most.
const SWEPT: usize = 10_000;

/// What tells a request from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Chosen by who asks; 1 to 255 characters, which the caller has checked.
    pub key: String,
    /// Hash of all that is asked for.
    pub request: [u8; 32],
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    schema: u32,
    request: [u8; 32],
    at: u64,
    revision: u64,
    outcomes: Vec<(DocumentKey, Outcome)>,
}

/// What a write has to hold against receipts, and to write of them.
#[derive(Debug, Default)]
pub(super) struct Paper {
    /// Where the receipt is to stand, if there is to be one.
    key: Option<Key>,
    pub(super) preconditions: Vec<Precondition>,
    sweep: Vec<Op>,
}

/// When receipts were swept last: Unix milliseconds.
#[derive(Debug, Default)]
pub(super) struct Swept(AtomicU64);

impl Paper {
    /// The records to write with what became of documents.
    pub(super) fn records(
        &self,
        terms: &Terms,
        revision: Revision,
        outcomes: &[(DocumentKey, Outcome)],
    ) -> Result<Vec<Op>, Error> {
        let (Some(key), Some(receipt)) = (&self.key, &terms.receipt) else {
            return Ok(Vec::new());
        };
        let value = Value {
            schema: 1,
            request: receipt.request,
            at: terms.at,
            revision: revision.0,
            outcomes: outcomes.to_vec(),
        };
        let value = serde_json::to_vec(&value).map_err(|e| unreadable(key, &e))?;
        let put = Op::Put {
            key: key.clone(),
            value: Bytes::from(value),
        };
        let sweep = self.sweep.iter().filter(|op| op.key() != key).cloned();
        Ok(sweep.chain([put]).collect())
    }
}

impl Catalog {
    /// What became of the write that `terms` asks for a second time; else what to hold and to write
    /// when it is made.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key was used for another request.
    pub(super) async fn shown(&self, terms: &Terms) -> Result<Result<Applied, Paper>, Error> {
        let Some(receipt) = terms.receipt.as_ref().filter(|_| !terms.dry_run) else {
            return Ok(Err(Paper::default()));
        };
        let hash = blake3::hash(receipt.key.as_bytes()).to_hex();
        let key = key(&hash)?;
        let found = self.store.get(Space::Records, &key, ReadAt::Latest).await?;
        let there = found.as_ref().map_or(At(0), |object| object.revision);
        if let Some(object) = found {
            let value = read(&key, &object.value)?;
            if counts(&value, terms.at) {
                return if value.request == receipt.request {
                    Ok(Ok(Applied {
                        revision: Revision(value.revision),
                        outcomes: value.outcomes,
                        documents: Vec::new(),
                    }))
                } else {
                    Err(Error::KeyReused(receipt.key.clone()))
                };
            }
        }
        let sweep = self.overdue(terms.at).await?;
        Ok(Err(Paper {
            preconditions: vec![Precondition::AtRevision(Space::Records, key.clone(), there)],
            key: Some(key),
            sweep,
        }))
    }

    /// Receipts to be taken away, from time to time.
    async fn overdue(&self, now: u64) -> Result<Vec<Op>, Error> {
        let last = self.swept.0.load(Ordering::Relaxed);
        if now < last.saturating_add(SWEEP_EVERY) {
            return Ok(Vec::new());
        }
        self.swept.0.store(now, Ordering::Relaxed);
        let prefix = Prefix::new(&format!("{MESH}/receipts/"));
        let prefix = prefix.map_err(netloft_store::Error::from)?;
        let mut options = ListOptions::default();
        let mut overdue = Vec::new();
        loop {
            let page = self
                .store
                .list(Space::Records, &prefix, options.clone())
                .await?;
            for object in page.objects {
                // One that cannot be read counts for nobody.
                let old = read(&object.key, &object.value).is_ok_and(|it| !counts(&it, now));
                if old && overdue.len() < SWEPT {
                    overdue.push(Op::Delete { key: object.key });
                }
            }
            match page.next {
                Some(after) if overdue.len() < SWEPT => options.after = Some(after),
                _ => return Ok(overdue),
            }
        }
    }
}

fn counts(value: &Value, now: u64) -> bool {
    now < value.at.saturating_add(COUNTS)
}

fn key(hash: &str) -> Result<Key, Error> {
    let key = Key::new(&format!("{MESH}/receipts/{hash}"));
    Ok(key.map_err(netloft_store::Error::from)?)
}

fn read(key: &Key, value: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(value).map_err(|error| unreadable(key, &error))
}

fn unreadable(key: &Key, reason: &dyn std::fmt::Display) -> Error {
    Error::Unreadable {
        key: key.clone(),
        reason: reason.to_string(),
    }
}
