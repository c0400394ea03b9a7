//! A commit is made on what its writer saw, or not at all.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::{Factory, delete, documents, everything, key, provided, put, text, within};
use crate::{Commit, Error, Expected, Precondition, ReadAt, Revision, Space, Store};

const SPACES: [Space; 2] = [Space::Documents, Space::Records];

pub(crate) fn each_precondition_holds_exactly_when_it_says(runtime: &Runtime, open: Factory) {
    use Expected::{Absent, Present};
    use Precondition as P;
    let at = |revision| Expected::Revision(Revision(revision));
    for space in SPACES {
        let (there, gone, never) = (key("there"), key("gone"), key("never"));
        // `there` was written by the second and third change of its space; the refusal, if any.
        let table = [
            (P::Absent(space, never.clone()), None),
            (P::Absent(space, gone.clone()), None),
            (P::Absent(space, there.clone()), Some((Absent, 3))),
            (P::Exists(space, there.clone()), None),
            (P::Exists(space, gone.clone()), Some((Present, 0))),
            (P::Exists(space, never.clone()), Some((Present, 0))),
            (P::AtRevision(space, there.clone(), Revision(3)), None),
            (
                P::AtRevision(space, there.clone(), Revision(2)),
                Some((at(2), 3)),
            ),
            (
                P::AtRevision(space, there.clone(), Revision(4)),
                Some((at(4), 3)),
            ),
            (
                P::AtRevision(space, there.clone(), Revision(0)),
                Some((at(0), 3)),
            ),
            (
                P::AtRevision(space, gone.clone(), Revision(1)),
                Some((at(1), 0)),
            ),
            (P::AtRevision(space, never, Revision(0)), None),
        ];
        for (precondition, refusal) in table {
            let store = open(everything());
            let found = runtime.block_on(async {
                for ops in [
                    vec![put("gone", "x")],
                    vec![put("there", "1"), delete("gone")],
                    vec![put("there", "2")],
                ] {
                    store.commit(within(space, ops)).await.unwrap();
                }
                let commit = within(space, [put("other", "x")]);
                store.commit(provided(commit, [precondition.clone()])).await
            });
            match (found, refusal) {
                (Ok(_), None) => {}
                (
                    Err(Error::Conflict {
                        expected, found, ..
                    }),
                    Some(refusal),
                ) => {
                    assert_eq!((expected, found.0), refusal, "{precondition:?}");
                }
                (other, _) => panic!("{precondition:?}: {other:?}"),
            }
        }
    }
}

pub(crate) fn what_was_refused_wrote_nothing(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        store.commit(documents([put("a", "1")])).await.unwrap();
        let before = store.head().await.unwrap();
        let refused = Commit {
            preconditions: vec![
                Precondition::Head(Revision(1)),
                Precondition::Absent(Space::Documents, key("a")),
            ],
            documents: vec![put("a", "2"), put("b", "1")],
            records: vec![put("r", "1")],
            ..Commit::default()
        };
        let error = store.commit(refused).await.unwrap_err();
        let Error::Conflict { key: about, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(about, Some((Space::Documents, key("a"))));
        assert_eq!(store.head().await.unwrap(), before);
        assert_eq!(text(&*store, Space::Documents, "a").await.unwrap(), "1");
        assert_eq!(text(&*store, Space::Documents, "b").await, None);
        assert_eq!(text(&*store, Space::Records, "r").await, None);
    });
}

/// Adds one to the number at `counter`, however often others are faster.
async fn add_one(store: &dyn Store, space: Space) {
    loop {
        let there = store
            .get(space, &key("counter"), ReadAt::Latest)
            .await
            .unwrap()
            .unwrap();
        let number: u32 = std::str::from_utf8(&there.value).unwrap().parse().unwrap();
        let commit = within(space, [put("counter", &(number + 1).to_string())]);
        let unchanged = Precondition::AtRevision(space, key("counter"), there.revision);
        // Lets another writer in between reading and writing.
        tokio::task::yield_now().await;
        match store.commit(provided(commit, [unchanged])).await {
            Ok(_) => return,
            Err(Error::Conflict { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

pub(crate) fn of_racing_writers_none_is_lost(runtime: &Runtime, open: Factory) {
    for space in SPACES {
        let store = open(everything());
        runtime.block_on(async {
            store
                .commit(within(space, [put("counter", "0")]))
                .await
                .unwrap();
            let mut writers = tokio::task::JoinSet::new();
            for _ in 0..64 {
                let store = Arc::clone(&store);
                writers.spawn(async move { add_one(&*store, space).await });
            }
            while let Some(done) = writers.join_next().await {
                done.unwrap();
            }
            assert_eq!(
                text(&*store, space, "counter").await.unwrap(),
                "64",
                "{space:?}"
            );
        });
    }
}

pub(crate) fn an_own_write_of_the_same_record_is_seen_by_a_precondition(
    runtime: &Runtime,
    open: Factory,
) {
    runtime.block_on(async {
        let store = open(everything());
        let record = key("lease");
        store
            .commit(within(Space::Records, [put("lease", "mine")]))
            .await
            .unwrap();
        let seen = store
            .get(Space::Records, &record, ReadAt::Latest)
            .await
            .unwrap()
            .unwrap();
        store
            .commit(within(Space::Records, [put("lease", "yours")]))
            .await
            .unwrap();
        let late = provided(
            within(Space::Records, [put("lease", "mine")]),
            [Precondition::AtRevision(
                Space::Records,
                record,
                seen.revision,
            )],
        );
        let error = store.commit(late).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
        assert_eq!(
            text(&*store, Space::Records, "lease").await.unwrap(),
            "yours"
        );
    });
}
