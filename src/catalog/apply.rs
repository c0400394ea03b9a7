//! Writing: many documents, one transaction, one revision.

use std::{collections::BTreeSet, sync::Arc};

use netloft_store::{Commit, CommitMeta, Op, Precondition, TxnId};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{
    Catalog, Current, Error, Moment, Receipt, Sealed, Stored, WHOLE, codec,
    origins::{self, Moves},
    sealing::Sealer,
};
use crate::{
    model::{Document, DocumentKey, Grain, Managers},
    snapshot::Revision,
};

/// How often a transaction is checked again because another replica wrote in between.
const ATTEMPTS: u32 = 10;

/// What a write is besides its changes, which happen together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Who asks for it; kept with the revision.
    pub author: String,
    /// Why; kept with the revision.
    pub message: String,
    /// Only tell what would happen.
    pub dry_run: bool,
    /// The time it is asked for: Unix milliseconds.
    pub at: u64,
    /// Whoever shows the same again is told what became of it, and nothing is written twice.
    pub receipt: Option<Receipt>,
}

/// One document's change. A write names each document at most once.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Create it, or put it in the place of what has its key. What it changes is managed by [`WHOLE`].
    Put(Arc<Document>),
    /// The same, and these manage its fields then; none: [`WHOLE`] manages all of them.
    Managed(Arc<Document>, Option<Arc<Managers>>),
    /// Take it away.
    Delete(DocumentKey),
}

impl Edit {
    /// What is to be stored; none where something is to go.
    #[must_use]
    pub fn document(&self) -> Option<&Arc<Document>> {
        match self {
            Self::Put(document) | Self::Managed(document, _) => Some(document),
            Self::Delete(_) => None,
        }
    }

    /// The document that it is about.
    #[must_use]
    pub fn key(&self) -> DocumentKey {
        match self {
            Self::Put(document) | Self::Managed(document, _) => document.key(),
            Self::Delete(key) => key.clone(),
        }
    }
}

/// What became of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// For each change in order: the document as it is stored now, or would be after a dry run; as it
    /// was where it was deleted. Empty when a receipt was shown.
    pub documents: Vec<Option<Arc<Stored>>>,
}

/// What [`Catalog::write`] came to: done, or turned down by the caller.
#[derive(Debug)]
pub enum Verdict<R> {
    /// Committed and readable (or tried, for a dry run).
    Applied(Applied),
    /// The caller said no; nothing was written.
    Invalid(R),
}

impl Catalog {
    /// Commits the changes that `make` makes of what is stored, as one revision.
    ///
    /// `make` sees exactly the documents that the commit is made against: when another writer comes
    /// in between it is asked again. On return the result is durable and in [`Catalog::current`].
    /// Changing nothing makes no revision.
    ///
    /// # Errors
    /// [`Error::Twice`] for a document named twice, [`Error::KeyReused`] for a receipt of another write, [`Error::Contended`] when other replicas keep
    /// writing, and what the store says.
    pub async fn write<R>(
        &self,
        terms: Terms,
        mut make: impl FnMut(&Current) -> Result<Vec<Edit>, R> + Send,
    ) -> Result<Verdict<R>, Error> {
        let _turn = self.applying.lock().await;
        let paper = match self.shown(&terms).await? {
            Ok(applied) => return Ok(Verdict::Applied(applied)),
            Err(paper) => paper,
        };
        for _ in 0..ATTEMPTS {
            let current = self.current();
            let changes = match make(&current) {
                Ok(changes) => changes,
                Err(reason) => return Ok(Verdict::Invalid(reason)),
            };
            named_once(&changes)?;
            let plan = plan(&changes, &terms, &current, &self.sealer)?;
            let nothing = plan.operations.is_empty();
            let silent = nothing && terms.receipt.is_none();
            if terms.dry_run || (silent && plan.moved.is_empty()) {
                return Ok(Verdict::Applied(plan.applied(current.revision)));
            }
            let head = netloft_store::Revision(current.revision.0);
            // Revisions are dense, and no other may come in between.
            let next = Revision(head.0 + u64::from(!nothing));
            let mut preconditions = vec![Precondition::Head(head)];
            preconditions.extend(paper.preconditions.iter().cloned());
            let mut records = paper.records(&terms, next, &plan.outcomes)?;
            let places =
                origins::records(&plan.moved, &plan.written, &[&plan.operations, &records]);
            records.extend(places);
            let commit = Commit {
                preconditions,
                documents: plan.operations.clone(),
                records,
                meta: CommitMeta {
                    author: terms.author.clone(),
                    message: terms.message.clone(),
                    at: terms.at,
                },
                txn: TxnId(uuid::Uuid::new_v4().as_u128()),
            };
            match self.store.commit(commit).await {
                Ok(committed) => {
                    let revision = Revision(committed.revision.0);
                    self.reached(revision).await?;
                    self.relocated(&plan.moved).await;
                    return Ok(Verdict::Applied(plan.committed(revision)));
                }
                Err(netloft_store::Error::Conflict { found, .. }) => {
                    // Another replica was first: see what it wrote, then check again.
                    self.reached(Revision(found.0)).await?;
                }
                Err(error) if silent => {
                    tracing::warn!(%error, "where unchanged documents stand now is not kept");
                    self.relocated(&plan.moved).await;
                    return Ok(Verdict::Applied(plan.applied(current.revision)));
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

    /// Waits until the picture in memory has `stored` where they stand now.
    async fn relocated(&self, stored: &[Arc<Stored>]) {
        if stored.is_empty() {
            return;
        }
        let (done, told) = oneshot::channel();
        let stored = stored.to_vec();
        // A follower that has ended is told of by whoever reads next.
        if self.moves.send(Moves { stored, done }).await.is_ok() {
            let _ = told.await;
        }
    }
}

struct Plan {
    operations: Vec<Op>,
    outcomes: Vec<(DocumentKey, Outcome)>,
    documents: Vec<Option<Arc<Stored>>>,
    /// Unchanged documents that stand elsewhere now.
    moved: Vec<Arc<Stored>>,
    /// Documents that are written anew or deleted and had moved before.
    written: Vec<DocumentKey>,
}

impl Plan {
    /// The answer where nothing was written.
    fn applied(self, revision: Revision) -> Applied {
        Applied {
            revision,
            outcomes: self.outcomes,
            documents: self.documents,
        }
    }

    /// The answer where it was written as `revision`.
    fn committed(mut self, revision: Revision) -> Applied {
        let outcomes = self.outcomes.iter().map(|(_, outcome)| outcome);
        for (outcome, stored) in outcomes.zip(&mut self.documents) {
            let Some(stored) = stored else { continue };
            let stored = Arc::make_mut(stored);
            match outcome {
                Outcome::Created => {
                    stored.created.revision = revision;
                    stored.changed.revision = revision;
                }
                Outcome::Configured => stored.changed.revision = revision,
                Outcome::Unchanged | Outcome::Deleted | Outcome::NotFound => {}
            }
        }
        self.applied(revision)
    }
}

fn plan(
    changes: &[Edit],
    terms: &Terms,
    current: &Current,
    sealer: &Sealer,
) -> Result<Plan, Error> {
    let mut plan = Plan {
        operations: Vec::new(),
        outcomes: Vec::with_capacity(changes.len()),
        documents: Vec::with_capacity(changes.len()),
        moved: Vec::new(),
        written: Vec::new(),
    };
    let has_moved = |old: Option<&Arc<Stored>>| old.is_some_and(|old| old.written_at.is_some());
    for change in changes {
        match change {
            Edit::Put(document) | Edit::Managed(document, _) => {
                let key = document.key();
                let old = current.get(&key);
                let (document, sealed) = &sealer.seal(document, old.map(AsRef::as_ref))?;
                if old.is_some_and(|old| !may_follow(&old.document, document)) {
                    return Err(Error::Immutable(key));
                }
                let managers = managers(change, document, old, terms.at);
                let same = |old: &&Arc<Stored>| {
                    same_declaration(&old.document, document) && old.managers == managers
                };
                let (outcome, stored) = match old.filter(same) {
                    Some(old) => {
                        let moved = origins::moved(old, &document.origin);
                        plan.moved.extend(moved.clone());
                        (Outcome::Unchanged, moved.unwrap_or_else(|| old.clone()))
                    }
                    None => {
                        let stored = successor(old, document, managers, sealed, terms);
                        let at = codec::key(&key)?;
                        let value = codec::encode(&at, &stored)?;
                        plan.operations.push(Op::Put { key: at, value });
                        if has_moved(old) {
                            plan.written.push(key.clone());
                        }
                        let outcome = match old {
                            None => Outcome::Created,
                            Some(_) => Outcome::Configured,
                        };
                        (outcome, Arc::new(stored))
                    }
                };
                plan.outcomes.push((key, outcome));
                plan.documents.push(Some(stored));
            }
            Edit::Delete(key) => {
                let old = current.get(key).filter(|old| !old.is_built_in());
                let outcome = match old {
                    Some(_) => Outcome::Deleted,
                    None => Outcome::NotFound,
                };
                if old.is_some() {
                    let at = codec::key(key)?;
                    plan.operations.push(Op::Delete { key: at });
                }
                if has_moved(old) {
                    plan.written.push(key.clone());
                }
                plan.outcomes.push((key.clone(), outcome));
                plan.documents.push(old.cloned());
            }
        }
    }
    Ok(plan)
}

/// Where it was declared does not count: moving a line makes no revision.
fn same_declaration(old: &Document, new: &Document) -> bool {
    old.spec == new.spec && old.metadata == new.metadata
}

/// Who manages the fields of `document` once `change` is made.
fn managers(
    change: &Edit,
    document: &Document,
    old: Option<&Arc<Stored>>,
    at: u64,
) -> Option<Arc<Managers>> {
    if let Edit::Managed(_, managers) = change {
        return managers.clone();
    }
    let old = old?;
    let managers = old.managers.as_ref()?;
    if same_declaration(&old.document, document) {
        return Some(managers.clone());
    }
    let grain = Grain::of_kind(document.spec.kind());
    let json = |document: &Document| document.to_json().unwrap_or_default();
    let (old, new) = (json(&old.document), json(document));
    Some(Arc::new(managers.updated(WHOLE, at, grain, &old, &new)))
}

/// What is immutable can go, and can be sorted under other labels, and that is all.
fn may_follow(old: &Document, new: &Document) -> bool {
    !old.spec.is_immutable() || old.spec == new.spec
}

fn successor(
    old: Option<&Arc<Stored>>,
    document: &Arc<Document>,
    managers: Option<Arc<Managers>>,
    sealed: &Sealed,
    by: &Terms,
) -> Stored {
    let now = Moment {
        revision: Revision::default(),
        at: by.at,
    };
    let respecified = |old: &Stored| u64::from(old.document.spec != document.spec);
    Stored {
        document: document.clone(),
        sealed: Arc::new(sealed.clone()),
        uid: old.map_or_else(uuid::Uuid::new_v4, |old| old.uid),
        generation: old.map_or(1, |old| old.generation + respecified(old)),
        created: old.map_or(now, |old| old.created),
        changed: now,
        applied_by: by.author.as_str().into(),
        managers,
        written_at: None,
    }
}

fn named_once(changes: &[Edit]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for change in changes {
        if let Some(twice) = seen.replace(change.key()) {
            return Err(Error::Twice(twice));
        }
    }
    Ok(())
}
