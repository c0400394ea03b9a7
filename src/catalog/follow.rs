//! Following the store: list once, then watch, whole revisions at a time.

use std::{sync::Arc, time::Duration};

use netloft_store::{Error as StoreError, ListOptions, ReadAt, Space, Store};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use super::{
    Current, Error, codec,
    origins::{self, Moves},
    sealing::Sealer,
};
use crate::snapshot::Revision;

/// How long to wait before the store is listed again after a watch broke.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Loads everything, then keeps the returned picture at the store's newest revision.
pub(super) async fn start(
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    mut moved: mpsc::Receiver<Moves>,
) -> Result<(JoinHandle<()>, watch::Receiver<Arc<Current>>), Error> {
    let loaded = load(&*store, &sealer).await?;
    let (publish, current) = watch::channel(Arc::new(loaded));
    let follower = tokio::spawn(async move {
        loop {
            let Err(error) = follow(&*store, &sealer, &publish, &mut moved).await;
            if publish.is_closed() || matches!(error, Error::Store(StoreError::Closed)) {
                return;
            }
            tracing::warn!(%error, "the watch of the store broke; reading everything again");
            tokio::time::sleep(AGAIN_AFTER).await;
            match load(&*store, &sealer).await {
                Ok(loaded) => {
                    publish.send_replace(Arc::new(loaded));
                }
                Err(error) => tracing::error!(%error, "the store cannot be read"),
            }
        }
    });
    Ok((follower, current))
}

/// Every document at the newest revision.
async fn load(store: &dyn Store, sealer: &Sealer) -> Result<Current, Error> {
    let head = store.head().await?;
    let prefix = codec::documents()?;
    let mut current = Current::at(Revision(head.revision.0));
    let mut options = ListOptions {
        at: ReadAt::Revision(head.revision),
        ..ListOptions::default()
    };
    loop {
        let page = store
            .list(Space::Documents, &prefix, options.clone())
            .await?;
        for object in &page.objects {
            let (key, stored) = codec::decode(object)?;
            sealer.verify(&key, &stored)?;
            current.put(&key, stored);
        }
        match page.next {
            Some(after) => options.after = Some(after),
            None => break,
        }
    }
    origins::load(store, &mut current).await?;
    Ok(current)
}

/// Takes whole revisions in as they come; returns only with the reason why no more come.
async fn follow(
    store: &dyn Store,
    sealer: &Sealer,
    publish: &watch::Sender<Arc<Current>>,
    moved: &mut mpsc::Receiver<Moves>,
) -> Result<std::convert::Infallible, Error> {
    let epoch = store.head().await?.epoch;
    let from = netloft_store::Revision(publish.borrow().revision.0);
    let mut watch = store.watch(&codec::documents()?, from, epoch).await?;
    loop {
        let change_set = tokio::select! {
            // Revisions first: what moved is told of only once its revision is here.
            biased;
            change_set = watch.next() => change_set?,
            Some(moves) = moved.recv() => {
                relocate(moves, publish);
                continue;
            }
        };
        let mut next = (**publish.borrow()).clone();
        next.revision = Revision(change_set.revision.0);
        for change in &change_set.changes {
            match &change.object {
                Some(object) => {
                    let (key, stored) = codec::decode(object)?;
                    sealer.verify(&key, &stored)?;
                    next.put(&key, stored);
                }
                None => next.remove(&codec::document_key(&change.key)?),
            }
        }
        publish.send_replace(Arc::new(next));
    }
}

/// The same revision, with `moves` where they stand now.
fn relocate(moves: Moves, publish: &watch::Sender<Arc<Current>>) {
    let mut next = (**publish.borrow()).clone();
    for stored in moves.stored {
        next.relocate(stored);
    }
    publish.send_replace(Arc::new(next));
    // Who gave up waiting does not need to know.
    let _ = moves.done.send(());
}
