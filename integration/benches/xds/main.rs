//! The table of `docs/performance.md`: what netloft's xDS server costs beside go-control-plane's
//! two caches, on this machine: `cargo bench -p netloft-integration --bench xds`.
//!
//! Each section starts the servers one after the other with the same resources, lets `netloft bench
//! xds` measure each, and prints a row a figure: what, each side, the goal. Ratios come from one run,
//! against the better of the two caches. Nothing here fails a test: a missed goal is printed as
//! missed. Words on the command line choose sections by their names. Needs Go.

// A bench says what it expects by failing, and its figures by printing them.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout)]

mod resources;
mod run;
mod side;
mod table;
#[path = "../figures/world.rs"]
mod world;

use run::Run;
use side::Side;
use table::{Goal, figure, rows};

use Goal::{AtMost, Factor, Nothing};

/// A part of the table: its name, what it tells, and what prints it.
struct Section {
    name: &'static str,
    what: &'static str,
    run: fn() -> futures_util::future::BoxFuture<'static, ()>,
}

macro_rules! sections {
    ($($name:ident: $what:literal;)*) => {
        [$(Section { name: stringify!($name), what: $what, run: || Box::pin($name()) }),*]
    };
}

#[tokio::main]
async fn main() {
    let sections = sections! {
        change: "one endpoint change to 1,000 proxies, 100 services, delta";
        sotw: "the same, SotW";
        thousand: "1,000 proxies connect to 1,000 services; one endpoint change to them";
        large: "100 proxies, 100 and 10,000 services: one endpoint change";
        route: "one route edit, route configuration of 1,000 virtual hosts, to 1,000 proxies";
        rate: "20 and 100 endpoint changes a second, 1,000 proxies, 100 services";
        many: "10,000 proxies, 100 services: connecting, one change, nothing, coming back";
    };
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for Section { name, what, run } in sections {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("\n{name}: {what}");
            run().await;
        }
    }
}

async fn change() {
    let sides = Run::new(100, 1_000).endpoint(40).on(&Side::ALL).await;
    rows("us CPU a push", &sides, "/changes/cost/each", Factor(5.0));
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        AtMost(60.0),
    );
    rows(
        "KiB that a proxy adds",
        &sides,
        "/connect/memoryEach",
        AtMost(26.0),
    );
}

async fn sotw() {
    let sides = Run::new(100, 1_000)
        .sotw()
        .endpoint(40)
        .on(&Side::ALL)
        .await;
    rows("us CPU a push", &sides, "/changes/cost/each", Factor(5.0));
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        Nothing,
    );
}

async fn thousand() {
    let sides = Run::new(1_000, 1_000).endpoint(20).on(&Side::ALL).await;
    rows(
        "us CPU a proxy that connects",
        &sides,
        "/connect/cost/each",
        Factor(5.0),
    );
    rows(
        "ms until all have it",
        &sides,
        "/connect/untilLoaded/max",
        Nothing,
    );
    rows("us CPU a push", &sides, "/changes/cost/each", Factor(30.0));
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        AtMost(60.0),
    );
    rows(
        "KiB that a proxy adds",
        &sides,
        "/connect/memoryEach",
        AtMost(26.0),
    );
}

async fn large() {
    let base = Run::new(100, 100).endpoint(40).on(&[Side::Netloft]).await;
    let sides = Run::new(10_000, 100).endpoint(10).on(&Side::ALL).await;
    rows(
        "us CPU a push, 100 services",
        &base,
        "/changes/cost/each",
        Nothing,
    );
    rows(
        "us CPU a push, 10,000 services",
        &sides,
        "/changes/cost/each",
        Factor(300.0),
    );
    let at = |sides: &run::Sides| figure(&sides[0].1, "/changes/cost/each");
    if let (Some(large), Some(small)) = (at(&sides), at(&base)) {
        table::row(
            "times the cost at 100 services",
            &[(Side::Netloft, Some(large / small))],
            AtMost(1.5),
        );
    }
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        Nothing,
    );
    rows(
        "KiB that a proxy adds",
        &sides,
        "/connect/memoryEach",
        AtMost(26.0),
    );
}

async fn route() {
    let sides = Run::new(1_000, 1_000).route(20).on(&Side::ALL).await;
    rows("us CPU a push", &sides, "/changes/cost/each", Factor(2.0));
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        Nothing,
    );
}

async fn rate() {
    let sides = Run::new(100, 1_000)
        .endpoint(200)
        .rate("20")
        .on(&Side::ALL)
        .await;
    println!("  20 a second");
    rows("% of a core", &sides, "/changes/cost/percent", AtMost(60.0));
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        AtMost(100.0),
    );
    rows(
        "of 200,000 overtaken by a newer one",
        &sides,
        "/changes/overtaken",
        AtMost(0.0),
    );
    let sides = Run::new(100, 1_000)
        .endpoint(1_000)
        .rate("100")
        .on(&[Side::Netloft])
        .await;
    println!("  100 a second");
    rows("% of a core", &sides, "/changes/cost/percent", Nothing);
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        Nothing,
    );
    rows(
        "seconds for 10 s of changes",
        &sides,
        "/changes/seconds",
        AtMost(10.5),
    );
    rows(
        "of 1,000,000 overtaken by a newer one",
        &sides,
        "/changes/overtaken",
        Nothing,
    );
}

async fn many() {
    let run = Run::new(100, 10_000).endpoint(10).idle(10).reconnect();
    let sides = run.on(&Side::ALL).await;
    println!("  connecting");
    rows("us CPU a proxy", &sides, "/connect/cost/each", Factor(4.0));
    rows(
        "ms until all have it",
        &sides,
        "/connect/untilLoaded/max",
        AtMost(5_000.0),
    );
    rows(
        "KiB that a proxy adds",
        &sides,
        "/connect/memoryEach",
        AtMost(26.0),
    );
    println!("  one change");
    rows("us CPU a push", &sides, "/changes/cost/each", Factor(5.0));
    rows(
        "ms to a proxy, p99",
        &sides,
        "/changes/untilAcknowledged/p99",
        AtMost(600.0),
    );
    println!("  nothing");
    rows("% of a core", &sides, "/idle/cost/percent", AtMost(2.0));
    println!("  coming back");
    rows(
        "us CPU a proxy",
        &sides,
        "/reconnect/cost/each",
        Factor(4.0),
    );
    rows(
        "ms until all are back",
        &sides,
        "/reconnect/untilLoaded/max",
        AtMost(3_000.0),
    );
    let first = rows("bytes first", &sides, "/connect/bytesIn", Nothing);
    let again = rows("bytes then", &sides, "/reconnect/bytesIn", Nothing);
    if let (Some(first), Some(again)) = (first, again) {
        table::row(
            "% of the first bytes",
            &[(Side::Netloft, Some(again * 100.0 / first))],
            AtMost(5.0),
        );
    }
}
