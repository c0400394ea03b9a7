//! One thing that can be read from a view, and so one thing that can change.

use std::sync::Arc;

use super::{Index, Name};
use crate::model::DocumentKey;

/// What a read named. Two views in which it has the same value give the same answer, absence
/// included.
///
/// Facets are parts of a document that others look at. They change only when that part does, so
/// that an edit of one endpoint does not concern whoever asked for the ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadKey {
    /// A whole document: metadata and spec.
    Document(DocumentKey),
    /// A Service's [`super::Outline`].
    Outline(Name),
    /// The endpoints written down in a Service: all, or those of one version.
    Inline(Name, Option<Arc<str>>),
    /// An HTTPRoute's [`super::Attachment`].
    Attachment(Name),
    /// An entry of an index: a set of names.
    Entry(Index),
    /// The namespaces in which there are Services.
    Namespaces,
}
