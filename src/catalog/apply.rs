//! Writing: many documents, one transaction, one revision.

use std::{collections::BTreeSet, sync::Arc};

use netloft_store::{Commit, CommitMeta, Op, Precondition, TxnId};

use super::{Catalog, Current, Error, Moment, Stored, codec};
use crate::{
    model::{Document, DocumentKey},
    snapshot::Revision,
};

/// How often a transaction is checked again because another replica wrote in between.
const ATTEMPTS: u32 = 10;

/// Documents that change together or not at all.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// What to write, each document at most once.
    pub changes: Vec<Edit>,
    /// Who asks for it; kept with the revision.
    pub author: String,
    /// Why; kept with the revision.
    pub message: String,
    /// Only tell what would happen.
    pub dry_run: bool,
    /// The time it is asked for: Unix milliseconds.
    pub at: u64,
}

/// One document's change.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Create it, or put it in the place of what has its key.
    Put(Arc<Document>),
    /// Take it away.
    Delete(DocumentKey),
}

/// What became of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Was not there.
    Created,
    /// Was there and is another now.
    Configured,
    /// Was there as declared already.
    Unchanged,
    /// Was there and is gone.
    Deleted,
    /// Was to go but was not there.
    NotFound,
}

/// What became of a transaction.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The revision it made; the newest one where it changed nothing or was only tried.
    pub revision: Revision,
    /// For each change in order: the document and what became of it.
    pub outcomes: Vec<(DocumentKey, Outcome)>,
}

/// What [`Catalog::apply`] came to: done, or turned down by the caller's own check.
#[derive(Debug)]
pub enum Verdict<R> {
    /// Committed and readable (or tried, for a dry run).
    Applied(Applied),
    /// The check said no; nothing was written.
    Invalid(R),
}

impl Catalog {
    /// Commits `transaction` as one revision, once `check` finds nothing against it.
    ///
    /// `check` sees exactly the documents that the commit is made against: when another writer comes
    /// in between it is asked again. On return the result is durable and in [`Catalog::current`].
    /// Changing nothing makes no revision.
    ///
    /// # Errors
    /// [`Error::Twice`] for a document named twice, [`Error::Contended`] when other replicas keep
    /// writing, and what the store says.
    pub async fn apply<R>(
        &self,
        transaction: Transaction,
        mut check: impl FnMut(&Current) -> Result<(), R> + Send,
    ) -> Result<Verdict<R>, Error> {
        named_once(&transaction)?;
        let _turn = self.applying.lock().await;
        for _ in 0..ATTEMPTS {
            let current = self.current();
            if let Err(reason) = check(&current) {
                return Ok(Verdict::Invalid(reason));
            }
            let plan = plan(&transaction, &current)?;
            if transaction.dry_run || plan.documents.is_empty() {
                let revision = current.revision;
                return Ok(Verdict::Applied(Applied {
                    revision,
                    outcomes: plan.outcomes,
                }));
            }
            let head = netloft_store::Revision(current.revision.0);
            let commit = Commit {
                preconditions: vec![Precondition::Head(head)],
                documents: plan.documents,
                meta: CommitMeta {
                    author: transaction.author.clone(),
                    message: transaction.message.clone(),
                    at: transaction.at,
                },
                txn: TxnId(uuid::Uuid::new_v4().as_u128()),
                ..Commit::default()
            };
            match self.store.commit(commit).await {
                Ok(committed) => {
                    let revision = Revision(committed.revision.0);
                    self.reached(revision).await?;
                    return Ok(Verdict::Applied(Applied {
                        revision,
                        outcomes: plan.outcomes,
                    }));
                }
                Err(netloft_store::Error::Conflict { found, .. }) => {
                    // Another replica was first: see what it wrote, then check again.
                    self.reached(Revision(found.0)).await?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::Contended(ATTEMPTS))
    }

    /// Waits until the picture in memory holds `revision`.
    async fn reached(&self, revision: Revision) -> Result<(), Error> {
        let mut current = self.current.clone();
        current
            .wait_for(|current| current.revision >= revision)
            .await
            .map(drop)
            .map_err(|_| Error::Stopped("the follower ended".to_owned()))
    }
}

struct Plan {
    documents: Vec<Op>,
    outcomes: Vec<(DocumentKey, Outcome)>,
}

fn plan(transaction: &Transaction, current: &Current) -> Result<Plan, Error> {
    let mut documents = Vec::new();
    let mut outcomes = Vec::with_capacity(transaction.changes.len());
    for change in &transaction.changes {
        match change {
            Edit::Put(document) => {
                let key = document.key();
                let old = current.get(&key);
                let outcome = match old {
                    None => Outcome::Created,
                    Some(old) if same_declaration(&old.document, document) => Outcome::Unchanged,
                    Some(_) => Outcome::Configured,
                };
                if outcome != Outcome::Unchanged {
                    let stored = successor(old, document, transaction);
                    let at = codec::key(&key)?;
                    let value = codec::encode(&at, &stored)?;
                    documents.push(Op::Put { key: at, value });
                }
                outcomes.push((key, outcome));
            }
            Edit::Delete(key) => {
                let outcome = if current.get(key).is_some() {
                    documents.push(Op::Delete {
                        key: codec::key(key)?,
                    });
                    Outcome::Deleted
                } else {
                    Outcome::NotFound
                };
                outcomes.push((key.clone(), outcome));
            }
        }
    }
    Ok(Plan {
        documents,
        outcomes,
    })
}

/// Where it was declared does not count: moving a line makes no revision.
fn same_declaration(old: &Document, new: &Document) -> bool {
    old.spec == new.spec && old.metadata == new.metadata
}

fn successor(old: Option<&Arc<Stored>>, document: &Arc<Document>, by: &Transaction) -> Stored {
    let now = Moment {
        revision: Revision::default(),
        at: by.at,
    };
    let respecified = |old: &Stored| u64::from(old.document.spec != document.spec);
    Stored {
        document: document.clone(),
        uid: old.map_or_else(uuid::Uuid::new_v4, |old| old.uid),
        generation: old.map_or(1, |old| old.generation + respecified(old)),
        created: old.map_or(now, |old| old.created),
        changed: now,
        applied_by: by.author.as_str().into(),
    }
}

fn named_once(transaction: &Transaction) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for change in &transaction.changes {
        let key = match change {
            Edit::Put(document) => document.key(),
            Edit::Delete(key) => key.clone(),
        };
        if let Some(twice) = seen.replace(key) {
            return Err(Error::Twice(twice));
        }
    }
    Ok(())
}
