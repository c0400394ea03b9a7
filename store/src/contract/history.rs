//! The past: how far it is kept, and that it is kept as it was.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::{Factory, delete, documents, everything, key, prefix, put};
use crate::{Commit, CommitMeta, Error, ListOptions, ReadAt, Retention, Revision, Space, Store};

async fn at(store: &dyn Store, asked: u64) -> Result<Vec<(String, String)>, Error> {
    let options = ListOptions {
        at: ReadAt::Revision(Revision(asked)),
        ..ListOptions::default()
    };
    let page = store.list(Space::Documents, &prefix(""), options).await?;
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let objects = page.objects.iter();
    Ok(objects
        .map(|object| (object.key.to_string(), text(&object.value)))
        .collect())
}

async fn versions(store: &dyn Store, of: &str) -> Vec<(u64, bool)> {
    let history = store.history(&key(of), usize::MAX).await.unwrap();
    history
        .into_iter()
        .map(|(revision, object)| (revision.0, object.is_some()))
        .collect()
}

async fn kept(store: &dyn Store) -> Vec<u64> {
    let revisions = store.revisions(None, usize::MAX).await.unwrap();
    revisions.into_iter().map(|info| info.revision.0).collect()
}

fn timed(at: u64, commit: Commit) -> Commit {
    let meta = CommitMeta {
        at,
        ..CommitMeta::default()
    };
    Commit { meta, ..commit }
}

pub(crate) fn the_past_is_read_as_it_was(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        store
            .commit(documents([put("a", "1"), put("b", "1")]))
            .await
            .unwrap();
        store
            .commit(documents([put("a", "2"), delete("b")]))
            .await
            .unwrap();
        store.commit(documents([put("b", "3")])).await.unwrap();
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        assert_eq!(at(&*store, 0).await.unwrap(), pairs(&[]));
        assert_eq!(
            at(&*store, 1).await.unwrap(),
            pairs(&[("a", "1"), ("b", "1")])
        );
        assert_eq!(at(&*store, 2).await.unwrap(), pairs(&[("a", "2")]));
        assert_eq!(
            at(&*store, 3).await.unwrap(),
            pairs(&[("a", "2"), ("b", "3")])
        );
        let future = Error::Future {
            asked: Revision(4),
            newest: Revision(3),
        };
        assert_eq!(at(&*store, 4).await.unwrap_err(), future);
        let old = store
            .get(Space::Documents, &key("b"), ReadAt::Revision(Revision(1)))
            .await;
        assert_eq!(old.unwrap().unwrap().version, 1);
        assert_eq!(
            versions(&*store, "b").await,
            [(3, true), (2, false), (1, true)]
        );
        assert_eq!(store.history(&key("b"), 2).await.unwrap().len(), 2);
        assert_eq!(versions(&*store, "never").await, []);
    });
}

pub(crate) fn only_so_many_revisions_are_kept(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(Retention {
            revisions: 3,
            ..everything()
        });
        for n in 1..=10 {
            store
                .commit(documents([put("a", &n.to_string())]))
                .await
                .unwrap();
        }
        assert_eq!(kept(&*store).await, [10, 9, 8]);
        assert_eq!(store.head().await.unwrap().compacted, Revision(7));
        assert_eq!(
            at(&*store, 7).await.unwrap()[0].1,
            "7",
            "what revision 8 was made on"
        );
        let compacted = Error::Compacted {
            asked: Revision(6),
            compacted: Revision(7),
        };
        assert_eq!(at(&*store, 6).await.unwrap_err(), compacted);
    });
}

pub(crate) fn only_revisions_so_old_are_kept(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(Retention {
            age: Duration::from_millis(100),
            ..everything()
        });
        // When each commit is made, and what is kept then.
        let table: [(u64, &[u64]); 5] = [
            (1_000, &[1]),
            (1_050, &[2, 1]),
            (1_100, &[3, 2, 1]),
            (1_151, &[4, 3]),
            (9_000, &[5]),
        ];
        for (when, expected) in table {
            let commit = documents([put("a", &when.to_string())]);
            store.commit(timed(when, commit)).await.unwrap();
            assert_eq!(kept(&*store).await, expected, "{when}");
        }
    });
}

pub(crate) fn of_each_document_the_last_few_versions_are_kept(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(Retention {
            revisions: 2,
            min_per_key: 3,
            ..everything()
        });
        for n in 1..=5 {
            store
                .commit(documents([put("quiet", &n.to_string())]))
                .await
                .unwrap();
        }
        for n in 6..=20 {
            store
                .commit(documents([put("busy", &n.to_string())]))
                .await
                .unwrap();
        }
        assert_eq!(
            versions(&*store, "quiet").await,
            [(5, true), (4, true), (3, true)]
        );
        assert_eq!(
            versions(&*store, "busy").await,
            [(20, true), (19, true), (18, true)]
        );
    });
}

pub(crate) fn nothing_is_left_of_a_deletion_that_history_dropped(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(Retention {
            revisions: 2,
            min_per_key: 10,
            ..everything()
        });
        store
            .commit(documents([put("a", "1"), put("back", "1")]))
            .await
            .unwrap();
        store
            .commit(documents([delete("a"), delete("back")]))
            .await
            .unwrap();
        store.commit(documents([put("back", "2")])).await.unwrap();
        assert_eq!(versions(&*store, "a").await, [(2, false), (1, true)]);
        store.commit(documents([put("b", "1")])).await.unwrap();
        assert_eq!(versions(&*store, "a").await, []);
        assert_eq!(at(&*store, 2).await.unwrap(), []);
        let back = [(3, true), (2, false), (1, true)];
        assert_eq!(versions(&*store, "back").await, back, "it is there again");
    });
}

pub(crate) fn revisions_are_told_newest_first_in_pages(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        for n in 1..=5 {
            let ops = [put("b", &n.to_string()), put("a", &n.to_string())];
            store.commit(timed(n, documents(ops))).await.unwrap();
        }
        let table: [(Option<u64>, usize, &[u64]); 5] = [
            (None, 2, &[5, 4]),
            (Some(4), 2, &[3, 2]),
            (Some(2), 2, &[1]),
            (Some(1), 2, &[]),
            (None, 0, &[]),
        ];
        for (before, limit, expected) in table {
            let page = store.revisions(before.map(Revision), limit).await.unwrap();
            let found: Vec<u64> = page.iter().map(|info| info.revision.0).collect();
            assert_eq!(found, expected);
            for info in page {
                assert_eq!(info.meta.at, info.revision.0);
                assert_eq!(info.keys, [key("a"), key("b")]);
            }
        }
    });
}

pub(crate) fn compacting_never_drops_the_newest(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        store.compact(Revision(9)).await.unwrap();
        for n in 1..=4 {
            store
                .commit(documents([put("a", &n.to_string())]))
                .await
                .unwrap();
        }
        for (upto, expected) in [
            (0, &[4, 3, 2, 1][..]),
            (2, &[4, 3]),
            (1, &[4, 3]),
            (99, &[4]),
        ] {
            store.compact(Revision(upto)).await.unwrap();
            assert_eq!(kept(&*store).await, expected, "{upto}");
        }
        let head = store.head().await.unwrap();
        assert_eq!((head.revision, head.compacted), (Revision(4), Revision(3)));
        assert_eq!(at(&*store, 4).await.unwrap().len(), 1);
    });
}
