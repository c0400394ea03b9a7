//! Commits that wait for a slow disk, and for one that is nearly full.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::{
    disk::FaultyDisk,
    work::{self, commit},
};
use crate::{
    Commit, Committed, Error, Key, Op, ReadAt, Space, Store,
    sled::{Config, QUEUE, Sled},
};

fn open(dir: &std::path::Path, disk: &Arc<FaultyDisk>, keep_free: u64) -> Arc<Sled> {
    let config = Config {
        keep_free,
        ..work::config(dir, false)
    };
    Arc::new(Sled::open_on(&config, disk.clone()).unwrap())
}

fn put(key: &str, bytes: usize) -> Commit {
    let key = Key::new(key).unwrap();
    let value = vec![7; bytes].into();
    Commit {
        documents: vec![Op::Put { key, value }],
        ..Commit::default()
    }
}

fn delete(key: &str) -> Commit {
    let key = Key::new(key).unwrap();
    Commit {
        documents: vec![Op::Delete { key }],
        ..Commit::default()
    }
}

/// Asks for `commit`, which is in the queue when this returns.
async fn ask(store: &Arc<Sled>, commit: Commit) -> JoinHandle<Result<Committed, Error>> {
    let store = store.clone();
    let asked = tokio::spawn(async move { store.commit(commit).await });
    // One thread runs this test and the task: it is polled once before this goes on.
    tokio::task::yield_now().await;
    asked
}

async fn is_there(store: &Sled, key: &str) -> bool {
    let key = Key::new(key).unwrap();
    let found = store.get(Space::Documents, &key, ReadAt::Latest).await;
    found.unwrap().is_some()
}

#[tokio::test]
async fn a_delete_goes_through_on_a_full_disk_also_beside_writes_that_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(FaultyDisk::default());
    let store = open(dir.path(), &disk, 1_000);
    for key in ["d/old", "d/older"] {
        store.commit(put(key, 10)).await.unwrap();
    }
    disk.hold();
    // The writer waits for the disk with this one, and finds the others together after it.
    let first = ask(&store, put("d/first", 10)).await;
    disk.wait_for_an_append();
    let mut behind = Vec::new();
    for commit in [
        put("d/a", 10),
        delete("d/old"),
        put("d/b", 10),
        delete("d/older"),
    ] {
        behind.push(ask(&store, commit).await);
    }
    disk.leave(1_005);
    disk.let_go();
    first.await.unwrap().unwrap();
    let mut refused = Vec::new();
    for asked in behind {
        refused.push(match asked.await.unwrap() {
            Ok(_) => None,
            Err(Error::OutOfSpace { needed, .. }) => Some(needed),
            Err(other) => panic!("{other:?}"),
        });
    }
    assert_eq!(refused, [Some(13), None, Some(18), None]);
    for (key, there) in [
        ("d/first", true),
        ("d/a", false),
        ("d/old", false),
        ("d/b", false),
    ] {
        assert_eq!(is_there(&store, key).await, there, "{key}");
    }
}

#[tokio::test]
async fn what_is_kept_free_is_not_written_and_what_is_not_is() {
    // A key of three bytes and a value of ten.
    for (free, taken) in [(1_012, false), (1_013, true)] {
        let dir = tempfile::tempdir().unwrap();
        let disk = Arc::new(FaultyDisk::default());
        let store = open(dir.path(), &disk, 1_000);
        disk.leave(free);
        let answer = store.commit(put("d/a", 10)).await;
        let by_name = matches!(&answer, Err(Error::OutOfSpace { needed: 13, reason })
            if reason.contains("1012 bytes are free") && reason.contains("1000 are kept free"));
        assert!(if taken { answer.is_ok() } else { by_name }, "{answer:?}");
        assert_eq!(is_there(&store, "d/a").await, taken, "{free}");
        // Nothing changes, so nothing is written.
        store.commit(delete("d/never")).await.unwrap();
    }
}

#[tokio::test]
async fn more_than_may_wait_are_refused_by_name_and_none_of_them_is_written() {
    const ASKED: u64 = QUEUE as u64 * 2;
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(FaultyDisk::default());
    let store = open(dir.path(), &disk, 0);
    disk.hold();
    let mut asked = Vec::new();
    for number in 1..=ASKED {
        asked.push(ask(&store, commit(number)).await);
    }
    let refused: Vec<bool> = asked.iter().map(JoinHandle::is_finished).collect();
    disk.let_go();
    let mut written = Vec::new();
    for (asked, refused) in asked.into_iter().zip(refused) {
        match asked.await.unwrap() {
            Ok(committed) => written.push(committed.revision.0),
            Err(Error::Overloaded { waiting }) => {
                assert!(refused, "it was answered only after the disk had gone on");
                assert_eq!(waiting, QUEUE);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(written.len() >= QUEUE, "{} were taken", written.len());
    assert!(written.len() < 2 * QUEUE, "nothing was refused");
    assert!(written.iter().copied().eq(1..=written.len() as u64));
    store.commit(commit(ASKED + 1)).await.unwrap();
}
