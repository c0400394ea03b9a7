//! What verbs print, word by word: one file an output in `integration/testdata/outputs`.
//!
//! `NETLOFT_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::{collections::BTreeSet, fs};

use netloft_integration::{
    binary,
    netloft::{Output, run},
    transcript::Transcripts,
};

const FOLDER: &str = "integration/testdata/outputs";

/// Outputs that need no server: name, words.
const OFFLINE: &[(&str, &[&str])] = &[
    ("explain-kinds", &["explain"]),
    ("explain-service", &["explain", "svc"]),
    (
        "explain-field",
        &["explain", "httproute.spec.rules[0].matches.path"],
    ),
    (
        "explain-variants",
        &["explain", "httproute.spec.rules.filters"],
    ),
    ("explain-tree", &["explain", "workload", "--recursive"]),
    (
        "explain-no-field",
        &["explain", "httproute.spec.backendRefs"],
    ),
    ("explain-code", &["explain", "NL0203"]),
    ("context-none", &["context", "list"]),
    (
        "context-unknown",
        &["get", "services", "--context", "nowhere"],
    ),
];

/// Runs `words` as a user without a file of contexts.
async fn alone(words: &[&str]) -> Output {
    let variables = [("NETLOFT_CONFIG", "/nonexistent/netloft.yaml")];
    run(words, &variables).await
}

#[tokio::test]
async fn what_needs_no_server_prints_what_it_did() {
    let transcripts = Transcripts::of(FOLDER, &[]);
    for (name, words) in OFFLINE {
        transcripts.holds(name, &alone(words).await);
    }
}

#[test]
fn every_file_is_the_output_of_a_case() {
    let files: BTreeSet<String> = fs::read_dir(binary::root().join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let cases: BTreeSet<String> = OFFLINE
        .iter()
        .map(|(name, _)| format!("{name}.txt"))
        .collect();
    assert_eq!(files, cases);
}
