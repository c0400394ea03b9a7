//! Why the catalog could not do something.

use netloft_store::Key;

use super::KeyError;
use crate::model::{DocumentKey, secret::tls::Unfit};

/// Why the catalog could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store refused or failed; nothing was written unless it says otherwise.
    #[error(transparent)]
    Store(#[from] netloft_store::Error),
    /// A stored value is not one this version wrote or knows. Start the version that wrote it, or
    /// restore a backup.
    #[error("the stored value of {key} cannot be read: {reason}")]
    Unreadable {
        /// Where it stands.
        key: Key,
        /// What is wrong with it.
        reason: String,
    },
    /// The same document stands twice in one transaction.
    #[error("{0} stands twice in one transaction: keep one of them")]
    Twice(DocumentKey),
    /// The receipt is for another write.
    #[error("the key {0:?} was used for another request within 24 hours: choose a new one")]
    KeyReused(String),
    /// A document's name does not make a key.
    #[error("{document} cannot be stored: {reason}")]
    NotAKey {
        /// Which document.
        document: DocumentKey,
        /// Why not.
        reason: String,
    },
    /// The key that seals secrets is not there, or is not the right one.
    #[error(transparent)]
    Key(Box<KeyError>),
    /// A value was redacted when it was read, and what it stands for is not there (any more). Give
    /// the value itself.
    #[error(
        "{document}: the value of {name} was redacted when it was read, and is not what is stored now: give \
         the value itself, or read the document again"
    )]
    Redacted {
        /// Which Secret.
        document: DocumentKey,
        /// Which value of it.
        name: String,
    },
    /// A new certificate or key does not fit what is stored beside it.
    #[error("{document}: {reason}")]
    Unfit {
        /// Which Secret.
        document: DocumentKey,
        /// Why not.
        reason: Unfit,
    },
    /// A stored secret cannot be opened.
    #[error("{document}: the value of {name} cannot be opened: {reason}")]
    Sealed {
        /// Which Secret.
        document: DocumentKey,
        /// Which value of it.
        name: String,
        /// Why not.
        reason: Box<KeyError>,
    },
    /// The document was declared immutable. Delete it and create it again.
    #[error("{0} is immutable: delete it and create it again to change what it declares")]
    Immutable(DocumentKey),
    /// Other replicas kept writing in between. Try again.
    #[error("the documents changed {0} times while this transaction was being checked: try again")]
    Contended(u32),
    /// The picture in memory stopped following the store; the process must be restarted.
    #[error("the catalog no longer follows the store: {0}")]
    Stopped(String),
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::Key(Box::new(error))
    }
}

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Mend the transaction.
    Invalid,
    /// Try again.
    Conflict,
    /// Divide the transaction.
    TooLarge,
    /// Make room on the disk.
    OutOfSpace,
    /// Try again later.
    Overloaded,
    /// Read anew: what was asked for is not in history any more.
    Gone,
    /// The process must be restarted.
    Unavailable,
    /// Tell the developers.
    Internal,
}

impl Error {
    /// What a caller can do about it.
    #[must_use]
    pub fn class(&self) -> Class {
        use netloft_store::Error as Store;
        match self {
            Self::Twice(_)
            | Self::NotAKey { .. }
            | Self::Redacted { .. }
            | Self::Unfit { .. }
            | Self::KeyReused(_)
            | Self::Immutable(_) => Class::Invalid,
            Self::Contended(_) => Class::Conflict,
            Self::Stopped(_) | Self::Store(Store::ReadOnly(_) | Store::Closed) => {
                Class::Unavailable
            }
            Self::Store(Store::TooLarge { .. }) => Class::TooLarge,
            Self::Store(Store::OutOfSpace { .. }) => Class::OutOfSpace,
            Self::Store(Store::Overloaded { .. }) => Class::Overloaded,
            Self::Store(Store::Compacted { .. } | Store::Lagging { .. } | Store::EpochChanged) => {
                Class::Gone
            }
            Self::Store(_) | Self::Unreadable { .. } | Self::Key(_) | Self::Sealed { .. } => {
                Class::Internal
            }
        }
    }
}
