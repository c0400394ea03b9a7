//! The figures of `docs/performance.md`, measured on this machine: `cargo bench -p netloft-integration`.
//!
//! Each section starts its own netloft (release build), says its conditions, and prints one line a
//! figure: what, how much, the goal. Ratios come from one run. Nothing here fails a test: a missed
//! goal is printed as missed. Words on the command line choose sections: route, apply, endpoint,
//! memory.

// A bench says what it expects by failing, and its figures by printing them.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

mod measure;
mod sim;
mod world;

use std::{
    net::SocketAddr,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use hyper::Method;
use measure::{figure, mb, ms, percentile, processor, resident};
use netloft_integration::{documents, http, netloft::Netloft, ports::Port};
use sim::{Heard, SimulatedProxy};
use tokio::sync::mpsc;
use tonic::transport::{Channel, Endpoint};

const ENDPOINTS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let run = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted));
    println!(
        "netloft figures: release build, {} cores, loopback",
        cores()
    );
    if run("route") {
        route_latency().await;
    }
    if run("apply") {
        apply_and_restart().await;
    }
    if run("endpoint") {
        endpoint_change().await;
    }
    if run("memory") {
        proxy_memory().await;
    }
}

/// Applies `text` over REST; returns when it is answered, so durable.
async fn apply(netloft: &Netloft, text: &str) {
    let address = netloft.http();
    let path = "/v1/apply";
    let request = http::request(Method::POST, &address.to_string(), path, text.to_owned()).unwrap();
    let answer = http::send(address, request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// From the answer to the commit until Envoy answers by the new route.
async fn route_latency() {
    const EDITS: usize = 200;
    let netloft = Netloft::start().await;
    let port = Port::reserve();
    apply(
        &netloft,
        &documents::file(&[documents::sidecar(port.number()), world::services(1)]),
    )
    .await;
    let envoy = netloft.envoy("bench", &["--class", "sidecar"]).await;
    envoy.is_live().await;

    let mut from_answer = Vec::with_capacity(EDITS);
    let mut from_request = Vec::with_capacity(EDITS);
    for edit in 0..EDITS {
        let host = format!("r{edit}.test");
        let asked = Instant::now();
        apply(&netloft, &world::redirect("s-0", &host)).await;
        let committed = Instant::now();
        loop {
            let answer = http::get_host(port.address(), "s-0.default", "/")
                .await
                .unwrap();
            if answer.header("location").contains(&host) {
                break;
            }
            assert!(
                committed.elapsed() < Duration::from_secs(10),
                "edit {edit} did not arrive"
            );
        }
        from_answer.push(committed.elapsed());
        from_request.push(asked.elapsed());
    }
    println!("\nroute edit, 1 Envoy, 1 service, {EDITS} edits one after the other");
    let p99 = ms(percentile(&mut from_answer, 99));
    figure("committed -> Envoy serves it, p99", p99, "ms", Some(50.0));
    figure(
        "committed -> Envoy serves it, p50",
        ms(percentile(&mut from_answer, 50)),
        "ms",
        None,
    );
    let p99 = ms(percentile(&mut from_request, 99));
    figure("apply sent -> Envoy serves it, p99", p99, "ms", None);
}

/// 10,000 services in one transaction; memory with them; cold start from them.
async fn apply_and_restart() {
    const SERVICES: usize = 10_000;
    let text = world::services(SERVICES);
    let size = mb(text.len() as u64);
    println!("\n{SERVICES} services of 3 endpoints, one transaction, {size:.1} MB of YAML");
    let mut applied = Vec::new();
    let mut last = None;
    for _ in 0..3 {
        let netloft = Netloft::start().await;
        let begin = Instant::now();
        apply(&netloft, &text).await;
        applied.push(begin.elapsed());
        last = Some(netloft);
    }
    figure(
        "apply, median of 3",
        ms(percentile(&mut applied, 50)),
        "ms",
        Some(2_000.0),
    );

    let mut netloft = last.expect("three were started");
    let proxies = connect(netloft.grpc(), 0, 1, None).await;
    wait(|| assignments(&proxies) >= SERVICES as u64).await;
    let memory = mb(resident(netloft.process_id()));
    figure(
        "resident memory with them and one proxy",
        memory,
        "MB",
        Some(300.0),
    );

    let mut starts = Vec::new();
    for _ in 0..3 {
        netloft.kill();
        let begin = Instant::now();
        netloft.restart().await;
        starts.push(begin.elapsed());
    }
    figure(
        "cold start to ready, median of 3",
        ms(percentile(&mut starts, 50)),
        "ms",
        Some(3_000.0),
    );
    figure(
        "resident memory after a restart",
        mb(resident(netloft.process_id())),
        "MB",
        None,
    );
}

/// One endpoint change at three sizes of mesh, side by side.
async fn endpoint_change() {
    const PROXIES: usize = 100;
    const CHANGES: u16 = 40;
    println!(
        "\none endpoint change, {PROXIES} simulated proxies (delta, all services), {CHANGES} changes"
    );
    let mut first: Option<(f64, f64)> = None;
    for services in [100, 1_000, 10_000] {
        let netloft = Netloft::start().await;
        apply(&netloft, &world::services(services)).await;
        let (heard, mut hears) = mpsc::unbounded_channel();
        let proxies = connect(netloft.grpc(), 0, PROXIES, Some(heard)).await;
        wait(|| assignments(&proxies) >= (services * PROXIES) as u64).await;
        while hears.try_recv().is_ok() {}

        let mut until_all = Vec::new();
        let before = processor(netloft.process_id());
        for change in 1..=CHANGES {
            let text = world::service_moved(usize::from(change) % services, change);
            let begin = Instant::now();
            apply(&netloft, &text).await;
            let mut told = 0;
            let mut last = begin;
            while told < PROXIES {
                let (_, ty, _, at) = hears.recv().await.expect("the proxies are connected");
                if ty == ENDPOINTS {
                    told += 1;
                    last = last.max(at);
                }
            }
            until_all.push(last - begin);
        }
        let used = (processor(netloft.process_id()) - before).as_secs_f64();
        let push = used * 1e6 / f64::from(CHANGES) / PROXIES as f64;
        let p50 = ms(percentile(&mut until_all, 50));
        let (base_push, base_p50) = *first.get_or_insert((push, p50));
        println!("  {services} services");
        figure("apply sent -> all proxies have it, p50", p50, "ms", None);
        figure("server CPU a push, apply included", push, "us", None);
        figure("p50 against 100 services", p50 / base_p50, "x", Some(1.5));
        figure("CPU against 100 services", push / base_push, "x", Some(1.5));
    }
}

/// What a connected proxy adds to the process, at two sizes of mesh.
async fn proxy_memory() {
    const PROXIES: usize = 1_000;
    const GROUP: usize = 10;
    println!(
        "\nmemory a connected proxy adds, the second half of {PROXIES} simulated proxies (delta, a connection each)"
    );
    let mut first = None;
    for services in [100, 10_000] {
        let netloft = Netloft::start().await;
        apply(&netloft, &world::services(services)).await;
        let mut proxies = Vec::new();
        let mut half = 0;
        // In groups: a first load of all at once would measure what is under way, not what stays.
        // The second half: what the first one left free is used up by then.
        for begin in (0..PROXIES).step_by(GROUP) {
            if begin == PROXIES / 2 {
                half = resident(netloft.process_id());
            }
            let more = connect(netloft.grpc(), begin, GROUP, None).await;
            wait(|| assignments(&more) >= (services * GROUP) as u64).await;
            proxies.extend(more);
        }
        let added = resident(netloft.process_id()).saturating_sub(half);
        let added = added as f64 / 1024.0 / (PROXIES / 2) as f64;
        let base = *first.get_or_insert(added);
        let what = format!("a proxy at {services} services");
        figure(&what, added, "KiB", None);
        figure("against 100 services", added / base, "x", Some(1.1));
    }
}

async fn connect(
    grpc: SocketAddr,
    first: usize,
    proxies: usize,
    heard: Option<Heard>,
) -> Vec<SimulatedProxy> {
    let mut connected = Vec::with_capacity(proxies);
    for number in first..first + proxies {
        let channel = channel(grpc).await;
        let proxy = SimulatedProxy::connect(channel, number, "default", heard.clone()).await;
        connected.push(proxy.unwrap());
    }
    connected
}

async fn channel(grpc: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{grpc}"))
        .unwrap()
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(4 << 20)
        .connect()
        .await
        .unwrap()
}

fn assignments(proxies: &[SimulatedProxy]) -> u64 {
    proxies
        .iter()
        .map(|proxy| proxy.seen.assignments.load(Ordering::Relaxed))
        .sum()
}

async fn wait(done: impl Fn() -> bool) {
    let bound = Instant::now() + Duration::from_secs(120);
    while !done() {
        assert!(Instant::now() < bound, "not there in 120 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
