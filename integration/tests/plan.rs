//! A plan tells what an apply would send, and the apply then sends just that.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use http::Method;
use netloft_integration::{
    ads::Puppet,
    documents::dns_service,
    http::{Answer, request, send},
    netloft::Netloft,
};
use serde_json::Value;

async fn post(netloft: &Netloft, path: &str, text: &str) -> Answer {
    let address = netloft.http();
    let asked = request(Method::POST, &address.to_string(), path, text.to_owned()).unwrap();
    send(address, asked).await.unwrap()
}

async fn plan(netloft: &Netloft, query: &str, text: &str) -> Value {
    let answer = post(netloft, &format!("/v1/plan?{query}"), text).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn names(plan: &Value, api: &str) -> Vec<String> {
    let scopes = plan["scopes"].as_array().unwrap().iter();
    let resources = scopes.flat_map(|scope| scope["resources"].as_array().unwrap());
    let of_api = resources.filter(|resource| resource["api"] == api);
    let mut names: Vec<_> = of_api
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_is_planned_is_what_is_sent_and_planning_it_sends_nothing() {
    let netloft = Netloft::start().await;
    let both = dns_service("web", "svc.test", 81) + "---\n" + &dns_service("api", "svc.test", 81);
    netloft.apply(&both).await;
    let mut all = Puppet::connect(netloft.grpc(), "all", &["*"]).await;
    all.receives().await;
    all.acks().await;
    let mut other = Puppet::connect(netloft.grpc(), "other", &["nothing"]).await;
    other.receives().await;
    other.acks().await;

    let change = dns_service("web", "svc.test", 82);
    let planned = plan(&netloft, "diff=true", &change).await;
    assert_eq!(planned["revision"], 1);
    assert_eq!(planned["documents"][0]["outcome"], "configured");
    let diff = planned["documents"][0]["diff"].as_str().unwrap();
    assert!(diff.contains("targetPort: 82"), "{diff}");
    assert_eq!(
        planned["affected"],
        serde_json::json!(["all"]),
        "{planned:#}"
    );
    assert_eq!(planned["notAffected"], 1);
    assert!(planned["bytes"].as_u64().unwrap() > 0);
    let units = planned["units"].as_array().unwrap();
    let clusters = units.iter().find(|unit| unit["kind"] == "Cluster").unwrap();
    assert_eq!(clusters["compiled"], 1, "api is not compiled: {planned:#}");
    let resource = &planned["scopes"][0]["resources"][0];
    assert_eq!(resource["change"], "changed", "{planned:#}");
    assert!(
        resource["diff"].as_str().unwrap().contains("82"),
        "{resource:#}"
    );
    assert_eq!(resource["from"][0]["document"], "Service default/web");

    // Nothing was written or sent; the apply then sends exactly what was planned.
    let told: Value = netloft.get("/v1/revisions").await.unwrap().json();
    assert_eq!(told["revisions"].as_array().unwrap().len(), 1);
    netloft.apply(&change).await;
    let mut sent = all.receives().await;
    sent.sort();
    assert_eq!(sent, names(&planned, "CDS"));
    all.acks().await;

    // The same once more changes nothing.
    let planned = plan(&netloft, "", &change).await;
    assert_eq!(planned["documents"][0]["outcome"], "unchanged");
    assert_eq!(
        (&planned["affected"], &planned["scopes"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
}

#[tokio::test]
async fn a_plan_follows_proxies_to_another_class_and_tells_new_problems_and_errors() {
    let netloft = Netloft::start().await;
    netloft.apply(&dns_service("web", "svc.test", 81)).await;
    let mut proxy = Puppet::connect(netloft.grpc(), "edge-1", &["*"]).await;
    proxy.receives().await;
    proxy.acks().await;
    // As a gateway without routes it is given no clusters any more.
    let class = "apiVersion: netloft.dev/v1\nkind: ProxyClass\nmetadata: {name: edge}\nspec: {role: gateway, match: {nodeId: edge-*}}\n";
    let planned = plan(&netloft, "", class).await;
    let moved = &planned["moves"][0];
    assert_eq!(moved["proxy"], "edge-1", "{planned:#}");
    assert!(
        moved["resources"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["change"] == "removed"),
        "{planned:#}"
    );
    assert_eq!(planned["affected"], serde_json::json!(["edge-1"]));

    let answer = post(&netloft, "/v1/plan", "kind: Servce\n").await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let answer = post(&netloft, "/v1/plan?reckless=true", class).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}
