//! What a shell is offered behind the words typed so far.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    documents::service,
    netloft::{Netloft, Output, run},
};

/// What bash is offered for the last of `words`.
async fn offered(words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let index = words.len().to_string();
    let shell = [
        ("NETLOFT_COMPLETE", "bash"),
        ("_CLAP_COMPLETE_INDEX", &index),
        ("_CLAP_IFS", "\n"),
        ("_CLAP_COMPLETE_COMP_TYPE", "9"),
        ("_CLAP_COMPLETE_SPACE", "true"),
    ];
    let words = [&["--", "netloft"], words].concat();
    let output = run(&words, &[&shell[..], variables].concat())
        .await
        .must_succeed();
    let Output { stdout, .. } = output;
    stdout.lines().map(|line| line.trim().to_owned()).collect()
}

#[tokio::test]
async fn verbs_kinds_codes_and_flags_are_offered_without_a_server() {
    for (words, offer) in [
        (&["expl"][..], "explain"),
        (&["get", "httpr"][..], "httproutes"),
        (&["explain", "NL020"][..], "NL0203"),
        (&["explain", "httpr"][..], "httproute"),
        (&["apply", "--allow"][..], "--allow-dangling"),
        (&["completion", "f"][..], "fish"),
    ] {
        let found = offered(words, &[]).await;
        assert!(
            found.iter().any(|found| found == offer),
            "{words:?}: {found:?}"
        );
    }
}

#[tokio::test]
async fn documents_of_the_typed_kind_are_offered_from_the_server() {
    let netloft = Netloft::start().await;
    netloft.apply(&service("orders")).await;
    let server = format!("http://{}", netloft.http());
    let with = [("NETLOFT_SERVER", &*server)];
    assert_eq!(offered(&["get", "svc", ""], &with).await[0], "orders");
    assert_eq!(offered(&["delete", "svc", "or"], &with).await[0], "orders");
    let flag = format!("--server={server}");
    assert_eq!(offered(&["get", &flag, "svc", "o"], &[]).await[0], "orders");
    let elsewhere = offered(&["get", "-n", "shop", "svc", ""], &with).await;
    assert!(!elsewhere.contains(&"orders".to_owned()), "{elsewhere:?}");
}

#[tokio::test]
async fn a_shell_reads_what_completion_prints() {
    let script = run(&["completion", "bash"], &[])
        .await
        .must_succeed()
        .stdout;
    let status = std::process::Command::new("bash")
        .args([
            "--noprofile",
            "--norc",
            "-c",
            &format!("{script}\ncomplete -p netloft"),
        ])
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}
