//! A secret is given to a whole process, and is found nowhere: not on its disk, not in its log, not in
//! an answer.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::{
    fs,
    path::{Path, PathBuf},
};

use netloft_integration::{documents::file, netloft, netloft::Netloft};

/// Long, so that nothing that compresses has a reason to change it.
const SECRET: &str = "k7Qz0w9XhR2mJt5VbN8sLc3yDf6gUa1EpKoIiWqZxTjMrHvB";
/// The same in base64, begun at each of three bytes: as whole words of it would stand in a larger text.
const SECRET_IN_BASE64: [&str; 3] = [
    "azdRejB3OVhoUjJtSnQ1VmJOOHNMYzN5RGY2Z1VhMUVwS29JaVdxWnhUak1ySHZC",
    "N1F6MHc5WGhSMm1KdDVWYk44c0xjM3lEZjZnVWExRXBLb0lpV3FaeFRqTXJIdk",
    "UXowdzlYaFIybUp0NVZiTjhzTGMzeURmNmdVYTFFcEtvSWlXcVp4VGpNckh2Q",
];
/// No secret: what it stands in is kept as it is, and must be found.
const CONTROL: &str = "c5Lw8Yd1NfX4uG7kTb0VzQm3RjP6sHe9aOi2KtCxUvWqBnJr";

fn secret() -> String {
    let base64 = SECRET_IN_BASE64[0];
    let applied = format!(
        r#"{{"apiVersion":"v1","kind":"Secret","data":{{"b":"{base64}"}},"stringData":{{"a":"{SECRET}"}}}}"#
    );
    format!(
        "# The old one was {SECRET}
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{applied}'
stringData: {{a: {SECRET}}}
data:
  b: {base64}
"
    )
}

fn config_map() -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: db}}, data: {{a: {CONTROL}}}}}")
}

/// Every file under `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => vec![entry.path()],
        })
        .collect()
}

/// The files under `folder` in which `text` stands.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let text = regex::bytes::Regex::new(&regex::escape(text)).unwrap();
    let holds = |path: &PathBuf| text.is_match(&fs::read(path).unwrap());
    files(folder).into_iter().filter(holds).collect()
}

fn must_not_hold(text: &str) {
    for secret in SECRET_IN_BASE64.iter().chain([&SECRET]) {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_secret_is_found_neither_on_the_disk_nor_in_the_log_nor_in_an_answer() {
    let mut netloft = Netloft::start().await;
    let documents = file(&[secret(), config_map()]);
    must_not_hold(&format!("{:?}", netloft.apply(&documents).await));
    // Once more, so that there is history; and one that is wrong, so that there is an error.
    let changed = documents.replace("name: db", "name: db\n  labels: {x: y}");
    netloft
        .apply(&changed.replace("{name: db\n  labels: {x: y}}", "{name: db}"))
        .await;
    let wrong = netloft.write("wrong.yaml", &secret().replace("  b: ", "  b: !!"));
    let wrong = netloft.cli(&["apply", "-f", &wrong]).await;
    assert!(format!("{wrong:?}").contains("NL01"), "{wrong:?}");
    must_not_hold(&format!("{wrong:?}"));

    for path in [
        "/api/v1/namespaces/default/secrets/db",
        "/api/v1/secrets",
        "/v1/revisions",
    ] {
        let answer = netloft.get(path).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        must_not_hold(&answer.text());
    }
    let shown = netloft
        .cli(&["get", "secret", "db", "-o", "yaml"])
        .await
        .must_succeed();
    must_not_hold(&format!("{shown:?}"));

    // What was shown is applied, and the values are what they were: nothing changed.
    let shown = netloft.write("shown.yaml", &shown.stdout);
    let applied = netloft.cli(&["apply", "-f", &shown]).await.must_succeed();
    assert!(
        applied.stdout.contains("nothing changed"),
        "{}",
        applied.stdout
    );

    netloft.restart().await;
    netloft.stop().await;
    let data = netloft.data_dir();
    assert!(
        !holding(&data, CONTROL).is_empty(),
        "nothing would be found"
    );
    for secret in SECRET_IN_BASE64.iter().chain([&SECRET]) {
        assert_eq!(holding(&data, secret), [] as [PathBuf; 0]);
    }
    must_not_hold(&netloft.log());
}

#[tokio::test]
async fn a_store_whose_key_is_gone_says_which_key_and_does_not_start() {
    let mut netloft = Netloft::start().await;
    netloft.apply(&secret()).await;
    netloft.stop().await;
    let data = netloft.data_dir();
    let key = data.join("secrets.key");
    fs::remove_file(&key).unwrap();
    let data = data.to_string_lossy();
    let words = [
        "up",
        "--data-dir",
        &data,
        "--http",
        "127.0.0.1:0",
        "--grpc",
        "127.0.0.1:0",
    ];
    let refused = netloft::run(&words, &[]).await.must_exit_with(1);
    let path = key.to_string_lossy();
    for says in ["are sealed with key ", &*path, "is not there: restore it"] {
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    assert!(
        !key.exists(),
        "a new key would hide that the old one is gone"
    );
}
