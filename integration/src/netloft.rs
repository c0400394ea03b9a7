//! The product, run as a user runs it: the server as a process, and its command line.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    binary,
    envoy::Envoy,
    eventually::{SOON, eventually},
    http::{self, Answer, Failure},
    ports::Port,
    process::Process,
};

/// A running `netloft up` on ports and data of its own. Dropped, it is killed.
#[derive(Debug)]
pub struct Netloft {
    process: Process,
    http: SocketAddr,
    grpc: SocketAddr,
    options: Vec<String>,
    folder: TempDir,
    // Kept over a restart, when nothing listens there.
    _ports: (Port, Port),
}

impl Netloft {
    /// Starts one with an empty store and waits until it says that it is ready.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with further `options` of `netloft up`.
    ///
    /// # Panics
    /// When it ends before it is ready, with its log.
    pub async fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let ports = (Port::reserve(), Port::reserve());
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (http, grpc) = (ports.0.address(), ports.1.address());
        let process = up(folder.path(), http, grpc, &options);
        let mut netloft = Self {
            process,
            http,
            grpc,
            options,
            folder,
            _ports: ports,
        };
        netloft.is_ready(1).await;
        netloft
    }

    /// Where REST and the dashboard are.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where xDS is.
    #[must_use]
    pub fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// A folder of this netloft's, beside its data.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its `--data-dir`.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its process id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote so far, over all restarts.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills it as `kill -9` does. Its data and its ports stay reserved for [`Self::restart`].
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same data and ports, and waits until it is ready.
    pub async fn restart(&mut self) {
        self.process.kill();
        let starts = ready_lines(&self.log()).len();
        self.process = up(self.folder.path(), self.http, self.grpc, &self.options);
        self.is_ready(starts + 1).await;
    }

    /// Starts it again as [`Self::restart`] does, on a disk that is as good as full: no file of it
    /// may grow beyond `kib` KiB.
    pub async fn restart_with_files_up_to(&mut self, kib: u64) {
        self.process.kill();
        let starts = ready_lines(&self.log()).len();
        let up = up_command(self.folder.path(), self.http, self.grpc, &self.options);
        let mut limited = Command::new("bash");
        // Without the trap the system ends a process that meets the limit.
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\"");
        limited
            .args(["-c", &script, "bash"])
            .arg(up.get_program())
            .args(up.get_args());
        self.process = Process::start("netloft", &mut limited, &self.folder.path().join("log"));
        self.is_ready(starts + 1).await;
    }

    /// The largest file under [`Self::data_dir`], in KiB.
    #[must_use]
    pub fn largest_file(&self) -> u64 {
        largest(&self.data_dir()) / 1024
    }

    /// Asks it to end and tells how it did.
    pub async fn stop(&mut self) -> ExitStatus {
        self.process.stop(SOON).await
    }

    /// Runs `netloft WORDS` against this server.
    pub async fn cli(&self, words: &[&str]) -> Output {
        let server = format!("http://{}", self.http);
        run(words, &[("NETLOFT_SERVER", &server)]).await
    }

    /// Applies `documents` (YAML) and fails the test unless it is taken.
    pub async fn apply(&self, documents: &str) -> Output {
        let file = self.write("applied.yaml", documents);
        self.cli(&["apply", "-f", &file]).await.must_succeed()
    }

    /// Writes a file into [`Self::folder`]; returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the temporary folder can be written");
        path.to_string_lossy().into_owned()
    }

    /// An answer of its REST API.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        http::get(self.http, path).await
    }

    /// What `netloft ps` tells of the proxy called `name`; null when it is not known.
    pub async fn proxy(&self, name: &str) -> Value {
        let told = self.cli(&["ps", "-o", "json"]).await.must_succeed().stdout;
        let told: Value = serde_json::from_str(&told).expect("it tells JSON");
        let proxies = told["proxies"].as_array().cloned().unwrap_or_default();
        proxies
            .into_iter()
            .find(|proxy| proxy["name"] == name)
            .unwrap_or_default()
    }

    /// Waits until the proxy called `name` is in `state`: synced, pending, rejected or offline.
    ///
    /// # Panics
    /// When it is not within [`SOON`], with what is told of it.
    pub async fn proxy_is(&self, name: &str, state: &str) -> Value {
        eventually(&format!("{name} is {state}"), SOON, || async {
            let proxy = self.proxy(name).await;
            if proxy["state"] == state {
                Ok(proxy)
            } else {
                Err(proxy.to_string())
            }
        })
        .await
    }

    /// The bootstrap for a proxy called `name`, as `netloft bootstrap` writes it.
    pub async fn bootstrap(&self, name: &str, options: &[&str]) -> String {
        let words = [&["bootstrap", name], options].concat();
        self.cli(&words).await.must_succeed().stdout
    }

    /// Starts an Envoy with the bootstrap that `netloft bootstrap NAME OPTIONS` writes.
    pub async fn envoy(&self, name: &str, options: &[&str]) -> Envoy {
        Envoy::start(name, &self.bootstrap(name, options).await).await
    }

    async fn is_ready(&mut self, starts: usize) {
        let process = &mut self.process;
        let (http, grpc) = eventually("netloft is ready", SOON, || {
            process.must_run();
            let log = process.log();
            async move {
                ready_lines(&log)
                    .get(starts - 1)
                    .copied()
                    .ok_or("it has not said so")
            }
        })
        .await;
        assert_eq!(
            (http, grpc),
            (self.http, self.grpc),
            "it listens where it was told to"
        );
    }
}

fn up(folder: &Path, http: SocketAddr, grpc: SocketAddr, options: &[String]) -> Process {
    let mut command = up_command(folder, http, grpc, options);
    Process::start("netloft", &mut command, &folder.join("log"))
}

fn up_command(folder: &Path, http: SocketAddr, grpc: SocketAddr, options: &[String]) -> Command {
    let mut command = Command::new(binary::netloft());
    command
        .arg("up")
        .arg("--data-dir")
        .arg(folder.join("data"))
        .args(["--http", &http.to_string(), "--grpc", &grpc.to_string()])
        .args(options);
    command
}

fn largest(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the data can be listed");
    let sizes = entries.map(|entry| {
        let entry = entry.expect("the data can be listed");
        let metadata = entry.metadata().expect("a file has a size");
        if metadata.is_dir() {
            largest(&entry.path())
        } else {
            metadata.len()
        }
    });
    sizes.max().unwrap_or_default()
}

/// The addresses in each `netloft ready http=ADDRESS grpc=ADDRESS`.
fn ready_lines(log: &str) -> Vec<(SocketAddr, SocketAddr)> {
    log.lines()
        .filter_map(|line| {
            let rest = line.strip_prefix("netloft ready ")?;
            let mut words = rest.split_whitespace();
            let http = words.next()?.strip_prefix("http=")?.parse().ok()?;
            let grpc = words.next()?.strip_prefix("grpc=")?.parse().ok()?;
            Some((http, grpc))
        })
        .collect()
}

/// How a verb of the command line ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// The words it was called with.
    pub words: String,
    /// What it wrote for the user to use.
    pub stdout: String,
    /// What it wrote for the user to know.
    pub stderr: String,
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
}

impl Output {
    /// Fails the test unless the exit code is 0.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn must_succeed(self) -> Self {
        self.must_exit_with(0)
    }

    /// Fails the test unless the exit code is `code`.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn must_exit_with(self, code: i32) -> Self {
        let Self {
            words,
            stdout,
            stderr,
            code: found,
        } = &self;
        assert_eq!(
            *found, code,
            "{words}\n-- stdout --\n{stdout}\n-- stderr --\n{stderr}"
        );
        self
    }
}

/// Longest that any verb may take in a test.
const VERB_BOUND: Duration = Duration::from_secs(60);

/// Runs `netloft WORDS` with further `variables` in the environment.
///
/// # Panics
/// When it does not end within a minute.
pub async fn run(words: &[&str], variables: &[(&str, &str)]) -> Output {
    run_program(binary::netloft(), words, variables).await
}

/// Runs `program` with further `variables` in the environment.
///
/// # Panics
/// When it does not end within a minute.
pub async fn run_program(program: &Path, words: &[&str], variables: &[(&str, &str)]) -> Output {
    let running = tokio::process::Command::new(program)
        .args(words)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let words = format!("{name} {}", words.join(" "));
    let output = tokio::time::timeout(VERB_BOUND, running)
        .await
        .unwrap_or_else(|_| panic!("{words}: still runs after {VERB_BOUND:?}"))
        .unwrap_or_else(|error| panic!("{words}: {error}"));
    Output {
        words,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}
