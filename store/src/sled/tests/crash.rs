//! Power cuts: at any step, with any of the un-synced writes lost, every acknowledged commit is
//! there afterwards, whole and in order.

use std::{path::Path, sync::Arc};

use super::{
    disk::{FaultyDisk, Loss},
    work::{self, Content, Dice},
};
use crate::{Store, sled::Sled};

/// Commits of one run.
const COMMITS: u64 = 120;

/// A run of commits, and after how many steps of the disk each was acknowledged.
struct Run {
    disk: Arc<FaultyDisk>,
    acknowledged: Vec<usize>,
}

async fn run(disk: FaultyDisk, dir: &Path) -> Run {
    let disk = Arc::new(disk);
    let store = work::open(dir, false, &disk).unwrap();
    let mut acknowledged = vec![disk.steps()];
    for number in 1..=COMMITS {
        store.commit(work::commit(number)).await.unwrap();
        acknowledged.push(disk.steps());
        if number % 25 == 0 {
            // A checkpoint, and the log before it goes.
            store
                .compact(crate::Revision(number.saturating_sub(30)))
                .await
                .unwrap();
        }
    }
    store.close().await.unwrap();
    Run { disk, acknowledged }
}

/// What is wrong with the store found on `disk` after a cut at `cut`; nothing when all is well.
async fn verdict(
    run: &Run,
    disk: FaultyDisk,
    cut: usize,
    expected: &[Content],
    dir: &Path,
) -> Result<(), String> {
    let last = run
        .acknowledged
        .iter()
        .take_while(|steps| **steps <= cut)
        .count();
    let store: Sled = work::open(dir, false, &Arc::new(disk)).map_err(|error| error.to_string())?;
    let found = work::content(&store)
        .await
        .map_err(|error| error.to_string())?;
    // The one behind the last acknowledged may have become durable as well.
    let first = last.saturating_sub(1);
    if expected[first..(last + 1).min(expected.len())].contains(&found) {
        // It goes on from there.
        return store
            .commit(work::commit(9_999))
            .await
            .map(drop)
            .map_err(|error| error.to_string());
    }
    let as_of = expected.iter().position(|content| *content == found);
    Err(format!(
        "{first} commits were acknowledged, found the content after {as_of:?}"
    ))
}

#[tokio::test]
async fn after_any_power_cut_every_acknowledged_commit_is_there_whole_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let run = run(FaultyDisk::default(), dir.path()).await;
    let expected = work::expected(COMMITS);
    let steps = run.disk.steps();
    let mut cuts = 0;
    let mut dice = Dice(20_261_124);
    for cut in 0..=steps {
        // What is random is tried twice.
        for loss in Loss::ALL.into_iter().chain([Loss::Torn, Loss::Pieces]) {
            let disk = run.disk.after_power_cut(cut, loss, &mut dice);
            let verdict = verdict(&run, disk, cut, &expected, dir.path()).await;
            assert_eq!(
                verdict,
                Ok(()),
                "power cut after step {cut} of {steps}, {loss:?}"
            );
            cuts += 1;
        }
    }
    assert!(cuts >= 2_000, "only {cuts} cuts");
}

#[tokio::test]
async fn a_store_whose_syncs_do_nothing_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let run = run(FaultyDisk::deaf(), dir.path()).await;
    let expected = work::expected(COMMITS);
    let mut dice = Dice(1);
    let cut = run.disk.steps();
    let disk = run.disk.after_power_cut(cut, Loss::Everything, &mut dice);
    let verdict = verdict(&run, disk, cut, &expected, dir.path()).await;
    assert!(
        verdict.is_err(),
        "the check would not notice a missing sync"
    );
}
