//! What an Envoy will not take: told with its words and the place it comes from, and nobody else
//! is hurt.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::net::TcpListener;

use netloft_integration::{
    backend::{BACKEND, Backend},
    documents::{entry, file, gateway, gateway_class, service, workload},
    eventually::{SOON, ensure, eventually},
    http::{Failure, get_host},
    netloft::Netloft,
    ports::Port,
};

async fn a_taken_port(dialect: &str) {
    let (v1, v2) = (Backend::start("v1").await, Backend::start("v2").await);
    let (outside, taken) = (Port::reserve(), Port::reserve());
    let holder = TcpListener::bind(taken.address()).unwrap();
    let netloft = Netloft::start().await;
    netloft
        .apply(&file(&[
            gateway_class(),
            gateway("edge", outside.number()),
            service("web"),
            workload("web-1", "web", "v1", v1.port()),
            entry("web", "edge", "/", "web"),
        ]))
        .await;
    let envoy = netloft
        .envoy("edge-1", &["--class", "gateway", "--dialect", dialect])
        .await;
    envoy.is_live().await;
    netloft.proxy_is("edge-1", "synced").await;

    // One change: a listener that cannot be, and a service that can.
    netloft
        .apply(&file(&[
            gateway("other", taken.number()),
            service("api"),
            workload("api-1", "api", "v1", v2.port()),
            entry("api", "edge", "/api", "api"),
        ]))
        .await;

    let proxy = netloft.proxy_is("edge-1", "rejected").await;
    let types = proxy["types"].as_array().unwrap();
    let rejecting: Vec<_> = types
        .iter()
        .filter(|ty| ty["rejected"].as_array().is_some_and(|r| !r.is_empty()))
        .collect();
    assert_eq!(rejecting.len(), 1, "{proxy:#}");
    assert_eq!(rejecting[0]["api"], "LDS");
    let rejected = &rejecting[0]["rejected"];
    assert_eq!(rejected.as_array().unwrap().len(), 1, "{rejected:#}");
    let listener = rejected[0]["name"].as_str().unwrap();
    assert!(
        listener.contains(&taken.number().to_string()),
        "{rejected:#}"
    );
    let words = rejected[0]["error"].as_str().unwrap();
    assert!(words.contains("Address already in use"), "{words}");
    let places = rejected[0]["from"].as_array().unwrap();
    let other = places
        .iter()
        .find(|place| place["document"] == "Gateway default/other")
        .unwrap();
    assert!(
        other["file"].as_str().unwrap().ends_with("applied.yaml"),
        "{other}"
    );
    assert!(other["line"].is_u64(), "{other}");

    // Envoy's words are told as every error is: with a code, at the value that they name.
    let diagnostic = &rejected[0]["diagnostic"];
    assert_eq!(diagnostic["code"], "NL0702", "{diagnostic:#}");
    assert_eq!(diagnostic["pointer"], "/spec/listeners/0/port");
    assert!(diagnostic["line"].is_u64() && diagnostic["column"].is_u64());

    let told = netloft.cli(&["ps"]).await.must_succeed().stdout;
    for part in [
        "edge-1",
        "[NL0702]",
        "spec.listeners[0].port",
        "LDS",
        listener,
        "Address already in use",
        "applied.yaml",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }

    // The rest of the change has arrived, and what was there is still served.
    eventually("the new route is served", SOON, || async {
        let answer = get_host(outside.address(), "shop.example", "/api").await?;
        ensure(answer.header(BACKEND) == "v2", answer.text()).map_err(Failure::from)
    })
    .await;
    let answer = get_host(outside.address(), "shop.example", "/")
        .await
        .unwrap();
    assert_eq!(answer.header(BACKEND), "v1");

    drop(holder);
    netloft
        .cli(&["delete", "gateway", "other"])
        .await
        .must_succeed();
    netloft.proxy_is("edge-1", "synced").await;
}

#[tokio::test]
async fn a_listener_on_a_taken_port_is_told_and_the_rest_ships_in_delta() {
    a_taken_port("delta").await;
}

#[tokio::test]
async fn a_listener_on_a_taken_port_is_told_and_the_rest_ships_in_sotw() {
    a_taken_port("sotw").await;
}
