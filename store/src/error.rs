//! Why a store could not do what it was asked.

use crate::{Key, Revision, Space, TxnId};

/// Why a store could not do what it was asked. Unless it says otherwise, nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A precondition does not hold. Read again, then retry.
    #[error("{}: read it again, then retry", conflict(.key.as_ref(), .expected, .found))]
    Conflict {
        /// The key it is about; none: the newest revision as a whole.
        key: Option<(Space, Key)>,
        /// What was expected.
        expected: Expected,
        /// What was found; zero: that it is not there.
        found: Revision,
    },
    /// That far back history is gone. List the newest state and go on from there.
    #[error("revision {asked} is no longer kept: history begins after {compacted}")]
    Compacted {
        /// What was asked for.
        asked: Revision,
        /// The newest revision that is gone.
        compacted: Revision,
    },
    /// There is no such revision yet; if there was one, the store was restored: list again.
    #[error("revision {asked} does not exist yet: the newest is {newest}")]
    Future {
        /// What was asked for.
        asked: Revision,
        /// The newest there is.
        newest: Revision,
    },
    /// This watch fell so far behind that history went over it. List and watch again.
    #[error("the watch fell behind: revision {next} was dropped from history before it was read")]
    Lagging {
        /// What it would have read next.
        next: Revision,
    },
    /// The store was restored or replaced: its revisions mean something else. List and watch again.
    #[error("the store is another than before: its revisions mean something else now")]
    EpochChanged,
    /// It cannot be told whether the commit was made. Read, and look for it, before trying again.
    #[error("it is unknown whether transaction {txn} was committed: {reason}")]
    OutcomeUnknown {
        /// The transaction.
        txn: TxnId,
        /// What happened.
        reason: String,
    },
    /// More than a store takes at once. Divide it.
    #[error("{what} is {found}; the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The disk, or the room allowed for the store, is full. Reading goes on; make room, then retry.
    #[error("no space left for {needed} bytes: {reason}")]
    OutOfSpace {
        /// What the write needs, in bytes.
        needed: u64,
        /// What is full.
        reason: String,
    },
    /// Too many commits wait already. Retry later.
    #[error("{waiting} commits wait to be written already: try again later")]
    Overloaded {
        /// How many.
        waiting: usize,
    },
    /// What is on disk is not what was written. Restore a backup.
    #[error("{file} is damaged at byte {offset}: {reason}")]
    Corrupt {
        /// The file.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// Another process has this store open.
    #[error("{0} is in use by another process")]
    InUse(String),
    /// The disk failed; this handle only reads from now on. Restart to recover what is durable.
    #[error("the store cannot write any more: {0}")]
    ReadOnly(String),
    /// The disk failed while opening.
    #[error("{what}: {reason}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the system said.
        reason: String,
    },
    /// Not a key.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// The same key is written twice in one commit.
    #[error("{0} is written twice in one commit")]
    Twice(Key),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Empty.
    #[error("a key must not be empty")]
    Empty,
    /// Longer than 512 bytes.
    #[error("a key has at most 512 bytes, this one has {0}")]
    TooLong(usize),
    /// Holds a control character.
    #[error("a key holds no control characters, this one holds {0:?}")]
    Character(char),
}

/// What a precondition wanted to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Absent,
    /// Anything.
    Present,
    /// This revision; zero: nothing.
    Revision(Revision),
}

fn conflict(key: Option<&(Space, Key)>, expected: &Expected, found: &Revision) -> String {
    let Some((_, key)) = key else {
        return match expected {
            Expected::Revision(expected) => {
                format!("the newest revision is {found}, not {expected}")
            }
            Expected::Absent | Expected::Present => format!("the newest revision is {found}"),
        };
    };
    let found = match found {
        Revision(0) => "is not there".to_owned(),
        found => format!("is at revision {found}"),
    };
    let expected = match expected {
        Expected::Absent | Expected::Revision(Revision(0)) => "it was expected not to be there",
        Expected::Present => "it was expected to be there",
        Expected::Revision(expected) => {
            return format!("{key} {found}, but it was expected at revision {expected}");
        }
    };
    format!("{key} {found}, but {expected}")
}

#[cfg(test)]
mod tests {
    use super::{Error, Expected};
    use crate::{Key, Revision, Space};

    #[test]
    fn a_conflict_says_what_was_found_what_was_expected_and_what_to_do() {
        let web = Some((Space::Documents, Key::new("web").unwrap()));
        let at = |revision| Expected::Revision(Revision(revision));
        let table = [
            (None, at(3), 5, "the newest revision is 5, not 3"),
            (
                web.clone(),
                at(3),
                5,
                "web is at revision 5, but it was expected at revision 3",
            ),
            (
                web.clone(),
                at(3),
                0,
                "web is not there, but it was expected at revision 3",
            ),
            (
                web.clone(),
                at(0),
                5,
                "web is at revision 5, but it was expected not to be there",
            ),
            (
                web.clone(),
                Expected::Absent,
                5,
                "web is at revision 5, but it was expected not to be there",
            ),
            (
                web,
                Expected::Present,
                0,
                "web is not there, but it was expected to be there",
            ),
        ];
        for (key, expected, found, text) in table {
            let error = Error::Conflict {
                key,
                expected,
                found: Revision(found),
            };
            assert_eq!(
                error.to_string(),
                format!("{text}: read it again, then retry")
            );
        }
    }
}
