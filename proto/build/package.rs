//! Where the package of a dependency lies.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

type Error = Box<dyn std::error::Error>;

/// A dependency of this crate, as this build uses it.
pub(crate) struct Package {
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// The lock file that chose its version, where there is one.
    pub(crate) lock_file: Option<PathBuf>,
}

impl Package {
    /// Asks cargo: only it knows about registries, vendoring and patches.
    pub(crate) fn find(name: &str) -> Result<Self, Error> {
        let metadata = metadata()?;
        let packages = list(&metadata["packages"]);
        let nodes = list(&metadata["resolve"]["nodes"]);
        let own = packages
            .iter()
            .find(|package| package["name"] == env!("CARGO_PKG_NAME"));
        let own = own.ok_or("cargo metadata does not list this package")?;
        // Through the dependencies of this very package: a workspace may hold several versions.
        let node = nodes.iter().find(|node| node["id"] == own["id"]);
        let found = node
            .into_iter()
            .flat_map(|node| list(&node["dependencies"]))
            .filter_map(|id| packages.iter().find(|package| package["id"] == *id))
            .find(|package| package["name"] == *name)
            .and_then(|package| package["manifest_path"].as_str())
            .and_then(|manifest| Path::new(manifest).parent())
            .ok_or_else(|| format!("cargo metadata lists no dependency on {name}"))?;
        let lock_file = metadata["workspace_root"]
            .as_str()
            .map(|root| Path::new(root).join("Cargo.lock"))
            .filter(|lock| lock.exists());
        Ok(Self {
            folder: found.to_owned(),
            lock_file,
        })
    }
}

/// The metadata of this build's target alone, since cargo has not fetched other targets' packages.
///
/// Everything is there already where this workspace is the one that is built. As a dependency of
/// another, this workspace may name packages that were not fetched, or have no lock file.
fn metadata() -> Result<Value, Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets no CARGO_MANIFEST_DIR")?;
    let manifest = Path::new(&folder).join("Cargo.toml");
    let target = env::var_os("TARGET").ok_or("cargo sets no TARGET")?;
    let mut why = String::new();
    for flags in [&["--locked", "--offline"][..], &["--locked"], &[]] {
        let output = Command::new(&cargo)
            .args(["metadata", "--format-version=1", "--filter-platform"])
            .arg(&target)
            .arg("--manifest-path")
            .arg(&manifest)
            .args(flags)
            .output()?;
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout)?);
        }
        why = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    Err(format!("`cargo metadata` failed: {why}").into())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
