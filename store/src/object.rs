//! What stands under a key, and how it is read.

use bytes::Bytes;

use crate::{Key, Revision};

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: Key,
    /// Its bytes.
    pub value: Bytes,
    /// Revision of its last change.
    ///
    /// Records have a count of their own, of the commits that changed one: it tells one state of a
    /// record from any other, and cannot be compared with a document's.
    pub revision: Revision,
    /// Revision it came into being with, by the same count.
    pub created: Revision,
    /// Counts its changes, from 1; begins again after a deletion.
    pub version: u64,
}

/// As of when to read documents. Records are always read as of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadAt {
    /// As of now.
    #[default]
    Latest,
    /// As of this revision.
    Revision(Revision),
}

/// Which part of a list to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// As of when; take the revision of the first page for the following ones.
    pub at: ReadAt,
    /// Only keys behind this one: the last page's [`Page::next`].
    pub after: Option<Key>,
    /// Most objects of a page, at least 1.
    pub limit: usize,
    /// Most bytes of a page; a page has at least one object all the same.
    pub limit_bytes: usize,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self {
            at: ReadAt::Latest,
            after: None,
            limit: 1_000,
            limit_bytes: 4 << 20,
        }
    }
}

/// A part of a list, in key order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// As of when it was read. For records: the newest revision of the documents.
    pub revision: Revision,
    /// The objects.
    pub objects: Vec<Object>,
    /// Where the next page goes on; none: this was the last.
    pub next: Option<Key>,
}
