//! Every way an Envoy can speak to netloft: {delta, SotW} x {one stream, separate ones} x {default,
//! unified mux}, and the oldest release. All at once, served by one netloft, through everything that
//! happens to a mesh.
//!
//! What warms never waits for a timer: resources say `initial_fetch_timeout: 0s`, so what does not
//! arrive would be waited for for ever.

use std::{net::TcpListener, path::PathBuf, time::Duration};

use netloft_integration::{
    backend::{BACKEND, Backend},
    binary::{self, OLDEST_ENVOY},
    documents::{file, route, service, service_speaking, workload},
    envoy::Envoy,
    eventually::{SOON, ensure, eventually},
    http::{Failure, get_host},
    load::Load,
    netloft::Netloft,
    ports::Port,
};
use serde_json::json;

/// How one Envoy speaks.
struct Row {
    dialect: &'static str,
    streams: &'static str,
    unified: bool,
    oldest: bool,
}

const fn row(dialect: &'static str, streams: &'static str, unified: bool, oldest: bool) -> Row {
    Row {
        dialect,
        streams,
        unified,
        oldest,
    }
}

const ROWS: [Row; 10] = [
    row("delta", "aggregated", false, false),
    row("delta", "aggregated", true, false),
    row("delta", "separate", false, false),
    row("delta", "separate", true, false),
    row("sotw", "aggregated", false, false),
    row("sotw", "aggregated", true, false),
    row("sotw", "separate", false, false),
    row("sotw", "separate", true, false),
    row("delta", "aggregated", false, true),
    row("sotw", "aggregated", false, true),
];

/// A row that runs.
struct Seat {
    row: &'static Row,
    class: String,
    port: Port,
    envoy: Envoy,
}

impl Row {
    fn name(&self) -> String {
        let mux = if self.unified { "unified" } else { "default" };
        let release = if self.oldest { OLDEST_ENVOY } else { "current" };
        format!("{}-{}-{mux}-{release}", self.dialect, self.streams).replace('.', "-")
    }

    fn binary(&self) -> PathBuf {
        if self.oldest {
            binary::oldest_envoy()
        } else {
            binary::envoy().to_owned()
        }
    }

    /// The class of this row alone, listening on `port`.
    fn class(&self, port: u16) -> String {
        let streams = match self.streams {
            "separate" => format!(", separateStreams: {{dialect: {}}}", self.dialect),
            _ => String::new(),
        };
        format!(
            "apiVersion: netloft.dev/v1\n\
             kind: ProxyClass\n\
             metadata: {{name: {}}}\n\
             spec: {{role: sidecar, listen: {{port: {port}}}{streams}}}\n",
            self.name()
        )
    }

    async fn start(&self, netloft: &Netloft) -> Envoy {
        let name = self.name();
        let words = [
            "--class",
            &name,
            "--dialect",
            self.dialect,
            "--streams",
            self.streams,
        ];
        let bootstrap = netloft.bootstrap(&name, &words).await;
        let mux = json!({"layered_runtime": {"layers": [{
            "name": "mux",
            "static_layer": {"envoy.reloadable_features.unified_mux": self.unified},
        }]}});
        Envoy::start_binary(&self.binary(), &name, &bootstrap, &mux).await
    }
}

impl Seat {
    async fn is_answered_by(&self, host: &str, backend: &str) {
        let what = format!("{} sends {host} to {backend}", self.class);
        eventually(&what, SOON, || async {
            let answer = get_host(self.port.address(), host, "/").await?;
            let found = format!("{} {}", answer.status, answer.header(BACKEND));
            ensure(found == format!("200 OK {backend}"), found).map_err(Failure::from)
        })
        .await;
    }

    async fn warms_nothing(&self) {
        let what = "no cluster warms";
        let warming = "cluster_manager.warming_clusters";
        self.envoy
            .until(what, |stats| stats.get(warming) == 0)
            .await;
    }
}

#[tokio::test]
async fn every_way_of_speaking_goes_through_everything() {
    let (first, second) = (
        Backend::start("first").await,
        Backend::start("second").await,
    );
    let mut netloft = Netloft::start().await;
    let ports: Vec<Port> = ROWS.iter().map(|_| Port::reserve()).collect();
    let mut documents: Vec<String> = ROWS
        .iter()
        .zip(&ports)
        .map(|(row, port)| row.class(port.number()))
        .collect();
    documents.extend([
        service("web"),
        service("one"),
        workload("one", "one", "v1", first.port()),
        route("web", "web", &["one"]),
    ]);
    netloft.apply(&file(&documents)).await;

    // Boot.
    let mut seats = Vec::new();
    for (row, port) in ROWS.iter().zip(ports) {
        let (class, envoy) = (row.name(), row.start(&netloft).await);
        seats.push(Seat {
            row,
            class,
            port,
            envoy,
        });
    }
    for seat in &seats {
        seat.envoy.is_live().await;
        seat.is_answered_by("web", "first").await;
    }

    // Only a cluster changes; its endpoints do not.
    netloft.apply(&service_speaking("http2", "one")).await;
    for seat in &seats {
        let dump = "the cluster has changed";
        eventually(dump, SOON, || async {
            let dump = seat.envoy.config_dump().await.to_string();
            ensure(dump.contains("explicit_http_config"), "not yet")
        })
        .await;
        seat.warms_nothing().await;
        seat.is_answered_by("web", "first").await;
    }

    // A cluster of which nothing runs.
    netloft
        .apply(&file(&[
            service("empty"),
            route("web-empty", "empty", &["empty"]),
        ]))
        .await;
    for seat in &seats {
        eventually("the empty service is known", SOON, || async {
            let answer = get_host(seat.port.address(), "empty", "/").await?;
            ensure(answer.status == 503, answer.status.to_string()).map_err(Failure::from)
        })
        .await;
        seat.warms_nothing().await;
    }

    // What each of them rejects: a listener on a port that is taken.
    let taken = Port::reserve();
    let holder = TcpListener::bind(taken.address());
    let moved: Vec<_> = ROWS.iter().map(|row| row.class(taken.number())).collect();
    netloft.apply(&file(&moved)).await;
    for seat in &seats {
        let proxy = netloft.proxy_is(&seat.class, "rejected").await;
        assert!(
            proxy.to_string().contains("Address already in use"),
            "{proxy:#}"
        );
        seat.is_answered_by("web", "first").await;
    }
    netloft.apply(&file(&documents[..ROWS.len()])).await;
    for seat in &seats {
        netloft.proxy_is(&seat.class, "synced").await;
    }
    drop(holder);

    // The control plane goes and comes back.
    netloft.restart().await;
    for seat in &seats {
        netloft.proxy_is(&seat.class, "synced").await;
        seat.is_answered_by("web", "first").await;
    }

    // A route moves to a new service, and back to another, under load.
    let mut loads = Vec::new();
    for seat in &seats {
        // Separate streams keep no order among types: nothing is promised but the end.
        if seat.row.streams == "aggregated" {
            let load = Load::of(seat.port.address(), "web");
            loads.push(load.start(&[&seat.envoy]).await);
        }
    }
    let moves = [("two", &second), ("three", &first)];
    for (name, backend) in moves {
        netloft
            .apply(&file(&[
                service(name),
                workload(name, name, "v1", backend.port()),
                route("web", "web", &[name]),
            ]))
            .await;
        let answers = if backend.port() == second.port() {
            "second"
        } else {
            "first"
        };
        for seat in &seats {
            seat.is_answered_by("web", answers).await;
        }
    }
    for load in loads {
        load.for_another(Duration::from_millis(200)).await;
        load.stop().await.must_have_none_failed();
    }
}
