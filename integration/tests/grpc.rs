//! gRPC clients and servers without a proxy, each with a library of others, configured by the
//! documents that Envoys are configured by.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::process::Command;

use futures_util::future::join_all;
use netloft_integration::{
    backend::Backend,
    binary,
    documents::{file, rule, service_speaking, workload},
    grpc::{Caller, Library, libraries},
    netloft::Netloft,
    ports::Port,
    process::Process,
};
use serde_json::Value;

/// Waits until every caller has what was applied last.
async fn live(netloft: &Netloft) {
    let answer: Value = netloft.get("/v1/wait?timeout=15s").await.unwrap().json();
    assert_eq!(answer["state"], "live", "{answer:#}");
}

async fn all_hear(callers: &[Caller], names: &[&str]) {
    join_all(callers.iter().map(|caller| caller.hears(names))).await;
}

fn split(one: u32, other: u32) -> String {
    rule(
        "echo",
        "echo",
        &format!(
            "\u{20} - backendRefs:\n\
             \u{20}   - {{group: netloft.dev, kind: ServiceVersion, name: echo.v1, weight: {one}}}\n\
             \u{20}   - {{group: netloft.dev, kind: ServiceVersion, name: echo.v2, weight: {other}}}\n"
        ),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_library_follows_splits_endpoints_and_routes_and_no_call_fails() {
    let (one, two, three, far) = tokio::join!(
        Backend::start("one"),
        Backend::start("two"),
        Backend::start("three"),
        Backend::start("far")
    );
    let netloft = Netloft::start().await;
    let services = file(&[
        service_speaking("grpc", "echo"),
        workload("one", "echo", "v1", one.port()),
        workload("two", "echo", "v2", two.port()),
        service_speaking("grpc", "next"),
        workload("far", "next", "v1", far.port()),
    ]);
    netloft.apply(&services).await;
    let start = libraries().into_iter().map(|library| {
        let name = format!("{library:?}").to_lowercase();
        let netloft = &netloft;
        async move { Caller::start(library, &name, "xds:///echo.default", netloft).await }
    });
    let callers = join_all(start).await;
    all_hear(&callers, &["one", "two"]).await;
    for caller in &callers {
        netloft.proxy_is(caller.name(), "synced").await;
    }

    // A canary.
    netloft.apply(&split(80, 20)).await;
    live(&netloft).await;
    let heard = join_all(callers.iter().map(|caller| caller.next(400))).await;
    for (caller, heard) in callers.iter().zip(heard) {
        // A fifth of 400 is 80; six times the deviation on each side.
        let canary = heard.get("two").copied().unwrap_or_default();
        assert!((32..=128).contains(&canary), "{}: {heard:?}", caller.name());
    }

    // Another endpoint in the place of one.
    netloft
        .apply(&workload("three", "echo", "v1", three.port()))
        .await;
    all_hear(&callers, &["one", "three", "two"]).await;
    netloft
        .apply(&workload("one", "nobody", "v1", one.port()))
        .await;
    live(&netloft).await;
    all_hear(&callers, &["three", "two"]).await;

    // All to another service: a cluster that nobody has named before.
    let elsewhere = "\u{20} - backendRefs: [{name: next, port: 80}]\n";
    netloft.apply(&rule("echo", "echo", elsewhere)).await;
    live(&netloft).await;
    all_hear(&callers, &["far"]).await;

    for caller in &callers {
        let failed = caller.failed();
        assert!(failed.is_empty(), "{}: {failed:?}", caller.name());
        netloft.proxy_is(caller.name(), "synced").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_proxy_serves_once_a_service_has_its_port() {
    let mut netloft = Netloft::start().await;
    let port = Port::reserve();
    let address = port.address().to_string();
    let bootstrap = netloft.cli(&["grpc-bootstrap", "--id", "server"]).await;
    let mut python = Command::new(binary::python_grpc());
    python
        .arg(binary::programs().join("server.py"))
        .args([&address, "served"])
        .env("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap.must_succeed().stdout);
    drop(port);
    let mut server = Process::start("server", &mut python, &netloft.folder().join("server.log"));
    // It asks for its listener and waits: nobody has said yet that there is one.
    netloft.proxy_is("server", "synced").await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());

    let number = address.rsplit_once(':').unwrap().1;
    let service = format!(
        "apiVersion: netloft.dev/v1\n\
         kind: Service\n\
         metadata: {{name: echo}}\n\
         spec:\n\
         \u{20} ports: [{{port: 50051, targetPort: {number}, protocol: grpc}}]\n\
         \u{20} endpoints: [{{address: 127.0.0.1}}]\n"
    );
    netloft.apply(&service).await;
    let caller = Caller::start(Library::Core, "caller", "xds:///echo", &netloft).await;
    caller.hears(&["served"]).await;
    server.must_run();
    assert!(netloft.stop().await.success());
}
