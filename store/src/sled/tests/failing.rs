//! Disks that fail while they are written.

use std::sync::Arc;

use super::{
    disk::{Fault, FaultyDisk},
    work,
};
use crate::{Error, Store};

const COMMITS: u64 = 40;

/// Runs with every write failing from step `at` on; what was acknowledged, and the errors.
async fn run(at: usize, fault: Fault, once: bool) -> (Arc<FaultyDisk>, Vec<u64>, Vec<Error>) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(FaultyDisk::default());
    let store = work::open(dir.path(), false, &disk).unwrap();
    disk.fail(disk.steps() + at, fault, once);
    let (mut acknowledged, mut errors) = (Vec::new(), Vec::new());
    for number in 1..=COMMITS {
        match store.commit(work::commit(number)).await {
            Ok(_) => acknowledged.push(number),
            Err(error) => errors.push(error),
        }
    }
    disk.mend();
    (disk, acknowledged, errors)
}

#[tokio::test]
async fn what_was_acknowledged_before_a_disk_failed_is_there_after_it() {
    for fault in [Fault::Eio, Fault::Full] {
        for at in 0..80 {
            for once in [true, false] {
                let (disk, acknowledged, errors) = run(at, fault, once).await;
                let dir = tempfile::tempdir().unwrap();
                let store = work::open(dir.path(), false, &Arc::new(disk.copy())).unwrap();
                let revisions = store.revisions(None, 1_000).await.unwrap();
                for number in &acknowledged {
                    let there = revisions.iter().any(|revision| revision.meta.at == *number);
                    assert!(
                        there,
                        "{number} is gone after {fault:?} at {at}, once {once}: {errors:?}"
                    );
                }
                for error in &errors {
                    let by_name = matches!(
                        error,
                        Error::OutOfSpace { .. }
                            | Error::Io { .. }
                            | Error::ReadOnly(_)
                            | Error::OutcomeUnknown { .. }
                    );
                    assert!(by_name, "{error:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_by_name_and_takes_them_again_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(FaultyDisk::default());
    let store = work::open(dir.path(), false, &disk).unwrap();
    store.commit(work::commit(1)).await.unwrap();
    // The next step is the append of the next record: once full, then there is room again.
    disk.fail(disk.steps(), Fault::Full, true);
    let refused = store.commit(work::commit(2)).await;
    assert!(
        matches!(refused, Err(Error::OutOfSpace { .. })),
        "{refused:?}"
    );
    assert_eq!(work::content(&store).await.unwrap(), work::expected(1)[1]);
    store.commit(work::commit(2)).await.unwrap();
    assert_eq!(work::content(&store).await.unwrap(), work::expected(2)[2]);
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_written_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(FaultyDisk::default());
    let store = work::open(dir.path(), false, &disk).unwrap();
    store.commit(work::commit(1)).await.unwrap();
    // The append goes through, the sync behind it does not.
    disk.fail(disk.steps() + 1, Fault::Eio, true);
    let unknown = store.commit(work::commit(2)).await;
    assert!(
        matches!(unknown, Err(Error::OutcomeUnknown { txn, .. }) if txn.0 == 2),
        "{unknown:?}"
    );
    let refused = store.commit(work::commit(3)).await;
    assert!(matches!(refused, Err(Error::ReadOnly(_))), "{refused:?}");
    assert!(store.stats().read_only.is_some());
    assert_eq!(
        work::content(&store).await.unwrap(),
        work::expected(1)[1],
        "reading goes on"
    );
}
