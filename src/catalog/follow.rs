//! Following the store: list once, then watch, whole revisions at a time.

use std::{sync::Arc, time::Duration};

use netloft_store::{Error as StoreError, ListOptions, ReadAt, Space, Store};
use tokio::{sync::watch, task::JoinHandle};

use super::{Current, Error, codec, sealing::Sealer};
use crate::snapshot::Revision;

/// How long to wait before the store is listed again after a watch broke.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Loads everything, then keeps the returned picture at the store's newest revision.
pub(super) async fn start(
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
) -> Result<(JoinHandle<()>, watch::Receiver<Arc<Current>>), Error> {
    let loaded = load(&*store, &sealer).await?;
    let (publish, current) = watch::channel(Arc::new(loaded));
    let follower = tokio::spawn(async move {
        loop {
            let Err(error) = follow(&*store, &sealer, &publish).await;
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
            None => return Ok(current),
        }
    }
}

/// Takes whole revisions in as they come; returns only with the reason why no more come.
async fn follow(
    store: &dyn Store,
    sealer: &Sealer,
    publish: &watch::Sender<Arc<Current>>,
) -> Result<std::convert::Infallible, Error> {
    let epoch = store.head().await?.epoch;
    let from = netloft_store::Revision(publish.borrow().revision.0);
    let mut watch = store.watch(&codec::documents()?, from, epoch).await?;
    loop {
        let change_set = watch.next().await?;
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
