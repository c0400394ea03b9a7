//! `--history`: what the bound lets go is gone by name, and nothing else is.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::netloft::Netloft;
use serde_json::Value;

fn settings(name: &str, n: usize) -> String {
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{n: \"{n}\"}}}}\n"
    )
}

/// The revisions that history still has, newest first.
async fn kept(netloft: &Netloft) -> Vec<u64> {
    let told: Value = netloft.get("/v1/revisions").await.unwrap().json();
    let told = told["revisions"].as_array().unwrap().iter();
    told.map(|revision| revision["revision"].as_u64().unwrap())
        .collect()
}

/// The status of GET `path`, and the body.
async fn asked(netloft: &Netloft, path: &str) -> (u16, String) {
    let answer = netloft.get(path).await.unwrap();
    (answer.status.as_u16(), answer.text())
}

#[tokio::test]
async fn revisions_behind_the_bound_are_gone_by_name_also_after_a_restart() {
    let mut netloft = Netloft::start_with(&["--history", "3"]).await;
    netloft.apply(&settings("still", 0)).await;
    for n in 1..12 {
        netloft.apply(&settings("often", n)).await;
    }
    for start in ["first", "second"] {
        assert_eq!(kept(&netloft).await, [12, 11, 10], "{start} start");
        for revision in [1, 8] {
            let (status, told) = asked(&netloft, &format!("/v1/revisions/{revision}")).await;
            assert_eq!(status, 410, "{revision}, {start} start: {told}");
            assert!(told.contains("--history"), "{told}");
        }
        let (status, told) = asked(&netloft, "/v1/revisions/11").await;
        assert!(
            status == 200 && told.contains("often"),
            "{start} start: {told}"
        );
        // A watch from a place that is gone is told so, as Kubernetes' clients expect.
        let watch = "/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=2";
        let (_, told) = asked(&netloft, watch).await;
        assert!(told.contains("Expired"), "{start} start: {told}");
        // What stands is whole, however long ago it was written.
        for (name, n) in [("still", "0"), ("often", "11")] {
            let path = format!("/api/v1/namespaces/default/configmaps/{name}");
            let found: Value = netloft.get(&path).await.unwrap().json();
            assert_eq!(found["data"]["n"], n, "{start} start: {found}");
        }
        netloft.restart().await;
    }
    netloft.apply(&settings("often", 12)).await;
    assert_eq!(kept(&netloft).await, [13, 12, 11]);
    assert!(netloft.stop().await.success());
}

#[tokio::test]
async fn without_a_bound_every_revision_of_a_day_is_kept() {
    let netloft = Netloft::start_with(&["--history", "1d"]).await;
    for n in 1..=12 {
        netloft.apply(&settings("often", n)).await;
    }
    assert!(kept(&netloft).await.into_iter().eq((1..=12).rev()));
}
