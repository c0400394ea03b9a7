//! The servers: netloft, and our own program on go-control-plane, built from `peers/`.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use netloft_integration::{
    binary,
    eventually::{SOON, eventually},
    netloft::Netloft,
    process::Process,
};
use tempfile::TempDir;

use crate::resources;

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Netloft,
    /// go-control-plane's snapshot cache.
    Snapshot,
    /// Its linear cache.
    Linear,
}

impl Side {
    pub(crate) const ALL: [Self; 3] = [Self::Netloft, Self::Snapshot, Self::Linear];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Netloft => "netloft",
            Self::Snapshot => "snapshot",
            Self::Linear => "linear",
        })
    }
}

/// A peer that runs. Dropped, it is killed.
pub(crate) struct Peer {
    process: Process,
    pub(crate) grpc: SocketAddr,
    pub(crate) control: SocketAddr,
    _folder: TempDir,
}

impl Peer {
    /// Starts one that serves what `netloft` does.
    pub(crate) async fn start(side: Side, netloft: &Netloft) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("world.bin");
        std::fs::write(&world, resources::of(netloft.grpc()).await).unwrap();
        let mut command = Command::new(program());
        command
            .arg("-world")
            .arg(&world)
            .args(["-cache", &side.to_string()]);
        let process = Process::start("peer", &mut command, &folder.path().join("log"));
        let ready = async || {
            let log = process.log();
            ready(&log).ok_or(log)
        };
        let (grpc, control) = eventually("the peer is ready", SOON, ready).await;
        Self {
            process,
            grpc,
            control,
            _folder: folder,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

/// The addresses in the line that a peer prints when it is ready.
fn ready(log: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line = log
        .lines()
        .find_map(|line| line.strip_prefix("peer ready grpc="))?;
    let (grpc, control) = line.split_once(" http=")?;
    Some((grpc.parse().ok()?, control.parse().ok()?))
}

/// Built by Go once for this run; modules are fetched by name.
fn program() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    let program = binary::tools_dir().join("xds-peer");
    let built = Command::new("go")
        .current_dir(source)
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .status()
        .expect("go runs: the peer is a Go program");
    assert!(built.success(), "the peer does not build");
    program
}
