//! The command line from outside: what it prints where, and its exit codes.

#![allow(clippy::unwrap_used)] // All of it is a test.

use std::net::SocketAddr;

use netloft_integration::{
    binary,
    documents::{file, route, service, workload},
    eventually::{SOON, eventually},
    http::get,
    netloft::{Netloft, run},
    ports::Port,
    process::Process,
};
use serde_json::Value;

fn bad_file(folder: &tempfile::TempDir) -> String {
    let text = "apiVersion: netloft.dev/v1
kind: Service
metadata: {name: web}
spec:
  ports:
  - {port: 80, protcol: http}
  selector: {app: web}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{group: \"\", kind: Service, name: web}]
  rules:
  - backendRefs: [{name: wbe, port: 80}]
";
    let path = folder.path().join("bad.yaml");
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[tokio::test]
async fn a_bad_file_is_told_all_that_is_wrong_with_each_place_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = bad_file(&folder);
    let output = run(&["validate", "-f", &path], &[]).await.must_exit_with(6);
    assert!(
        output.stderr.contains(&format!("{path}:6:")),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("protocol"),
        "no suggestion: {}",
        output.stderr
    );
}

#[tokio::test]
async fn a_file_with_a_mistake_changes_nothing() {
    let netloft = Netloft::start().await;
    let text = file(&[service("web"), route("web", "web", &["wbe"])]);
    let path = netloft.write("typo.yaml", &text);
    let output = netloft.cli(&["apply", "-f", &path]).await.must_exit_with(6);
    assert!(output.stderr.contains("wbe"), "{}", output.stderr);
    netloft
        .cli(&["get", "service", "web"])
        .await
        .must_exit_with(4);
}

#[tokio::test]
async fn applying_twice_is_applying_once() {
    let netloft = Netloft::start().await;
    let documents = file(&[service("web"), workload("web-1", "web", "v1", 8081)]);
    netloft.apply(&documents).await;
    let revisions = async || netloft.get("/v1/revisions").await.unwrap().json();
    let before = revisions().await;
    netloft.apply(&documents).await;
    assert_eq!(revisions().await, before);
}

#[tokio::test]
async fn what_was_applied_is_read_back_in_every_form() {
    let netloft = Netloft::start().await;
    netloft.apply(&service("web")).await;
    let get = async |form: &str| {
        netloft
            .cli(&["get", "service", "web", "-o", form])
            .await
            .must_succeed()
            .stdout
    };
    assert!(get("table").await.contains("web"));
    assert!(get("name").await.contains("web"));
    let document: Value = serde_json::from_str(&get("json").await).unwrap();
    assert_eq!(document["kind"], "Service");
    assert_eq!(document["spec"]["ports"][0]["port"], 80);
    // What it prints can be applied again.
    let path = netloft.write("again.yaml", &get("yaml").await);
    netloft.cli(&["apply", "-f", &path]).await.must_succeed();

    let path = "/apis/netloft.dev/v1/namespaces/default/services/web";
    let answer = netloft.get(path).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["metadata"]["name"]),
        (200, &"web".into())
    );
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let nobody = Port::reserve();
    let server = format!("http://{}", nobody.address());
    run(&["get", "services"], &[("NETLOFT_SERVER", &server)])
        .await
        .must_exit_with(7);
    run(&["no-such-verb"], &[]).await.must_exit_with(2);
    let netloft = Netloft::start().await;
    netloft
        .cli(&["get", "service", "nowhere"])
        .await
        .must_exit_with(4);
    netloft
        .cli(&["delete", "service", "nowhere"])
        .await
        .must_exit_with(4);
    netloft
        .cli(&["get", "no-such-kind"])
        .await
        .must_exit_with(2);
}

#[tokio::test]
async fn addresses_of_the_network_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_string_lossy();
    for flag in ["--http", "--grpc"] {
        let words = ["up", "--data-dir", &data, flag, "0.0.0.0:0"];
        let output = run(&words, &[]).await.must_exit_with(2);
        assert!(output.stderr.contains("loopback"), "{}", output.stderr);
    }
}

#[tokio::test]
async fn a_server_tells_that_it_lives_is_ready_and_how_it_does() {
    let netloft = Netloft::start().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(netloft.get(path).await.unwrap().status, 200, "{path}");
    }
    let metrics = netloft.get("/metrics").await.unwrap().text();
    assert!(metrics.contains("# TYPE"), "{metrics}");
}

#[tokio::test]
async fn a_data_directory_and_an_address_serve_one_netloft_at_a_time() {
    let netloft = Netloft::start().await;
    let data = netloft.data_dir();
    let (data, http) = (data.to_string_lossy(), netloft.http().to_string());
    let any = "127.0.0.1:0";
    let words = ["up", "--data-dir", &data, "--http", any, "--grpc", any];
    let second = run(&words, &[]).await.must_exit_with(1);
    assert!(
        second.stderr.contains("in use by another process"),
        "{}",
        second.stderr
    );

    let elsewhere = netloft.folder().join("elsewhere");
    let elsewhere = elsewhere.to_string_lossy();
    let words = [
        "up",
        "--data-dir",
        &elsewhere,
        "--http",
        &http,
        "--grpc",
        any,
    ];
    let third = run(&words, &[]).await.must_exit_with(1);
    assert!(third.stderr.contains(&http), "{}", third.stderr);
}

#[tokio::test]
async fn a_server_on_any_port_says_which_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(binary::netloft());
    command.args([
        "up",
        "--http",
        "127.0.0.1:0",
        "--grpc",
        "127.0.0.1:0",
        "--data-dir",
    ]);
    command.arg(folder.path().join("data"));
    let process = Process::start("netloft", &mut command, &folder.path().join("log"));
    let http: SocketAddr = eventually("it says that it is ready", SOON, || {
        let log = process.log();
        async move {
            let line = log
                .lines()
                .find_map(|line| line.strip_prefix("netloft ready http="));
            let address = line
                .and_then(|line| line.split(' ').next())
                .ok_or(log.clone())?;
            address.parse().map_err(|_| log.clone())
        }
    })
    .await;
    assert_eq!(get(http, "/readyz").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_server_that_is_told_to_end_ends_well() {
    let mut netloft = Netloft::start().await;
    netloft.apply(&service("web")).await;
    assert!(netloft.stop().await.success());
    netloft.restart().await;
    netloft.cli(&["get", "service", "web"]).await.must_succeed();
}

#[tokio::test]
async fn errors_are_json_where_json_is_asked_for() {
    let nobody = Port::reserve();
    let server = format!("http://{}", nobody.address());
    let words = ["get", "services", "-o", "json", "--server", &server];
    let output = run(&words, &[]).await.must_exit_with(7);
    let problem: Value = serde_json::from_str(&output.stderr).unwrap();
    assert_eq!(problem["exitCode"], 7);
    assert!(problem["next"].as_str().unwrap().contains("netloft up"));
    assert_eq!(output.stdout, "");

    let netloft = Netloft::start().await;
    let path = netloft.write("typo.yaml", &file(&[route("web", "web", &["wbe"])]));
    let words = ["apply", "-f", &path, "-o", "json"];
    let output = netloft.cli(&words).await.must_exit_with(6);
    let problem: Value = serde_json::from_str(&output.stderr).unwrap();
    assert_eq!(problem["status"], 422);
    assert_eq!(problem["errors"][0]["file"], path);
}

#[tokio::test]
async fn colours_are_shown_where_they_are_wanted_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = bad_file(&folder);
    let words = ["validate", "-f", &path];
    for (variables, flags, coloured) in [
        (&[][..], &[][..], false),
        (&[("CLICOLOR_FORCE", "1")][..], &[][..], true),
        (
            &[("CLICOLOR_FORCE", "1")][..],
            &["--color", "never"][..],
            false,
        ),
        (&[("NO_COLOR", "1")][..], &["--color", "always"][..], true),
    ] {
        let words = [&words[..], flags].concat();
        let output = run(&words, variables).await.must_exit_with(6);
        let found = output.stderr.contains("\x1b[");
        assert_eq!(found, coloured, "{variables:?} {flags:?}");
    }
}

#[tokio::test]
async fn a_context_leads_to_its_server_and_namespace_unless_told_otherwise() {
    let netloft = Netloft::start().await;
    let config = netloft.folder().join("contexts/config.yaml");
    let config = config.to_string_lossy();
    let here = format!("http://{}", netloft.http());
    let with = async |words: &[&str]| run(words, &[("NETLOFT_CONFIG", &*config)]).await;
    let words = ["context", "add", "shop", "--server", &here, "-n", "shop"];
    with(&words).await.must_succeed();
    let nobody = Port::reserve();
    let gone = format!("http://{}", nobody.address());
    with(&["context", "add", "gone", "--server", &gone])
        .await
        .must_succeed();

    let path = netloft.write("web.yaml", &service("web"));
    with(&["apply", "-f", &path]).await.must_succeed();
    let document = netloft
        .cli(&["get", "service", "web", "-n", "shop"])
        .await
        .must_succeed();
    assert!(document.stdout.contains("web"), "{}", document.stdout);

    with(&["get", "services", "--context", "gone"])
        .await
        .must_exit_with(7);
    with(&["context", "use", "gone"]).await.must_succeed();
    with(&["get", "services"]).await.must_exit_with(7);
    with(&["get", "services", "--server", &here])
        .await
        .must_succeed();
    with(&["context", "remove", "gone"]).await.must_succeed();
    with(&["context", "use", "gone"]).await.must_exit_with(4);
}
