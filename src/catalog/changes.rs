//! Documents of one kind: in portions as of one revision, and revision by revision from one on.

use std::sync::Arc;

use netloft_store::{ListOptions, ReadAt, Space, Watch};

use super::{Catalog, Error, Stored, built_in, codec};
use crate::{
    model::{DocumentKey, Kind},
    snapshot::Revision,
};

/// A part of a list.
#[derive(Debug, Clone, Default)]
pub struct Portion {
    /// The documents, in the order in which they are stored.
    pub documents: Vec<(DocumentKey, Arc<Stored>)>,
    /// Whether others follow.
    pub more: bool,
}

/// What one revision did to documents of one kind.
#[derive(Debug, Clone)]
pub struct Change {
    /// The revision.
    pub revision: Revision,
    /// Each changed document as it is now; none: deleted. Possibly none of the kind.
    pub documents: Vec<(DocumentKey, Option<Arc<Stored>>)>,
}

/// Follows documents of one kind, every revision once. Holds no queue.
#[derive(Debug)]
pub struct Changes(Watch);

impl Catalog {
    /// Tells this life of the documents from another: after a restore revisions mean something else.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be asked.
    pub async fn epoch(&self) -> Result<String, Error> {
        Ok(self.store.head().await?.epoch.to_string())
    }

    /// At most `limit` documents of `kind`, of all namespaces or of one, as they were at `revision`,
    /// behind `after`.
    ///
    /// # Errors
    /// [`Error::Store`] when history does not reach so far, and what the store says else.
    pub async fn list_at(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        revision: Revision,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Portion, Error> {
        let options = ListOptions {
            at: ReadAt::Revision(netloft_store::Revision(revision.0)),
            after: after.map(codec::key).transpose()?,
            limit,
            ..ListOptions::default()
        };
        let prefix = codec::of_kind(kind, namespace)?;
        let page = self.store.list(Space::Documents, &prefix, options).await?;
        let documents = page.objects.iter().map(codec::decode);
        let mut documents = documents.collect::<Result<_, _>>()?;
        let more = page.next.is_some();
        built_in::complete(kind, after, more, &mut documents);
        Ok(Portion { documents, more })
    }

    /// Follows documents of `kind`, of all namespaces or of one, behind `from`.
    ///
    /// # Errors
    /// [`Error::Store`] when history does not reach so far, and what the store says else.
    pub async fn changes(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        from: Revision,
    ) -> Result<Changes, Error> {
        let epoch = self.store.head().await?.epoch;
        let from = netloft_store::Revision(from.0);
        let prefix = codec::of_kind(kind, namespace)?;
        Ok(Changes(self.store.watch(&prefix, from, epoch).await?))
    }
}

impl Changes {
    /// What the next revision did, as soon as it is durable. Can be cancelled without loss.
    ///
    /// # Errors
    /// Each is for good: history went over the place, the documents were restored, or the store was
    /// closed.
    pub async fn next(&mut self) -> Result<Change, Error> {
        let set = self.0.next().await?;
        let documents = set.changes.iter().map(|change| match &change.object {
            Some(object) => codec::decode(object).map(|(key, stored)| (key, Some(stored))),
            None => Ok((codec::document_key(&change.key)?, None)),
        });
        Ok(Change {
            revision: Revision(set.revision.0),
            documents: documents.collect::<Result<_, _>>()?,
        })
    }
}
