//! Bits that flip later: the store is as it was, or refused by name; never silently another.

use std::{fs, sync::Arc};

use super::{
    disk::FaultyDisk,
    work::{self, Dice},
};
use crate::{Error, Store, sled::Sled};

const COMMITS: u64 = 60;

#[tokio::test]
async fn a_flipped_bit_in_log_checkpoint_or_mark_is_harmless_or_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(FaultyDisk::default());
    let store = work::open(dir.path(), false, &disk).unwrap();
    for number in 1..=COMMITS {
        store.commit(work::commit(number)).await.unwrap();
        if number == 30 {
            store.compact(crate::Revision(1)).await.unwrap();
        }
    }
    store.close().await.unwrap();
    let whole = work::expected(COMMITS).pop().unwrap();

    let mut dice = Dice(7);
    let (mut harmless, mut refused) = (0, 0);
    for _ in 0..600 {
        let files = disk.files();
        let (name, length) = &files[dice.below(files.len())];
        let damaged = disk.copy();
        let bit = dice.below(length * 8);
        damaged.flip(name, bit);
        match work::open(dir.path(), false, &Arc::new(damaged)) {
            Ok(store) => {
                let found = work::content(&store).await.unwrap();
                assert!(found == whole, "bit {bit} of {name} flipped unnoticed");
                harmless += 1;
            }
            Err(Error::Corrupt { .. }) => refused += 1,
            Err(other) => panic!("bit {bit} of {name}: {other:?}"),
        }
    }
    assert!(
        harmless > 0 && refused > 0,
        "{harmless} harmless, {refused} refused"
    );
}

#[tokio::test]
async fn a_damaged_index_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sled::open(&work::config(dir.path(), true)).unwrap();
    for number in 1..=COMMITS {
        store.commit(work::commit(number)).await.unwrap();
    }
    drop(store);
    let whole = work::expected(COMMITS).pop().unwrap();
    let db = dir.path().join("image/db");
    let sound = fs::read(&db).unwrap();
    let end = sound.iter().rposition(|byte| *byte != 0).unwrap();

    let mut dice = Dice(3);
    let mut rebuilt = 0;
    for round in 0..40 {
        let mut damaged = sound.clone();
        for _ in 0..=round % 4 {
            let bit = dice.below(end * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        if round % 10 == 9 {
            damaged.truncate(end / 2);
        }
        fs::write(&db, &damaged).unwrap();
        let store = Sled::open(&work::config(dir.path(), true)).unwrap();
        assert!(
            work::content(&store).await.unwrap() == whole,
            "round {round}"
        );
        rebuilt += store.stats().index_rebuilds;
        drop(store);
        fs::write(&db, &sound).unwrap();
    }
    assert!(rebuilt > 0, "no damage was ever noticed");
}

#[tokio::test]
async fn only_an_index_that_was_found_damaged_is_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    let aside = dir.path().join("image.bad");
    let image = dir.path().join("image");
    for start in ["first", "second"] {
        let store = Sled::open(&work::config(dir.path(), true)).unwrap();
        store.commit(work::commit(1)).await.unwrap();
        drop(store);
        assert!(!aside.exists(), "there was no damage at the {start} start");
    }
    fs::remove_dir_all(&image).unwrap();
    drop(Sled::open(&work::config(dir.path(), true)).unwrap());
    assert!(!aside.exists(), "an index that is gone is none");
    fs::write(image.join("db"), b"no index").unwrap();
    drop(Sled::open(&work::config(dir.path(), true)).unwrap());
    assert!(aside.exists(), "an index that was damaged is kept");
}

#[tokio::test]
async fn an_index_that_is_gone_or_behind_is_made_from_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let behind = dir.path().join("behind");
    let image = dir.path().join("image");
    for (number, round) in (1..=COMMITS).step_by(20).zip(0..) {
        let store = Sled::open(&work::config(dir.path(), true)).unwrap();
        for number in number..number + 20 {
            store.commit(work::commit(number)).await.unwrap();
        }
        drop(store);
        if round == 0 {
            copy(&image, &behind);
        }
    }
    let whole = work::expected(COMMITS).pop().unwrap();
    for replaced in [false, true] {
        fs::remove_dir_all(&image).unwrap();
        if replaced {
            copy(&behind, &image);
        }
        let store = Sled::open(&work::config(dir.path(), true)).unwrap();
        assert!(
            work::content(&store).await.unwrap() == whole,
            "replaced by an old one: {replaced}"
        );
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
