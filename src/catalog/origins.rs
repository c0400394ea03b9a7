//! Where the texts of unchanged documents stand now.
//!
//! A text that moves to other lines or files declares what it declared before, so it makes no
//! revision; but errors and `ps` name its lines. The new place is a record beside the document, which
//! holds until the document itself is written again.
//!
//! Absent on purpose: history, which tells the places of its own time; and a promise: a place that
//! cannot be kept (a full disk, a transaction at its limit) is forgotten at the next start.

use std::sync::Arc;

use bytes::Bytes;
use netloft_store::{Key, ListOptions, MAX_COMMIT_BYTES, MAX_COMMIT_OPS, Op, Prefix, Space, Store};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{Current, Error, MESH, Stored, codec};
use crate::model::{Document, DocumentKey, Origin};

/// What the follower is told of a transaction: these stand elsewhere now.
#[derive(Debug)]
pub(super) struct Moves {
    pub(super) stored: Vec<Arc<Stored>>,
    /// Told when they are in [`Current`].
    pub(super) done: oneshot::Sender<()>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    schema: u32,
    /// The document as it was written in this revision, and no other, stands there.
    uid: uuid::Uuid,
    revision: u64,
    /// Without its text where that is the one the document was written with.
    origin: Origin,
    same_text: bool,
}

/// `old`, which is declared once more, at the place it was declared at now; none: where it was.
pub(super) fn moved(old: &Stored, to: &Origin) -> Option<Arc<Stored>> {
    let from = &old.document.origin;
    // Whoever sends a document without a file does not say that it left the one it stands in.
    let vaguer = to.file.is_none() && from.file.is_some();
    (to != from && !vaguer && !old.is_built_in()).then(|| Arc::new(at(old, to.clone())))
}

fn at(stored: &Stored, mut to: Origin) -> Stored {
    let written = stored.written_at();
    if to.text == written.text {
        to.text.clone_from(&written.text);
    }
    let written_at = (to != *written).then(|| Arc::new(written.clone()));
    let document = Document {
        origin: to,
        ..(*stored.document).clone()
    };
    Stored {
        document: Arc::new(document),
        written_at,
        ..stored.clone()
    }
}

/// What notes the places of `moved`, and forgets those of what is `written` anew or deleted; no more
/// of it than there is room for beside `others`.
pub(super) fn records(moved: &[Arc<Stored>], written: &[DocumentKey], others: &[&[Op]]) -> Vec<Op> {
    let others = || others.iter().copied().flatten();
    let ops = MAX_COMMIT_OPS.saturating_sub(others().count());
    // The rest is for what is told with a commit.
    let bytes = (MAX_COMMIT_BYTES / 8 * 7).saturating_sub(others().map(Op::size).sum());
    let mut left = bytes;
    let forgotten = written.iter().filter_map(|document| {
        let key = key(document)?;
        Some(Op::Delete { key })
    });
    let noted = moved.iter().filter_map(|stored| note(stored));
    forgotten
        .chain(noted)
        .take(ops)
        .take_while(|op| match left.checked_sub(op.size()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .collect()
}

/// What notes where `stored` stands; none where its key has no room for a record's.
fn note(stored: &Stored) -> Option<Op> {
    let key = key(&stored.document.key())?;
    let Some(written) = &stored.written_at else {
        return Some(Op::Delete { key });
    };
    let mut origin = stored.document.origin.clone();
    let same_text = origin.text == written.text;
    if same_text {
        origin.text = None;
    }
    let value = Value {
        schema: 1,
        uid: stored.uid,
        revision: stored.changed.revision.0,
        origin,
        same_text,
    };
    let value = Bytes::from(serde_json::to_vec(&value).ok()?);
    Some(Op::Put { key, value })
}

/// Puts every document of `current` to where it was last seen.
pub(super) async fn load(store: &dyn Store, current: &mut Current) -> Result<(), Error> {
    let prefix = prefix()?;
    let mut options = ListOptions::default();
    loop {
        let page = store.list(Space::Records, &prefix, options).await?;
        for object in &page.objects {
            // One that cannot be read, or is of another life of its document, tells nothing.
            let Ok(value) = serde_json::from_slice::<Value>(&object.value) else {
                continue;
            };
            let Some(stored) = document(&object.key).and_then(|key| current.get(&key)) else {
                continue;
            };
            if stored.uid == value.uid && stored.changed.revision.0 == value.revision {
                let mut origin = value.origin;
                if value.same_text {
                    origin.text.clone_from(&stored.document.origin.text);
                }
                let stored = Arc::new(at(stored, origin));
                current.relocate(stored);
            }
        }
        let Some(after) = page.next else {
            return Ok(());
        };
        options = ListOptions {
            after: Some(after),
            ..ListOptions::default()
        };
    }
}

fn prefix() -> Result<Prefix, Error> {
    let prefix = Prefix::new(&format!("{MESH}/origins/"));
    Ok(prefix.map_err(netloft_store::Error::from)?)
}

/// Where the place of `document` stands.
fn key(document: &DocumentKey) -> Option<Key> {
    let own = codec::key(document).ok()?;
    let rest = own.as_str().strip_prefix(MESH)?;
    Key::new(&format!("{MESH}/origins{rest}")).ok()
}

/// Whose place stands at `key`.
fn document(key: &Key) -> Option<DocumentKey> {
    let rest = key.as_str().strip_prefix(MESH)?.strip_prefix("/origins")?;
    codec::document_key(&Key::new(&format!("{MESH}{rest}")).ok()?).ok()
}
