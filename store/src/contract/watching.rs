//! Following the store.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::{Factory, at_once, delete, documents, everything, key, prefix, put, records};
use crate::{ChangeSet, CommitMeta, Epoch, Error, Retention, Revision, Store};

/// Far above what any machine needs: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

fn told(change_set: &ChangeSet) -> (u64, Vec<(&str, Option<&str>)>) {
    let changes = change_set.changes.iter().map(|change| {
        let value = change.object.as_ref().map(|object| &*object.value);
        (
            change.key.as_str(),
            value.map(|value| std::str::from_utf8(value).unwrap()),
        )
    });
    (change_set.revision.0, changes.collect())
}

async fn epoch(store: &dyn Store) -> Epoch {
    store.head().await.unwrap().epoch
}

async fn four_revisions(store: &dyn Store) {
    store
        .commit(documents([put("m/b", "1"), put("m/a", "1"), put("n", "1")]))
        .await
        .unwrap();
    store.commit(documents([put("n", "2")])).await.unwrap();
    store.commit(records([put("m/r", "1")])).await.unwrap();
    store
        .commit(documents([put("m/a", "1"), delete("m/b")]))
        .await
        .unwrap();
    let commit = crate::Commit {
        meta: CommitMeta {
            author: "ada".to_owned(),
            message: "why".to_owned(),
            at: 7,
        },
        ..documents([put("m/c", "1")])
    };
    store.commit(commit).await.unwrap();
}

pub(crate) fn a_watch_brings_every_later_revision_once_and_whole(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        four_revisions(&*store).await;
        let expected = [
            (1, vec![("m/a", Some("1")), ("m/b", Some("1"))]),
            (2, vec![]),
            (3, vec![("m/b", None)]),
            (4, vec![("m/c", Some("1"))]),
        ];
        for from in 0..=4 {
            let epoch = epoch(&*store).await;
            let mut watch = store
                .watch(&prefix("m/"), Revision(from), epoch)
                .await
                .unwrap();
            for expected in expected.iter().filter(|(revision, _)| *revision > from) {
                assert_eq!(told(&watch.next().await.unwrap()), *expected, "from {from}");
            }
            assert!(at_once(watch.next()).await.is_none(), "from {from}");
        }
        let mut watch = store
            .watch(&prefix("n"), Revision(3), epoch(&*store).await)
            .await
            .unwrap();
        let meta = watch.next().await.unwrap().meta.clone();
        assert_eq!((&*meta.author, &*meta.message, meta.at), ("ada", "why", 7));
    });
}

pub(crate) fn a_watch_waits_for_what_is_not_there_yet(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let mut watch = store
            .watch(&prefix(""), Revision(0), epoch(&*store).await)
            .await
            .unwrap();
        let heard = tokio::spawn(async move { watch.next().await });
        tokio::task::yield_now().await;
        store.commit(records([put("r", "1")])).await.unwrap();
        store.commit(documents([put("a", "1")])).await.unwrap();
        let heard = tokio::time::timeout(PATIENCE, heard)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(told(&heard), (1, vec![("a", Some("1"))]));
    });
}

pub(crate) fn a_watch_that_lags_ends_and_held_nobody_up(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(Retention {
            revisions: 5,
            ..everything()
        });
        let mut watch = store
            .watch(&prefix(""), Revision(0), epoch(&*store).await)
            .await
            .unwrap();
        for n in 0..5 {
            store
                .commit(documents([put("a", &n.to_string())]))
                .await
                .unwrap();
        }
        assert_eq!(watch.next().await.unwrap().revision, Revision(1));
        for n in 5..12 {
            store
                .commit(documents([put("a", &n.to_string())]))
                .await
                .unwrap();
        }
        let lagging = Error::Lagging { next: Revision(2) };
        assert_eq!(watch.next().await.unwrap_err(), lagging);
        assert_eq!(
            watch.next().await.unwrap_err(),
            lagging,
            "it has ended for good"
        );
    });
}

pub(crate) fn where_a_watch_cannot_begin_is_told_by_name(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        four_revisions(&*store).await;
        store.compact(Revision(2)).await.unwrap();
        let epoch = epoch(&*store).await;
        let compacted = |asked| Error::Compacted {
            asked: Revision(asked),
            compacted: Revision(2),
        };
        let future = Error::Future {
            asked: Revision(5),
            newest: Revision(4),
        };
        let table = [
            (0, epoch, Some(compacted(0))),
            (1, epoch, Some(compacted(1))),
            (2, epoch, None),
            (4, epoch, None),
            (5, epoch, Some(future)),
            (4, Epoch(!epoch.0), Some(Error::EpochChanged)),
        ];
        for (from, epoch, refusal) in table {
            let answer = store.watch(&prefix(""), Revision(from), epoch).await;
            assert_eq!(answer.err(), refusal, "{from}");
        }
    });
}

pub(crate) fn a_call_given_up_loses_no_revision(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let mut watch = store
            .watch(&prefix(""), Revision(0), epoch(&*store).await)
            .await
            .unwrap();
        for n in 1..=20 {
            assert!(at_once(watch.next()).await.is_none());
            store
                .commit(documents([put("a", &n.to_string())]))
                .await
                .unwrap();
            let heard = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap();
            assert_eq!(heard.unwrap().revision, Revision(n));
        }
    });
}

pub(crate) fn closing_ends_a_watch_behind_the_last_revision(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let mut watch = store
            .watch(&prefix(""), Revision(0), epoch(&*store).await)
            .await
            .unwrap();
        store.commit(documents([put("a", "1")])).await.unwrap();
        store.close().await.unwrap();
        let last = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap();
        assert_eq!(last.unwrap().changes[0].key, key("a"));
        let end = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap();
        assert_eq!(end.unwrap_err(), Error::Closed);
    });
}
