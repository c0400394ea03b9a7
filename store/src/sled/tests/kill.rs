//! kill -9 of a process that writes: the page cache stays, so this proves atomicity and locking,
//! not syncing (`crash` does that).

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use super::work::{self, Dice};
use crate::{Store, sled::Sled};

/// Says that this process is the one to be killed, and in which directory it writes.
const DIR: &str = "NETLOFT_KILL_DIR";
/// How many rounds; 30 where it is not set.
const ROUNDS: &str = "NETLOFT_KILL_ROUNDS";

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line of its own"
)]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Not a test of its own: what the test below kills. Writes without end.
#[tokio::test]
async fn the_process_that_is_killed() {
    let Some(dir) = env(DIR) else { return };
    let store = Sled::open(&work::config(Path::new(&dir), true)).unwrap();
    let mut number = store.head().await.unwrap().revision.0;
    loop {
        number += 1;
        store.commit(work::commit(number)).await.unwrap();
        let mut out = std::io::stdout().lock();
        // The reader is gone when the test is over.
        if writeln!(out, "acknowledged {number}")
            .and_then(|()| out.flush())
            .is_err()
        {
            return;
        }
    }
}

#[tokio::test]
async fn after_kill_9_every_acknowledged_commit_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let rounds = env(ROUNDS).map_or(30, |rounds| rounds.parse().unwrap());
    let mut dice = Dice(11);
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "sled::tests::kill::the_process_that_is_killed",
            ])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = 1 + dice.below(60);
        let mut acknowledged = 0;
        let numbers = lines.by_ref().filter_map(|line| {
            line.unwrap()
                .split_once("acknowledged ")?
                .1
                .parse::<u64>()
                .ok()
        });
        for number in numbers.take(wanted) {
            acknowledged = number;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(acknowledged > 0, "round {round}: the process wrote nothing");
        // What it said before it died counts as well.
        for line in lines {
            let line = line.unwrap();
            let number = line
                .split_once("acknowledged ")
                .and_then(|(_, number)| number.parse().ok());
            acknowledged = number.unwrap_or(acknowledged);
        }
        let store = Sled::open(&work::config(dir.path(), true)).unwrap();
        let found = store.head().await.unwrap().revision.0;
        let ok = found == acknowledged || found == acknowledged + 1;
        assert!(
            ok,
            "round {round}: {acknowledged} were acknowledged, {found} are there"
        );
        let expected = work::expected(found).pop().unwrap();
        assert!(
            work::content(&store).await.unwrap() == expected,
            "round {round}"
        );
    }
}
