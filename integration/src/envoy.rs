//! A real Envoy, and what it tells of itself on its admin port.

mod stats;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use stats::Stats;

use crate::{
    binary,
    eventually::{SOON, ensure, eventually},
    http::{self, Failure},
    process::Process,
};

/// An Envoy of one worker. Dropped, it is killed.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    admin: SocketAddr,
    name: String,
    // Holds the bootstrap and the log.
    folder: TempDir,
}

impl Envoy {
    /// Starts one with `bootstrap` (YAML or JSON) as it is, but for its admin port, which is any.
    ///
    /// Returns when its admin port answers; nothing is said about its configuration then.
    ///
    /// # Panics
    /// When it ends before that, with its log.
    pub async fn start(name: &str, bootstrap: &str) -> Self {
        Self::start_with(name, bootstrap, &json!({})).await
    }

    /// Starts one with `overlay` (a part of a bootstrap) over `bootstrap`.
    ///
    /// # Panics
    /// When it ends before its admin port answers, with its log.
    pub async fn start_with(name: &str, bootstrap: &str, overlay: &Value) -> Self {
        Self::start_binary(binary::envoy(), name, bootstrap, overlay).await
    }

    /// Starts the Envoy `binary` as [`Self::start_with`] does.
    ///
    /// # Panics
    /// When it ends before its admin port answers, with its log.
    pub async fn start_binary(binary: &Path, name: &str, bootstrap: &str, overlay: &Value) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let config = folder.path().join("bootstrap.yaml");
        std::fs::write(&config, bootstrap).expect("the temporary folder can be written");
        let written = folder.path().join("admin");
        let mut overlay = overlay.clone();
        overlay["admin"] =
            json!({"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}});
        let mut command = Command::new(binary);
        command
            .args([
                "--concurrency",
                "1",
                "--disable-hot-restart",
                "--config-yaml",
                &overlay.to_string(),
            ])
            .arg("--config-path")
            .arg(&config)
            .arg("--admin-address-path")
            .arg(&written)
            .args([
                "--log-level",
                "warning",
                "--component-log-level",
                "config:info,upstream:info",
            ])
            .args(["--drain-time-s", "2"]);
        let mut process = Process::start(name, &mut command, &folder.path().join("log"));
        let admin = eventually(&format!("{name} opens its admin port"), SOON, || {
            process.must_run();
            let address = std::fs::read_to_string(&written).unwrap_or_default();
            async move { address.parse().map_err(|_| format!("it wrote {address:?}")) }
        })
        .await;
        Self {
            process,
            admin,
            name: name.to_owned(),
            folder,
        }
    }

    /// What it was called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its admin port is.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Its bootstrap file.
    #[must_use]
    pub fn bootstrap(&self) -> PathBuf {
        self.folder.path().join("bootstrap.yaml")
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits until `/ready` says LIVE: its first configuration is complete.
    ///
    /// # Panics
    /// When it is not within [`SOON`].
    pub async fn is_live(&self) {
        self.is_live_within(SOON).await;
    }

    /// Waits until `/ready` says LIVE.
    ///
    /// # Panics
    /// When it is not within `bound`.
    pub async fn is_live_within(&self, bound: Duration) {
        eventually(&format!("{} is live", self.name), bound, || async {
            let said = self.asked("/ready").await?;
            ensure(said.trim() == "LIVE", said).map_err(Failure::from)
        })
        .await;
    }

    /// What it answers at `path` of its admin port.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn asked(&self, path: &str) -> Result<String, Failure> {
        Ok(http::get(self.admin, path).await?.text())
    }

    /// Its counters and gauges, now.
    ///
    /// # Panics
    /// When its admin port does not answer.
    pub async fn stats(&self) -> Stats {
        Stats::parse(&self.must_say("/stats").await)
    }

    /// Its whole configuration, endpoints included.
    ///
    /// # Panics
    /// When its admin port does not answer.
    pub async fn config_dump(&self) -> Value {
        self.json("/config_dump?include_eds").await
    }

    /// Its clusters with their hosts.
    ///
    /// # Panics
    /// When its admin port does not answer.
    pub async fn clusters(&self) -> Value {
        self.json("/clusters?format=json").await
    }

    /// Its certificates.
    ///
    /// # Panics
    /// When its admin port does not answer.
    pub async fn certs(&self) -> Value {
        self.json("/certs").await
    }

    /// Waits until `holds` of its stats.
    ///
    /// # Panics
    /// When it does not within [`SOON`]; `what` was waited for.
    pub async fn until(&self, what: &str, holds: impl Fn(&Stats) -> bool) {
        eventually(&format!("{}: {what}", self.name), SOON, || async {
            let stats = self.stats().await;
            ensure(holds(&stats), format!("{:?}", stats.with("update")))
        })
        .await;
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    async fn json(&self, path: &str) -> Value {
        let text = self.must_say(path).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error} in {text}"))
    }

    async fn must_say(&self, path: &str) -> String {
        self.asked(path)
            .await
            .unwrap_or_else(|error| panic!("{} at {path}: {error}", self.name))
    }
}

/// Whether Envoy takes the file `bootstrap`; with what it says if not.
///
/// Envoy looks at static parts only: dynamic resources must be put inside first.
///
/// # Errors
/// Envoy's own words.
pub fn validate(bootstrap: &Path) -> Result<(), String> {
    let output = Command::new(binary::envoy())
        .args([
            "--mode",
            "validate",
            "--disable-hot-restart",
            "--log-level",
            "error",
        ])
        .arg("--config-path")
        .arg(bootstrap)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
