//! What verbs print, word by word: one file an output in `integration/testdata/outputs`.
//!
//! `NETLOFT_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::{collections::BTreeSet, fs};

use netloft_integration::{
    ads::Puppet,
    binary,
    documents::{dns_service, file, route, workload},
    netloft::{Netloft, Output, run},
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

/// Outputs of one server, in their order: before a proxy is there.
const FIRST: &[(&str, &[&str])] = &[
    ("ps-nobody", &["ps"]),
    ("get-nothing", &["get", "services"]),
    ("validate-good", &["validate", "DIR/mesh.yaml"]),
    ("validate-bad", &["validate", "DIR/typo.yaml"]),
    ("apply-bad", &["apply", "-f", "DIR/typo.yaml"]),
    ("apply-plan", &["apply", "-f", "DIR/mesh.yaml", "--plan"]),
    (
        "apply",
        &[
            "apply",
            "-f",
            "DIR/mesh.yaml",
            "--wait",
            "-m",
            "first",
            "--author",
            "ann",
        ],
    ),
    ("apply-again", &["apply", "-f", "DIR/mesh.yaml"]),
    ("get-table", &["get", "services"]),
    ("get-wide", &["get", "workloads", "-o", "wide"]),
    ("get-all-namespaces", &["get", "httproutes", "-A"]),
    (
        "get-yaml-missing",
        &["get", "service", "nowhere", "-o", "yaml"],
    ),
    (
        "get-jsonpath",
        &[
            "get",
            "workloads",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.address}{\"\\n\"}{end}",
        ],
    ),
    (
        "get-by-label",
        &["get", "workloads", "-l", "version=v2", "-o", "name"],
    ),
    ("describe", &["describe", "httproute", "web"]),
    ("diff", &["diff", "-f", "DIR/changed.yaml"]),
    ("check-good", &["check"]),
];

/// And after a proxy rejected what was changed.
const THEN: &[(&str, &[&str])] = &[
    ("ps-rejected", &["ps"]),
    ("describe-rejected", &["describe", "service", "web"]),
    ("check-bad", &["check"]),
    ("log", &["log"]),
    ("show", &["show", "2"]),
    ("show-missing", &["show", "99"]),
    ("delete", &["delete", "httproute", "web", "--author", "ann"]),
    (
        "delete-missing",
        &["delete", "httproute", "web", "-o", "json"],
    ),
    ("usage", &["get", "no-such-kind"]),
    ("usage-json", &["get", "services", "--frob", "-o", "json"]),
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

#[tokio::test]
async fn what_a_server_is_asked_prints_what_it_did() {
    let netloft = Netloft::start().await;
    let mesh = |port| {
        file(&[
            dns_service("web", "svc.test", port),
            workload("web-1", "web", "v1", 8081),
            workload("web-2", "web", "v2", 8082),
            route("web", "web", &["web"]),
        ])
    };
    let _ = netloft.write("mesh.yaml", &mesh(81));
    let _ = netloft.write("changed.yaml", &mesh(82));
    let _ = netloft.write("typo.yaml", &file(&[route("web", "web", &["wbe"])]));
    let folder = netloft.folder().to_string_lossy();
    let http = netloft.http().to_string();
    let transcripts = Transcripts::of(FOLDER, &[(&folder, "DIR"), (&http, "HTTP")]);
    let asked = async |words: &[&str]| {
        let words: Vec<String> = words
            .iter()
            .map(|word| word.replace("DIR", &folder))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        netloft.cli(&words).await
    };
    for (name, words) in FIRST {
        transcripts.holds(name, &asked(words).await);
    }
    let mut proxy = Puppet::connect(netloft.grpc(), "cart-7f", &["*"]).await;
    proxy.receives().await;
    proxy.acks().await;
    let words = [
        "apply",
        "-f",
        "DIR/changed.yaml",
        "--wait",
        "--author",
        "ann",
    ];
    let (output, ()) = tokio::join!(asked(&words), async {
        proxy.receives().await;
        proxy.rejects("no such address: svc.test").await;
    });
    transcripts.holds("apply-rejected", &output);
    for (name, words) in THEN {
        transcripts.holds(name, &asked(words).await);
    }
}

#[tokio::test]
async fn the_page_of_all_verbs_is_what_the_program_knows_of_itself() {
    let page = binary::root().join("docs/cli.md");
    let printed = alone(&["man", "--markdown"]).await.must_succeed().stdout;
    if std::env::var_os("NETLOFT_BLESS").is_some() {
        fs::write(&page, &printed).unwrap();
    }
    let held = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        held == printed,
        "docs/cli.md is out of date; NETLOFT_BLESS=1 writes it"
    );
}

#[test]
fn every_file_is_the_output_of_a_case() {
    let files: BTreeSet<String> = fs::read_dir(binary::root().join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let cases = [OFFLINE, FIRST, THEN].concat();
    let names = cases.iter().map(|(name, _)| *name);
    let cases: BTreeSet<String> = names
        .chain(["apply-rejected"])
        .map(|name| format!("{name}.txt"))
        .collect();
    assert_eq!(files, cases);
}
