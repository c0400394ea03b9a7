//! Versions mean the same in every process: maps in hash order would show here.

use std::{collections::BTreeSet, process::Command};

use super::{
    golden::{CASES, compiled},
    world::types,
};

const CHILD: &str = "NETLOFT_TEST_PRINTS_VERSIONS";
const SAID: &str = "versions:";

/// The version of every type, for every proxy of every golden case.
fn versions() -> String {
    let mut all = String::from(SAID);
    for case in CASES {
        for (_, snapshot) in compiled(case).1 {
            for ty in types() {
                all.push(' ');
                all.push_str(&snapshot.version(ty).to_wire());
            }
        }
    }
    all
}

#[test]
fn twenty_fresh_processes_give_every_type_the_same_version() {
    let here = versions();
    if std::env::var_os(CHILD).is_some() {
        println!("{here}");
        return;
    }
    let program = std::env::current_exe().unwrap();
    let mut said = BTreeSet::from([here]);
    for _ in 0..20 {
        let child = Command::new(&program)
            .args(["--exact", "--nocapture"])
            .arg(concat!(
                "reconcile::graph::tests::processes::",
                "twenty_fresh_processes_give_every_type_the_same_version"
            ))
            .env(CHILD, "1")
            .output()
            .unwrap();
        let output = String::from_utf8(child.stdout).unwrap();
        let line = output
            .lines()
            .find_map(|line| Some(&line[line.find(SAID)?..]));
        said.insert(line.unwrap_or("nothing").to_owned());
    }
    assert_eq!(said.len(), 1, "{said:#?}");
}
