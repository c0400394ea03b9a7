//! Is a revision live: told by what proxies acknowledged, and by nothing else.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    ads::Puppet, documents::service, eventually::SOON, http::Answer, netloft::Netloft,
};
use serde_json::Value;

/// What is told of `revision` at once.
async fn now(netloft: &Netloft, revision: u64) -> Value {
    let path = format!("/v1/wait?revision={revision}&timeout=0s");
    netloft.get(&path).await.unwrap().json()
}

/// What is told of the newest revision once it is settled.
async fn settled(netloft: &Netloft) -> Value {
    let answer = netloft.get("/v1/wait?timeout=8s").await.unwrap().json();
    assert_eq!(answer["timedOut"], false, "{answer:#}");
    answer
}

fn proxy<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let mut all = answer["proxies"].as_array().unwrap().iter();
    all.find(|proxy| proxy["name"] == name).unwrap()
}

/// A service whose every change is a change of its cluster.
fn changed(name: &str, target_port: u16) -> String {
    netloft_integration::documents::dns_service(name, "svc.test", target_port)
}

#[tokio::test]
async fn a_revision_is_live_when_every_proxy_that_it_concerns_has_acknowledged_it() {
    let netloft = Netloft::start().await;
    netloft.apply(&changed("web", 81)).await;
    // Nobody is there to be told.
    let answer = settled(&netloft).await;
    assert_eq!(answer["state"], "live", "{answer:#}");

    let mut all = Puppet::connect(netloft.grpc(), "all", &["*"]).await;
    assert!(!all.receives().await.is_empty());
    all.acks().await;
    let mut other = Puppet::connect(netloft.grpc(), "other", &["nothing"]).await;
    other.receives().await;
    other.acks().await;

    netloft.apply(&changed("web", 82)).await;
    let answer = now(&netloft, 2).await;
    assert_eq!(
        (&answer["state"], &answer["timedOut"]),
        (&"pending".into(), &true.into())
    );
    assert_eq!(answer["exact"], true, "{answer:#}");
    assert_eq!(proxy(&answer, "all")["state"], "pending");
    assert_eq!(proxy(&answer, "all")["pending"][0]["api"], "CDS");
    assert_eq!(
        proxy(&answer, "other")["state"],
        "notAffected",
        "{answer:#}"
    );

    // The wait is answered by the acknowledgement, not by a clock.
    all.receives().await;
    let (answer, ()) = tokio::join!(settled(&netloft), all.acks());
    assert_eq!(answer["state"], "live", "{answer:#}");
    assert_eq!(proxy(&answer, "all")["state"], "acked");
    assert!(proxy(&answer, "all")["tookMs"].is_f64(), "{answer:#}");
    assert!(answer["tookMs"].is_f64(), "{answer:#}");

    // A revision that changes no bytes is live at once, whoever sleeps.
    netloft.apply(&service("web2")).await;
    let silent = now(&netloft, 3).await;
    assert_eq!(silent["state"], "pending", "a new service is a new cluster");
    let text = changed("web", 82).replace("{name: web}", "{name: web, annotations: {a/b: c}}");
    netloft.apply(&text).await;
    let answer = now(&netloft, 4).await;
    assert_eq!(answer["state"], "live", "{answer:#}");
    assert_eq!(answer["counts"]["notAffected"], 2, "{answer:#}");
}

#[tokio::test]
async fn who_says_no_is_named_with_its_words_and_the_line_and_who_left_is_offline() {
    let netloft = Netloft::start().await;
    netloft.apply(&changed("web", 81)).await;
    let mut one = Puppet::connect(netloft.grpc(), "one", &["*"]).await;
    one.receives().await;
    one.acks().await;
    let mut two = Puppet::connect(netloft.grpc(), "two", &["*"]).await;
    two.receives().await;
    two.acks().await;

    netloft.apply(&changed("web", 82)).await;
    let name = one.receives().await.remove(0);
    one.rejects(&format!("{name}: no such port")).await;
    two.receives().await;
    two.acks().await;
    let answer = settled(&netloft).await;
    assert_eq!(answer["state"], "rejected", "{answer:#}");
    assert_eq!(proxy(&answer, "two")["state"], "acked");
    let rejected = &proxy(&answer, "one")["rejected"][0];
    assert!(rejected["error"].as_str().unwrap().contains("no such port"));
    assert_eq!(rejected["api"], "CDS");
    let place = &rejected["from"][0];
    assert_eq!(place["document"], "Service default/web", "{rejected:#}");
    assert!(place["file"].as_str().unwrap().ends_with("applied.yaml"));
    assert!(place["line"].is_u64(), "{rejected:#}");

    // Mended, it is live; the mended bytes stand for those that were rejected, too.
    netloft.apply(&changed("web", 83)).await;
    one.receives().await;
    one.acks().await;
    two.receives().await;
    two.acks().await;
    assert_eq!(settled(&netloft).await["state"], "live");
    assert_eq!(now(&netloft, 2).await["state"], "live");

    // Whoever leaves while it is waited for is offline, and is not waited for.
    netloft.apply(&changed("web", 84)).await;
    one.receives().await;
    one.acks().await;
    let leaves = async { drop(two) };
    let (answer, ()) = tokio::join!(settled(&netloft), leaves);
    assert_eq!(answer["state"], "live", "{answer:#}");
    assert_eq!(proxy(&answer, "two")["state"], "offline");
    assert!(proxy(&answer, "two")["since"].is_string());
}

#[tokio::test]
async fn what_was_published_before_a_restart_counts_for_every_proxy() {
    let mut netloft = Netloft::start().await;
    netloft.apply(&changed("web", 81)).await;
    netloft.apply(&changed("web", 82)).await;
    netloft.restart().await;
    let mut all = Puppet::connect(netloft.grpc(), "all", &["*"]).await;
    all.receives().await;
    let answer = now(&netloft, 1).await;
    assert_eq!(
        (&answer["state"], &answer["exact"]),
        (&"pending".into(), &false.into())
    );
    all.acks().await;
    assert_eq!(settled(&netloft).await["state"], "live");
    assert_eq!(now(&netloft, 1).await["state"], "live");
}

#[tokio::test]
async fn a_wait_that_makes_no_sense_is_refused_and_none_holds_up_the_end() {
    let mut netloft = Netloft::start().await;
    for (query, status, words) in [
        ("revision=7", 404, "there is no revision 7: the newest is 0"),
        ("timeout=1h", 400, "the longest wait is 600 s"),
        ("timeout=soon", 400, "is not a duration"),
        ("revision=1&revision=2", 400, "duplicate field"),
        ("rev=1", 400, "unknown field `rev`"),
    ] {
        let answer = netloft.get(&format!("/v1/wait?{query}")).await.unwrap();
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
        assert!(answer.text().contains(words), "{query}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }

    netloft.apply(&changed("web", 81)).await;
    let mut all = Puppet::connect(netloft.grpc(), "all", &["*"]).await;
    all.receives().await;
    let http = netloft.http();
    let asking = tokio::spawn(async move {
        netloft_integration::http::get(http, "/v1/wait?timeout=9s")
            .await
            .unwrap()
    });
    netloft_integration::eventually::eventually("it is waited for", SOON, || async {
        let answer: Answer = netloft.get("/v1/proxies").await?;
        let known = answer.text().contains("\"all\"");
        netloft_integration::eventually::ensure(known, answer.text())
            .map_err(netloft_integration::http::Failure::from)
    })
    .await;
    assert!(netloft.stop().await.success());
    let answer = asking.await.unwrap().json();
    assert_eq!(answer["state"], "pending", "{answer:#}");
}
