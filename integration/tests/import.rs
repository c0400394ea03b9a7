//! Envoy's own configurations, imported: each is served to a real Envoy, and answers what the Envoy
//! that was started with the file answers.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    case::{Case, Placed, Said},
    envoy::Envoy,
    netloft::{Netloft, Output, run},
};
use serde_json::Value;

/// Imports `text`; returns the folder it was written to.
async fn import(netloft: &Netloft, name: &str, text: &str) -> (String, String) {
    let file = netloft.write(&format!("{name}.yaml"), text);
    let folder = netloft.folder().join(name).to_string_lossy().into_owned();
    let words = ["import", "envoy", &file, "-o", &folder, "--class", name];
    run(&words, &[]).await.must_succeed();
    (file, folder)
}

async fn verify(file: &str, folder: &str) -> Output {
    run(&["import", "verify", file, folder], &[]).await
}

/// Serves what was imported to `folder` to an Envoy called `name`.
async fn served(netloft: &Netloft, name: &str, folder: &str) -> Envoy {
    let documents = format!("{folder}/documents");
    netloft
        .cli(&["apply", "-f", &documents])
        .await
        .must_succeed();
    let bootstrap = format!("{folder}/bootstrap.yaml");
    let envoy = netloft
        .envoy(name, &["--class", name, "--onto", &bootstrap])
        .await;
    envoy.is_live().await;
    netloft.proxy_is(name, "synced").await;
    envoy
}

/// The answers to all that is asked, each of which must be right by itself.
async fn answers(case: &Case, placed: &Placed) -> Vec<Said> {
    let mut all = Vec::new();
    for asked in case.asked() {
        let said = placed.said(asked).await;
        let wrong = asked.wrong(&said);
        assert!(wrong.is_empty(), "{asked:?}: {wrong:?} in {said:#?}");
        all.push(said);
    }
    all
}

/// From the file to an Envoy that netloft serves, and to a file again; all answer the same.
async fn comes_over(name: &str) {
    let case = Case::start(name).await;
    let (before, after) = (case.placed(), case.placed());
    let original = Envoy::start(&format!("{name}-before"), &before.text).await;
    let netloft = Netloft::start().await;
    let (file, folder) = import(&netloft, name, &after.text).await;
    verify(&file, &folder).await.must_succeed();
    let served = served(&netloft, name, &folder).await;
    original.is_live().await;
    let expected = answers(&case, &before).await;
    assert_eq!(answers(&case, &after).await, expected, "served");

    let again = format!("{folder}/envoy.yaml");
    let bootstrap = format!("{folder}/bootstrap.yaml");
    let words = ["eject", name, "--onto", &bootstrap, "-o", &again];
    netloft.cli(&words).await.must_succeed();
    let again = std::fs::read_to_string(&again).unwrap();
    // It listens where that one does.
    drop((served, netloft));
    let ejected = Envoy::start(&format!("{name}-ejected"), &again).await;
    ejected.is_live().await;
    assert_eq!(answers(&case, &after).await, expected, "ejected");
}

macro_rules! come_over {
    ($($test:ident: $folder:literal,)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                comes_over($folder).await;
            }
        )*

        #[test]
        fn every_configuration_there_is_comes_over() {
            let there = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/envoy");
            let there = std::fs::read_dir(there).unwrap().map(|it| it.unwrap());
            let mut there: Vec<String> = there
                .map(|it| it.file_name().to_string_lossy().into_owned())
                .filter(|name| name != "certs")
                .collect();
            there.sort();
            let mut tested = vec![$($folder.to_owned()),*];
            tested.sort();
            assert_eq!(there, tested);
        }
    };
}

come_over! {
    an_edge_with_two_hosts_comes_over: "edge",
    grpc_comes_over: "grpc",
    tcp_proxies_come_over: "tcp",
    termination_of_tls_comes_over: "tls",
    mutual_tls_comes_over: "mtls",
    filter_chains_by_server_name_come_over: "sni",
    a_key_in_the_file_stays_where_it_is: "inline-key",
    tokens_come_over: "jwt",
    rate_limits_come_over: "ratelimit",
    external_authorization_comes_over: "ext-authz",
    access_logs_come_over: "accesslog",
    tracing_comes_over: "tracing",
    health_checks_come_over: "healthcheck",
    retries_come_over: "retries",
    subsets_come_over: "subset",
    web_sockets_come_over: "websocket",
    filters_come_over: "filters",
    redirects_and_rewrites_come_over: "rewrites",
    clusters_by_name_come_over: "dns",
    the_rest_of_a_bootstrap_comes_over: "bootstrap",
}

#[tokio::test]
async fn a_change_behind_an_import_is_told_with_its_place_and_an_exit_code() {
    let case = Case::start("tcp").await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (file, to) = (path("envoy.yaml"), path("edge"));
    std::fs::write(&file, case.placed().text).unwrap();
    let words = ["import", "envoy", &file, "-o", &to, "-o", "json"];
    let report = run(&words, &[]).await.must_succeed().stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["counts"]["raw"], 5, "{report:#}");

    let clusters = path("edge/documents/clusters.yaml");
    let text = std::fs::read_to_string(&clusters).unwrap();
    std::fs::write(
        &clusters,
        text.replace("keepalive_time: 300", "keepalive_time: 301"),
    )
    .unwrap();
    let told = verify(&file, &to).await.must_exit_with(10).stdout;
    let place = "Cluster one upstream_connection_options.tcp_keepalive.keepalive_time";
    assert_eq!(told, format!("{place}: 300 in the file, 301 then\n"));

    // What is there is not written over unasked.
    run(&["import", "envoy", &file, "-o", &to], &[])
        .await
        .must_exit_with(2);
    run(&["import", "envoy", &file, "-o", &to, "--replace"], &[])
        .await
        .must_succeed();
    verify(&file, &to).await.must_succeed();
}
