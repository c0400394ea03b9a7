//! One world on each side in turn, measured by `netloft bench xds`.

use std::path::Path;

use netloft_integration::{
    binary, documents,
    netloft::{Netloft, run_program},
};
use serde_json::Value;

use crate::{
    side::{Peer, Side},
    world,
};

/// The address that stands for each change's own.
const MARK: &str = "10.77.100.100";

/// The report of each side.
pub(crate) type Sides = Vec<(Side, Value)>;

/// What is changed.
#[derive(Debug, Clone, Copy)]
enum Change {
    Endpoint,
    Route,
}

/// What is measured.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    services: usize,
    proxies: usize,
    change: Change,
    words: Vec<String>,
}

impl Run {
    pub(crate) fn new(services: usize, proxies: usize) -> Self {
        let run = Self {
            services,
            proxies,
            change: Change::Endpoint,
            words: Vec::new(),
        };
        run.with(&[
            "--proxies",
            &proxies.to_string(),
            "--sources",
            "4",
            "--timeout",
            "120",
        ])
    }

    fn with(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    pub(crate) fn sotw(self) -> Self {
        self.with(&["--dialect", "sotw"])
    }

    /// Changes of one endpoint.
    pub(crate) fn endpoint(mut self, times: u32) -> Self {
        self.change = Change::Endpoint;
        self.with(&["--changes", &times.to_string()])
    }

    /// Edits of one route.
    pub(crate) fn route(mut self, times: u32) -> Self {
        self.change = Change::Route;
        self.with(&["--changes", &times.to_string()])
    }

    pub(crate) fn rate(self, each_second: &str) -> Self {
        self.with(&["--rate", each_second])
    }

    pub(crate) fn idle(self, seconds: u32) -> Self {
        self.with(&["--idle", &seconds.to_string()])
    }

    pub(crate) fn reconnect(self) -> Self {
        self.with(&["--reconnect"])
    }

    /// The reports of `sides`, one after the other.
    pub(crate) async fn on(&self, sides: &[Side]) -> Sides {
        let mut reports = Vec::new();
        for side in sides {
            reports.push((*side, self.on_one(*side).await));
        }
        reports
    }

    async fn on_one(&self, side: Side) -> Value {
        let netloft = Netloft::start().await;
        let route = world::header("s-0", MARK);
        let mesh = [
            documents::sidecar(15_001),
            world::services(self.services),
            route.clone(),
        ];
        let path = netloft.write("mesh.yaml", &documents::file(&mesh));
        netloft.cli(&["apply", "-f", &path]).await.must_succeed();
        if side == Side::Netloft {
            let changed = match self.change {
                Change::Endpoint => world::service_at(0, MARK),
                Change::Route => route,
            };
            let file = netloft.write("change.yaml", &changed);
            let server = format!("http://{}", netloft.http());
            let words = ["--apply", &file, "--server", &server];
            return self
                .measured(&netloft.grpc().to_string(), netloft.process_id(), &words)
                .await;
        }
        let peer = Peer::start(side, &netloft).await;
        drop(netloft);
        let control = peer.control;
        let change = match self.change {
            Change::Endpoint => "endpoint",
            Change::Route => "route",
        };
        let change = format!("http://{control}/{change}?name=s-0.default:80&mark={MARK}");
        let collect = format!("http://{control}/collect");
        let words = ["--post", &change, "--collect", &collect];
        self.measured(&peer.grpc.to_string(), peer.id(), &words)
            .await
    }

    async fn measured(&self, grpc: &str, process: u32, more: &[&str]) -> Value {
        let process = process.to_string();
        let metadata = r#"{"netloft":{"namespace":"default","class":"sidecar"}}"#;
        let mut words = vec![
            "bench", "xds", "--grpc", grpc, "--pid", &process, "-o", "json",
        ];
        words.extend(["--node-metadata", metadata]);
        words.extend(self.words.iter().map(String::as_str));
        words.extend(more);
        let program: &Path = binary::netloft();
        let output = run_program(program, &words, &[]).await;
        if !output.stderr.is_empty() {
            println!(
                "  {} proxies, {} services: {}",
                self.proxies,
                self.services,
                output.stderr.trim_end()
            );
        }
        serde_json::from_str(&output.stdout).unwrap_or_default()
    }
}
