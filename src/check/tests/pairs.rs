//! A bad file for each code, and its repaired twin: `testdata/errors/NLnnnn/`.
//!
//! The bad one has that code, once, and nothing else; `output.txt` is what is told of it, place
//! included; the good one has nothing. With `NETLOFT_BLESS` set the outputs are written instead of
//! compared. What compiling finds is looked for by `reconcile`'s tests, in the same way.

use std::{fs, path::PathBuf};

use super::language::told;
use crate::check::{Code, Diagnostic, decode, render};

/// Codes without a file: three whose texts are too long to keep (`rules::syntax` makes them), three
/// that take two applies (`rules::raw`, `api::tests::refusals`), and one that no document can cause.
const WITHOUT_FILES: [Code; 7] = [
    Code::VERSION_TAKEN,
    Code::IMMUTABLE,
    Code::REDACTED,
    Code::DOCUMENT_TOO_BIG,
    Code::FILE_TOO_BIG,
    Code::TOO_MANY,
    Code::COMPILED_FAULT,
];

/// Where the files of `code` are.
pub(crate) fn folder(code: Code) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("src/check/testdata/errors")
        .join(code.to_string())
}

/// One of the files of `code`.
pub(crate) fn file(code: Code, name: &str) -> Option<Vec<u8>> {
    fs::read(folder(code).join(name)).ok()
}

/// One of the files of `code` that is text.
pub(crate) fn text(code: Code, name: &str) -> String {
    let bytes = file(code, name).unwrap_or_else(|| panic!("{code} has no {name}"));
    String::from_utf8(bytes).unwrap()
}

/// Whether what is told of the two files of `code` is what should be.
///
/// # Errors
/// What is told instead.
pub(crate) fn compare(
    code: Code,
    text: Option<&str>,
    bad: &[Diagnostic],
    good: &[Diagnostic],
) -> Result<(), String> {
    let lines =
        |found: &[Diagnostic]| -> Vec<String> { found.iter().map(ToString::to_string).collect() };
    if !good.is_empty() {
        return Err(format!("{code}: the good file has {:#?}", lines(good)));
    }
    let [only] = bad else {
        return Err(format!("{code}: the bad file has {:#?}", lines(bad)));
    };
    if only.code != code {
        return Err(format!("{code}: the bad file has {only}"));
    }
    let told = render(only, text, false);
    let golden = folder(code).join("output.txt");
    if std::env::var_os("NETLOFT_BLESS").is_some() {
        fs::write(golden, told).unwrap();
        return Ok(());
    }
    let expected = fs::read_to_string(golden).unwrap_or_default();
    if told == expected {
        Ok(())
    } else {
        Err(format!("{code}: expected\n{expected}\nfound\n{told}"))
    }
}

fn read(code: Code, name: &str) -> (Option<String>, Vec<Diagnostic>) {
    let bytes = file(code, name).unwrap_or_else(|| panic!("{code} has no {name}"));
    match decode(Some("mesh.yaml"), &bytes) {
        Ok(text) => (Some(text.to_owned()), told(text, code)),
        Err(diagnostic) => (None, vec![*diagnostic]),
    }
}

#[test]
fn every_code_is_told_of_its_bad_file_alone_and_not_of_the_good_one() {
    let before = Code::ALL.iter().filter(|code| !code.is_found_later());
    let wrong: Vec<String> = before
        .filter(|code| !WITHOUT_FILES.contains(code))
        .filter_map(|code| {
            let (text, bad) = read(*code, "bad.yaml");
            let (_, good) = read(*code, "good.yaml");
            compare(*code, text.as_deref(), &bad, &good).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_files_for_every_code_and_for_nothing_else() {
    let all = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/check/testdata/errors");
    let mut found: Vec<String> = fs::read_dir(all)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort_unstable();
    let with_files = Code::ALL
        .iter()
        .filter(|code| !WITHOUT_FILES.contains(code));
    let expected: Vec<String> = with_files.map(Code::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_code_of_compiling_is_listed() {
    let source = include_str!("../../compile/problems.rs");
    let mut used: Vec<&str> = source
        .match_indices("\"NL")
        .filter_map(|(at, _)| source.get(at + 1..at + 7))
        .collect();
    used.sort_unstable();
    let compiled = Code::ALL
        .iter()
        .filter(|code| code.stage() == crate::check::Stage::Compiled);
    let listed: Vec<String> = compiled.map(Code::to_string).collect();
    assert_eq!(used, listed);
}
