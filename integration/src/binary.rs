//! The programs under test, found or made once: Envoy and netloft itself.
//!
//! Test processes run side by side, so whatever is installed or built is so under a file lock.

mod envoy;
mod grpc;
mod install;
mod kubernetes;
mod netloft;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

pub use envoy::{ENVOY_VERSION, OLDEST_ENVOY, envoy, oldest_envoy};
pub use grpc::{go_caller, node_grpc, programs, python_grpc};
pub use kubernetes::{kubectl, python_client};
pub use netloft::netloft;

/// The root of the source tree.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where cargo built this test: `target/debug`, wherever `CARGO_TARGET_DIR` put it.
#[must_use]
pub fn profile_dir() -> PathBuf {
    let this = std::env::current_exe().expect("a running test knows its own path");
    let deps = this.parent().expect("a test lies in a folder");
    deps.parent().expect("tests lie in PROFILE/deps").to_owned()
}

/// What tests install and keep: `target/tools`.
#[must_use]
pub fn tools_dir() -> PathBuf {
    let tools = profile_dir()
        .parent()
        .expect("PROFILE lies in the target folder")
        .join("tools");
    fs::create_dir_all(&tools).expect("the target folder can be written");
    tools
}

/// Runs `work` while no other test process does the same; `name` says what.
fn alone<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let path = tools_dir().join(format!("{name}.lock"));
    let lock = File::create(&path).expect("a lock file can be made in target/tools");
    lock.lock().expect("a lock file can be locked");
    work()
}

/// Whether tests must not leave anything out.
#[must_use]
pub fn in_ci() -> bool {
    variable("CI").is_some()
}

/// Whether `PATH` has `program`.
#[must_use]
pub fn is_in_path(program: &str) -> bool {
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A variable of the environment; `None` when it is not set or empty.
#[allow(clippy::disallowed_methods)] // Tests have no command line of their own to take it from.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
