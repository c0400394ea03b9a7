//! What the source tree looks like: sizes of files, and how modules are laid out.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest file, in lines; nine in ten stay below half of it.
const LONGEST: usize = 800;
const NINE_IN_TEN: usize = 400;

/// Folders whose Rust is made by a program or is data of a test.
const NOT_WRITTEN_BY_HAND: [&str; 4] = ["target", "generated", "testdata", ".git"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_WRITTEN_BY_HAND.contains(&name.as_str()) {
                rust_files(&path, found);
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

fn ours() -> Vec<PathBuf> {
    let mut found = Vec::new();
    rust_files(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")),
        &mut found,
    );
    assert!(found.len() > 10, "found only {found:?}");
    found
}

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).unwrap().lines().count()
}

#[test]
fn no_file_is_over_800_lines_and_nine_in_ten_are_under_400() {
    let mut sizes: Vec<(usize, PathBuf)> = ours()
        .into_iter()
        .map(|path| (lines(&path), path))
        .collect();
    sizes.sort();
    let at = |percent: usize| sizes[(sizes.len() - 1) * percent / 100].0;
    println!(
        "{} files, {} lines; median {}, 90 % {}, longest {}",
        sizes.len(),
        sizes.iter().map(|(lines, _)| lines).sum::<usize>(),
        at(50),
        at(90),
        at(100)
    );
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > LONGEST).collect();
    assert!(long.is_empty(), "over {LONGEST} lines: {long:#?}");
    assert!(
        at(90) < NINE_IN_TEN,
        "nine in ten files should be under {NINE_IN_TEN} lines"
    );
}

/// The lines of our own code under `src` in which one of `words` stands, by file.
fn naming(words: &[&str]) -> Vec<(String, usize)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src"));
    let mut files = Vec::new();
    rust_files(root, &mut files);
    let mut found = Vec::new();
    for path in files {
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let names = |line: &&str| words.iter().any(|word| line.contains(word));
        let lines = code.lines().filter(names).count();
        if lines > 0 && !name.contains("tests") {
            found.push((name, lines));
        }
    }
    found.sort();
    found
}

#[test]
fn a_kind_that_is_only_kept_is_named_by_its_file_and_its_registration_alone() {
    let words = [
        "Kind::ConfigMap",
        "Spec::ConfigMap",
        "config_map",
        "ConfigMap(",
    ];
    let found = naming(&words);
    let expected = [
        // `mod`, `pub use`, and its line in the list of kinds.
        ("model.rs".to_owned(), 3),
        // It can be immutable, which the catalog asks of any kind.
        ("model/kind.rs".to_owned(), 1),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_module_lies_beside_its_folder_not_inside_it() {
    let inside: Vec<_> = ours()
        .into_iter()
        .filter(|path| path.ends_with("mod.rs"))
        .collect();
    assert!(inside.is_empty(), "x/mod.rs belongs in x.rs: {inside:#?}");
}

#[test]
fn every_library_module_says_what_it_is_in_its_first_lines() {
    let silent: Vec<_> = ours()
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            !text.is_empty() && !text.starts_with("//!") && !text.starts_with("#!")
        })
        .collect();
    assert!(silent.is_empty(), "these start without `//!`: {silent:#?}");
}
