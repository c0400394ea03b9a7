//! Which commits are revisions, and what they do to a document's own counts.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::{Factory, delete, documents, everything, key, prefix, put, records, text};
use crate::{Commit, ListOptions, ReadAt, Revision, Space, Store};

async fn counts(store: &dyn Store, at: &str) -> (u64, u64, u64) {
    let object = store
        .get(Space::Documents, &key(at), ReadAt::Latest)
        .await
        .unwrap()
        .unwrap();
    (object.created.0, object.revision.0, object.version)
}

pub(crate) fn all_documents_of_a_commit_share_one_revision(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        assert_eq!(store.head().await.unwrap().revision, Revision(0));
        let committed = store
            .commit(documents([put("a", "1"), put("b", "1")]))
            .await
            .unwrap();
        assert_eq!((committed.revision, committed.changed), (Revision(1), true));
        store
            .commit(documents([put("b", "2"), delete("a")]))
            .await
            .unwrap();
        assert_eq!(store.head().await.unwrap().revision, Revision(2));
        assert_eq!(counts(&*store, "b").await, (1, 2, 2));
        assert_eq!(text(&*store, Space::Documents, "a").await, None);
    });
}

pub(crate) fn the_same_bytes_make_no_revision(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        store.commit(documents([put("a", "1")])).await.unwrap();
        for same in [
            documents([put("a", "1")]),
            documents([delete("never")]),
            Commit::default(),
        ] {
            let committed = store.commit(same.clone()).await.unwrap();
            assert_eq!(
                (committed.revision, committed.changed),
                (Revision(1), false),
                "{same:?}"
            );
        }
        // What is the same beside something new is not touched either.
        store
            .commit(documents([put("a", "1"), put("b", "1")]))
            .await
            .unwrap();
        assert_eq!(counts(&*store, "a").await, (1, 1, 1));
    });
}

pub(crate) fn records_alone_make_no_revision(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let committed = store.commit(records([put("r", "1")])).await.unwrap();
        assert_eq!(
            (committed.revision, committed.changed),
            (Revision(0), false)
        );
        assert_eq!(text(&*store, Space::Records, "r").await.unwrap(), "1");

        let both = Commit {
            records: vec![put("r", "2")],
            ..documents([put("a", "1")])
        };
        let committed = store.commit(both).await.unwrap();
        assert_eq!((committed.revision, committed.changed), (Revision(1), true));
        assert_eq!(text(&*store, Space::Records, "r").await.unwrap(), "2");
        assert!(store.revisions(None, 10).await.unwrap()[0].keys == [key("a")]);
    });
}

pub(crate) fn a_document_counts_its_versions_anew_after_a_deletion(
    runtime: &Runtime,
    open: Factory,
) {
    runtime.block_on(async {
        let store = open(everything());
        for ops in [put("a", "1"), put("a", "2"), delete("a"), put("a", "3")] {
            store.commit(documents([ops])).await.unwrap();
        }
        assert_eq!(counts(&*store, "a").await, (4, 4, 1));
    });
}

pub(crate) fn a_commit_is_seen_whole_or_not_at_all(runtime: &Runtime, open: Factory) {
    let store = open(everything());
    runtime.block_on(async {
        let writer = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for round in 0..200 {
                    let ops = (0..10).map(|n| put(&format!("k/{n}"), &round.to_string()));
                    store.commit(documents(ops)).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        };
        while !writer.is_finished() {
            let page = store
                .list(Space::Documents, &prefix("k/"), ListOptions::default())
                .await
                .unwrap();
            let whole = page
                .objects
                .windows(2)
                .all(|two| two[0].value == two[1].value && two[0].revision == two[1].revision);
            assert!(whole && matches!(page.objects.len(), 0 | 10), "{page:?}");
            tokio::task::yield_now().await;
        }
        writer.await.unwrap();
    });
}
