//! The `netloft` binary, built once into the folder the tests themselves are in.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{alone, profile_dir, root, variable};

/// The binary under test, as new as the source; or the one that `NETLOFT_BINARY` names, so that
/// one build can be measured against another.
///
/// # Panics
/// When it does not build; with what the compiler said.
#[must_use]
pub fn netloft() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| match variable("NETLOFT_BINARY") {
        Some(path) => path.into(),
        None => alone("netloft", build),
    })
}

fn build() -> PathBuf {
    let folder = profile_dir();
    let target = folder.parent().expect("PROFILE lies in the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    // Selects what `cargo test` does: all packages, and with one test their test dependencies too.
    // Otherwise every dependency would be built a second time, with other features.
    cargo.args(["build", "--quiet", "--bin", "netloft", "--test", "terminal"]);
    cargo.arg("--target-dir").arg(target);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let output = cargo
        .current_dir(root())
        .output()
        .expect("cargo runs, it runs this test");
    assert!(
        output.status.success(),
        "netloft does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder.join("netloft")
}
