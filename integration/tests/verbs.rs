//! What single verbs promise: an editor that loses no text, a watch without a gap, progress
//! for those who look on.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::path::Path;

use netloft_integration::{
    ads::Puppet,
    binary,
    documents::{dns_service, file, service},
    eventually::{SOON, ensure, eventually},
    netloft::{Netloft, run, run_program},
    process::Process,
};
use serde_json::Value;

#[tokio::test]
async fn who_is_not_allowed_and_who_comes_too_late_have_exit_codes_of_their_own() {
    let netloft = Netloft::start().await;
    netloft.apply(&service("web")).await;
    // This machine, by a name that pages of other sites could have as well.
    let other_name = format!("http://127.1:{}", netloft.http().port());
    let output = run(&["get", "services"], &[("NETLOFT_SERVER", &other_name)]).await;
    let output = output.must_exit_with(3);
    assert!(output.stderr.contains("127.1"), "{}", output.stderr);

    // While the editor is open somebody else changes the document; the text stays as it is shown
    // the second time.
    let changed = netloft.write("theirs.yaml", &with_label("web", "theirs"));
    let binary = binary::netloft().to_string_lossy();
    let server = format!("http://{}", netloft.http());
    let editor = format!(
        "f() {{ grep -q somebody \"$1\" && return; sed -i 's/^spec:/  labels: {{by: ours}}\\nspec:/' \
         \"$1\"; {binary} apply -f {changed} --server {server}; }}; f"
    );
    let words = ["edit", "service", "web", "--editor", &editor];
    let output = netloft.cli(&words).await.must_exit_with(5);
    let stored = netloft.cli(&["get", "service", "web", "-o", "yaml"]).await;
    assert!(stored.stdout.contains("by: theirs"), "{}", stored.stdout);
    // No text is lost.
    let kept = output
        .stderr
        .split_whitespace()
        .find(|word| word.contains("/netloft-service-web"));
    let kept = kept
        .unwrap_or_else(|| panic!("{}", output.stderr))
        .trim_end_matches(',');
    let text = std::fs::read_to_string(kept).unwrap();
    std::fs::remove_file(kept).unwrap();
    assert!(
        text.contains("by: ours") && text.contains("# +    by: theirs"),
        "{text}"
    );
}

fn with_label(name: &str, by: &str) -> String {
    service(name).replace(
        &format!("metadata: {{name: {name}}}"),
        &format!("metadata: {{name: {name}, labels: {{by: {by}}}}}"),
    )
}

#[tokio::test]
async fn what_the_server_does_not_take_is_edited_again_below_what_is_wrong() {
    let netloft = Netloft::start().await;
    netloft.apply(&service("web")).await;
    let seen = netloft.folder().join("seen");
    let seen = seen.to_string_lossy();
    // First a mistake; then, seeing it told, its repair.
    let editor = format!(
        "f() {{ cat \"$1\" >> {seen}; if grep -q '^# error' \"$1\"; then sed -i 's/prot:/protocol:/' \
         \"$1\"; else sed -i 's/protocol: http$/prot: http2/' \"$1\"; fi; }}; f"
    );
    let words = ["edit", "service", "web", "--editor", &editor, "-o", "name"];
    let output = netloft.cli(&words).await.must_succeed();
    assert_eq!(output.stdout, "service/default/web\n");
    let seen = std::fs::read_to_string(&*seen).unwrap();
    let line = seen
        .lines()
        .position(|line| line.starts_with("# error[NL0203]"));
    let told: Vec<&str> = seen.lines().skip(line.unwrap()).collect();
    // The line that is told is the line it has in the file.
    let place = told[1]
        .split(':')
        .next()
        .and_then(|line| line.rsplit(' ').next());
    let place: usize = place.unwrap().parse().unwrap();
    assert!(told[place - 1].contains("prot: http2"), "{place}: {seen}");
    let stored = netloft.cli(&[
        "get",
        "service",
        "web",
        "-o",
        "jsonpath={.spec.ports[0].protocol}",
    ]);
    assert_eq!(stored.await.must_succeed().stdout, "http2");

    let words = ["edit", "service", "web", "--editor", "true"];
    let output = netloft.cli(&words).await.must_succeed();
    assert_eq!(
        (&*output.stdout, &*output.stderr),
        ("", "nothing was changed\n")
    );
    let words = ["edit", "service", "web", "--editor", "false"];
    netloft.cli(&words).await.must_exit_with(1);
}

#[tokio::test]
async fn a_watch_shows_what_is_there_and_what_becomes_of_it() {
    let netloft = Netloft::start().await;
    netloft.apply(&service("web")).await;
    let mut command = std::process::Command::new(binary::netloft());
    let server = format!("http://{}", netloft.http());
    command.args(["get", "services", "--watch", "--server", &server]);
    let watch = Process::start("get --watch", &mut command, &netloft.folder().join("watch"));
    let shown = async |name: &str, note: &str| {
        eventually(&format!("{name} {note} is shown"), SOON, || {
            let log = watch.log();
            let found = log
                .lines()
                .any(|line| line.starts_with(name) && line.trim_end().ends_with(note));
            async move { ensure(found, log) }
        })
        .await;
    };
    shown("web ", "").await;
    netloft.apply(&service("api")).await;
    shown("api ", "").await;
    netloft
        .cli(&["delete", "service", "api"])
        .await
        .must_succeed();
    shown("api ", "deleted").await;
    assert_eq!(watch.log().matches("NAME").count(), 1, "{}", watch.log());
}

#[tokio::test]
async fn a_deletion_is_told_in_the_form_that_was_asked_for() {
    let netloft = Netloft::start().await;
    netloft
        .apply(&file(&[service("a"), service("b"), service("c")]))
        .await;
    let deleted = async |name: &str, form: &str| {
        let words = ["delete", "service", name, "-o", form];
        netloft.cli(&words).await.must_succeed().stdout
    };
    assert_eq!(deleted("a", "name").await, "service/default/a\n");
    let answer: Value = serde_json::from_str(&deleted("b", "json").await).unwrap();
    assert_eq!(answer["documents"][0]["outcome"], "deleted", "{answer}");
    assert!(deleted("c", "yaml").await.contains("outcome: deleted"));
}

#[tokio::test]
async fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let netloft = Netloft::start().await;
    let web = |port| dns_service("web", "svc.test", port);
    netloft.apply(&web(81)).await;
    let mut proxy = Puppet::connect(netloft.grpc(), "slow", &["*"]).await;
    proxy.receives().await;
    proxy.acks().await;
    netloft.apply(&web(82)).await;
    // It says nothing to that.
    let server = format!("http://{}", netloft.http());
    let words = ["wait", "--timeout", "1s", "--server", &server];
    let plain = run(&words, &[]).await.must_exit_with(9);
    assert!(!plain.stderr.contains("have it …"), "{}", plain.stderr);

    let in_a_terminal =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let binary = binary::netloft().to_string_lossy();
    let words = [&["-c", in_a_terminal, &*binary], &words[..]].concat();
    let python = Path::new("python3");
    let shown = run_program(python, &words, &[]).await.must_exit_with(9);
    assert!(
        shown.stdout.contains("0 of 1 proxies have it …"),
        "{}",
        shown.stdout
    );
}
