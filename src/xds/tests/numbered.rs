//! Every numbered behaviour of `docs/xds.md` is named by a test, or openly marked.
//!
//! A test names a number in its own name, `rule_25_27_..`, or in a comment or message, `Rule 25`,
//! `rules 25, 27 to 29`. What is marked in the table must be named by none: whoever builds it
//! takes the mark away.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// All there are; 106 is of another protocol.
fn all() -> BTreeSet<u16> {
    (1..=120).filter(|number| *number != 106).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Each number of the table, and whether it is marked.
fn table(text: &str) -> BTreeMap<u16, bool> {
    let (_, table) = text.split_once("## Every behaviour").unwrap();
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let number = cells.next()?.parse().ok()?;
        let mark = cells.nth(1)?;
        Some((number, !mark.is_empty()))
    });
    let mut table = BTreeMap::new();
    for (number, open) in rows {
        assert!(table.insert(number, open).is_none(), "{number} twice");
    }
    table
}

/// The numbers that the tests in `text` name.
fn named(text: &str) -> BTreeSet<u16> {
    let lower = text.to_lowercase();
    let mut found = BTreeSet::new();
    for (at, _) in lower.match_indices("rule") {
        let rest = &lower[at + 4..];
        found.extend(numbers(rest.strip_prefix('s').unwrap_or(rest)));
    }
    found
}

/// The numbers that `text` begins with: ` 25, 27 to 29`, `_25_27_`.
fn numbers(mut text: &str) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    let mut range = false;
    loop {
        let mut apart = text.trim_start_matches([' ', ',', '_']);
        for word in ["and ", "and_", "to ", "/// ", "// "] {
            if let Some(rest) = apart.strip_prefix(word) {
                range = word == "to ";
                apart = rest;
            }
        }
        let digits = apart.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(number) = apart[..digits].parse() else {
            return found;
        };
        let from = found.last().copied().filter(|_| range).unwrap_or(number);
        found.extend(from..=number);
        range = false;
        text = &apart[digits..];
    }
}

/// The tests in a source file: the whole of a file of tests, or what stands behind `mod tests`.
fn tests(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let whole = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_name().is_some_and(|name| name == "tests.rs");
    match text.split_once("\nmod tests {") {
        _ if whole => text,
        Some((_, tests)) => tests.to_owned(),
        None => String::new(),
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_numbered_behaviour_has_a_test_that_names_it_or_a_mark() {
    let mut files = vec![root().join("integration/tests/matrix.rs")];
    for folder in ["src/xds", "src/reconcile", "src/telemetry"] {
        sources(&root().join(folder), &mut files);
    }
    // This file names numbers to be read.
    files.retain(|path| !path.ends_with(file!()));
    let named: BTreeSet<u16> = files.iter().flat_map(|path| named(&tests(path))).collect();
    let table = table(&fs::read_to_string(root().join("docs/xds.md")).unwrap());
    let listed: BTreeSet<u16> = table.keys().copied().collect();
    assert_eq!(listed, all());
    let open = table.iter().filter(|(_, open)| **open);
    let open: BTreeSet<u16> = open.map(|(number, _)| *number).collect();
    let untested: Vec<_> = all().difference(&named).copied().collect();
    let untested: Vec<_> = untested.iter().filter(|it| !open.contains(it)).collect();
    assert!(untested.is_empty(), "no test names {untested:?}");
    let done: Vec<_> = open.intersection(&named).collect();
    assert!(
        done.is_empty(),
        "{done:?} are marked, and a test names them"
    );
}

#[test]
fn numbers_are_read_from_names_and_from_words() {
    for (text, expected) in [
        ("fn rule_25_27_only_2_words", &[25, 27][..]),
        ("// Rules 4, 5 and 7 to 9: six", &[4, 5, 7, 8, 9]),
        ("(rule 33)", &[33]),
        ("rules 85, 86).", &[85, 86]),
        ("the rule is old, 3 times", &[]),
    ] {
        assert_eq!(Vec::from_iter(named(text)), expected, "{text}");
    }
}
