//! The figures of `docs/performance.md`, measured on this machine: `cargo bench -p netloft-integration`.
//!
//! Each section starts its own netloft (release build), says its conditions, and prints one line a
//! figure: what, how much, the goal. Ratios come from one run. Nothing here fails a test: a missed
//! goal is printed as missed.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use netloft_integration::{
    Envoy, Netloft, http,
    sim::{Heard, SimulatedProxy},
    world,
};
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

/// From the answer to the commit until Envoy answers by the new route.
async fn route_latency() {
    const EDITS: usize = 200;
    let netloft = Netloft::release().start().await;
    netloft.apply(&world::services(1)).await;
    let envoy = Envoy::of(&netloft, "bench").start().await;
    let client = http::Client::new(envoy.outbound());

    let mut from_answer = Vec::with_capacity(EDITS);
    let mut from_request = Vec::with_capacity(EDITS);
    for edit in 0..EDITS {
        let host = format!("r{edit}.test");
        let asked = Instant::now();
        netloft.apply(&world::redirect("s-0", &host)).await;
        let committed = Instant::now();
        let bound = committed + Duration::from_secs(10);
        loop {
            let location = client.get("/", "s-0.default").await.header("location");
            if location.is_some_and(|location| location.contains(&host)) {
                break;
            }
            assert!(Instant::now() < bound, "edit {edit} did not arrive in 10 s");
        }
        from_answer.push(committed.elapsed());
        from_request.push(asked.elapsed());
    }
    println!("\nroute edit, 1 Envoy, 1 service, {EDITS} edits one after the other");
    figure(
        "committed -> Envoy serves it, p99",
        ms(percentile(&mut from_answer, 99)),
        Some((50.0, "ms")),
    );
    figure(
        "committed -> Envoy serves it, p50",
        ms(percentile(&mut from_answer, 50)),
        None,
    );
    figure(
        "request sent -> Envoy serves it, p99",
        ms(percentile(&mut from_request, 99)),
        None,
    );
}

/// 10,000 services in one transaction; memory with them; cold start from them.
async fn apply_and_restart() {
    const SERVICES: usize = 10_000;
    let text = world::services(SERVICES);
    println!(
        "\n{SERVICES} services of 3 endpoints, one transaction, {:.1} MB of YAML",
        mb(text.len() as u64)
    );
    let mut applied = Vec::new();
    for _ in 0..3 {
        let netloft = Netloft::release().start().await;
        let begin = Instant::now();
        netloft.apply(&text).await;
        applied.push(begin.elapsed());
    }
    figure(
        "apply, median of 3",
        ms(percentile(&mut applied, 50)),
        Some((2_000.0, "ms")),
    );

    let netloft = Netloft::release().start().await;
    netloft.apply(&text).await;
    let proxy = SimulatedProxy::connect(channel(netloft.grpc()).await, 0, "default", None)
        .await
        .unwrap();
    wait(|| {
        proxy
            .seen
            .assignments
            .load(std::sync::atomic::Ordering::Relaxed)
            >= SERVICES as u64
    })
    .await;
    figure(
        "resident memory with them and one proxy",
        mb(netloft.resident_bytes()),
        Some((300.0, "MB")),
    );

    let mut starts = Vec::new();
    let mut netloft = netloft;
    for _ in 0..3 {
        netloft = netloft.kill();
        let begin = Instant::now();
        netloft = netloft.restart().await;
        starts.push(begin.elapsed());
    }
    figure(
        "cold start to ready, median of 3",
        ms(percentile(&mut starts, 50)),
        Some((3_000.0, "ms")),
    );
    figure(
        "resident memory after a restart",
        mb(netloft.resident_bytes()),
        None,
    );
}

/// One endpoint change at three sizes of mesh, side by side.
async fn endpoint_change() {
    const PROXIES: usize = 100;
    const CHANGES: u16 = 40;
    println!(
        "\none endpoint change, {PROXIES} simulated proxies (delta, all services), {CHANGES} changes each"
    );
    let mut first: Option<(f64, f64)> = None;
    for services in [100, 1_000, 10_000] {
        let netloft = Netloft::release().start().await;
        netloft.apply(&world::services(services)).await;
        let (heard, mut hears) = mpsc::unbounded_channel();
        let proxies = connect(netloft.grpc(), PROXIES, Some(heard)).await;
        let all = (services * PROXIES) as u64;
        wait(|| assignments(&proxies) >= all).await;
        while hears.try_recv().is_ok() {}

        let mut until_all = Vec::new();
        let cpu = netloft.cpu();
        for change in 1..=CHANGES {
            let text = world::service_moved(usize::from(change) % services, change);
            let begin = Instant::now();
            netloft.apply(&text).await;
            let mut told = 0;
            let mut last = begin;
            while told < PROXIES {
                let Some((_, ty, _, at)) = hears.recv().await else {
                    panic!("the proxies are gone")
                };
                if ty == ENDPOINTS {
                    told += 1;
                    last = last.max(at);
                }
            }
            until_all.push(last - begin);
        }
        let cpu = (netloft.cpu() - cpu).as_secs_f64() * 1e6 / f64::from(CHANGES) / PROXIES as f64;
        let p50 = ms(percentile(&mut until_all, 50));
        let (base_cpu, base_p50) = *first.get_or_insert((cpu, p50));
        println!("  {services} services");
        figure("  apply sent -> all proxies have it, p50", p50, None);
        figure("  server CPU a push, us (apply included)", cpu, None);
        figure(
            "  p50 against 100 services",
            p50 / base_p50,
            Some((1.5, "x")),
        );
        figure(
            "  CPU against 100 services",
            cpu / base_cpu,
            Some((1.5, "x")),
        );
    }
}

/// What a connected proxy adds to the process.
async fn proxy_memory() {
    const PROXIES: usize = 500;
    println!(
        "\nmemory a connected proxy adds, {PROXIES} simulated proxies (delta, all services, a connection each)"
    );
    let mut first = None;
    for services in [100, 10_000] {
        let netloft = Netloft::release().start().await;
        netloft.apply(&world::services(services)).await;
        // The first proxies open the scope and fill what all of them share.
        let warm = connect(netloft.grpc(), 10, None).await;
        wait(|| assignments(&warm) >= (services * 10) as u64).await;
        let before = netloft.resident_bytes();
        let mut proxies = Vec::new();
        // In groups: ten thousand services at five hundred clients at once measure the client's memory.
        for group in 0..PROXIES / 50 {
            let more = connect_from(netloft.grpc(), 10 + group * 50, 50, None).await;
            wait(|| assignments(&more) >= (services * 50) as u64).await;
            proxies.extend(more);
        }
        let added =
            netloft.resident_bytes().saturating_sub(before) as f64 / 1024.0 / PROXIES as f64;
        let base = *first.get_or_insert(added);
        figure(&format!("KiB a proxy at {services} services"), added, None);
        figure("against 100 services", added / base, Some((1.1, "x")));
    }
}

async fn connect(grpc: SocketAddr, proxies: usize, heard: Option<Heard>) -> Vec<SimulatedProxy> {
    connect_from(grpc, 0, proxies, heard).await
}

async fn connect_from(
    grpc: SocketAddr,
    first: usize,
    proxies: usize,
    heard: Option<Heard>,
) -> Vec<SimulatedProxy> {
    let mut connected = Vec::with_capacity(proxies);
    for number in first..first + proxies {
        let channel = channel(grpc).await;
        connected.push(
            SimulatedProxy::connect(channel, number, "default", heard.clone())
                .await
                .unwrap(),
        );
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
        .map(|proxy| {
            proxy
                .seen
                .assignments
                .load(std::sync::atomic::Ordering::Relaxed)
        })
        .sum()
}

async fn wait(done: impl Fn() -> bool) {
    let bound = Instant::now() + Duration::from_secs(120);
    while !done() {
        assert!(Instant::now() < bound, "not there in 120 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn figure(what: &str, value: f64, goal: Option<(f64, &str)>) {
    match goal {
        Some((goal, unit)) => {
            let verdict = if value <= goal { "met" } else { "MISSED" };
            println!("  {what:<46} {value:>10.2} {unit:<3} goal <= {goal} {unit}: {verdict}");
        }
        None => println!("  {what:<46} {value:>10.2}"),
    }
}

fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
