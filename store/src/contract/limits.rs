//! What a store takes at once, and what it takes no more.

use bytes::Bytes;
use tokio::runtime::Runtime;

use super::{Factory, delete, documents, everything, key, prefix, put, records};
use crate::{
    Commit, CommitMeta, Error, ListOptions, MAX_COMMIT_BYTES, MAX_COMMIT_OPS, MAX_VALUE_BYTES, Op,
    Precondition, ReadAt, Revision, Space,
};

fn sized(at: &str, bytes: usize) -> Op {
    Op::Put {
        key: key(at),
        value: Bytes::from(vec![7; bytes]),
    }
}

/// A commit of exactly that many bytes, keys of two bytes included.
fn weighing(bytes: usize) -> Commit {
    let share = MAX_VALUE_BYTES + 2;
    let mut ops: Vec<Op> = (0..bytes / share)
        .map(|n| sized(&format!("{n:02}"), MAX_VALUE_BYTES))
        .collect();
    ops.push(sized("zz", bytes % share - 2));
    documents(ops)
}

fn many(ops: usize) -> Commit {
    records((0..ops).map(|n| delete(&n.to_string())))
}

fn asking(preconditions: usize) -> Commit {
    Commit {
        preconditions: vec![Precondition::Head(Revision(0)); preconditions],
        ..Commit::default()
    }
}

fn explained(bytes: usize) -> Commit {
    let meta = CommitMeta {
        message: "x".repeat(bytes),
        ..CommitMeta::default()
    };
    Commit {
        meta,
        ..Commit::default()
    }
}

pub(crate) fn each_limit_is_held_to_the_last_byte(runtime: &Runtime, open: Factory) {
    type Sized = fn(usize) -> Commit;
    let table: [(Sized, usize); 5] = [
        (|bytes| documents([sized("a", bytes)]), MAX_VALUE_BYTES),
        (weighing, MAX_COMMIT_BYTES),
        (many, MAX_COMMIT_OPS),
        (asking, MAX_COMMIT_OPS),
        (explained, MAX_COMMIT_BYTES),
    ];
    for (of_size, limit) in table {
        runtime.block_on(async {
            let store = open(everything());
            let error = store.commit(of_size(limit + 1)).await.unwrap_err();
            let Error::TooLarge {
                found, limit: told, ..
            } = error
            else {
                panic!("{error:?}")
            };
            assert_eq!((found, told), (limit as u64 + 1, limit as u64));
            store.commit(of_size(limit)).await.unwrap();
        });
    }
}

pub(crate) fn a_key_written_twice_is_refused_by_name(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        for twice in [
            documents([put("a", "1"), delete("a")]),
            records([put("a", "1"), put("a", "1")]),
        ] {
            let error = store.commit(twice).await.unwrap_err();
            assert_eq!(error, Error::Twice(key("a")));
        }
        let one_in_each_space = Commit {
            records: vec![put("a", "1")],
            ..documents([put("a", "1")])
        };
        store.commit(one_in_each_space).await.unwrap();
    });
}

pub(crate) fn ten_thousand_documents_are_one_revision(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let ops = (0..10_000).map(|n| put(&format!("many/{n:05}"), "x"));
        let committed = store.commit(documents(ops)).await.unwrap();
        assert_eq!(committed.revision, Revision(1));
        assert_eq!(store.stats().documents, 10_000);
        let options = ListOptions {
            limit: 20_000,
            ..ListOptions::default()
        };
        let page = store
            .list(Space::Documents, &prefix("many/"), options)
            .await
            .unwrap();
        assert_eq!(page.objects.len(), 10_000);
        assert!(
            page.objects
                .iter()
                .all(|object| object.revision == Revision(1))
        );
    });
}

pub(crate) fn a_closed_store_answers_nothing_but_closed(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let epoch = store.head().await.unwrap().epoch;
        store.commit(documents([put("a", "1")])).await.unwrap();
        store.close().await.unwrap();
        let a = key("a");
        let all = prefix("");
        let answers = [
            store.head().await.err(),
            store.get(Space::Documents, &a, ReadAt::Latest).await.err(),
            store
                .list(Space::Records, &all, ListOptions::default())
                .await
                .err(),
            store.commit(documents([put("a", "2")])).await.err(),
            store.watch(&all, Revision(0), epoch).await.err(),
            store.revisions(None, 1).await.err(),
            store.history(&a, 1).await.err(),
            store.compact(Revision(1)).await.err(),
        ];
        for (call, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer, Some(Error::Closed), "call {call}");
        }
        store.close().await.unwrap();
    });
}
