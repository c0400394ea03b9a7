//! Which crate of the workspace may depend on which.

use std::{collections::BTreeMap, path::Path, process::Command};

use super::Table;

/// Each crate of the workspace with those of the same workspace it depends on, in any way.
pub type Dependencies = BTreeMap<String, Vec<String>>;

/// Asks cargo for the workspace at `root`.
///
/// # Errors
/// What cargo says when it fails, or an answer that is not its JSON.
pub fn workspace(root: &Path) -> Result<Dependencies, String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let names = |list: &serde_json::Value| -> Vec<String> {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .filter_map(|one| Some(one.get("name")?.as_str()?.to_owned()))
            .collect()
    };
    let packages = &metadata["packages"];
    let ours = names(packages);
    let packages = packages.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(packages
        .iter()
        .filter_map(|package| {
            let mut needs = names(&package["dependencies"]);
            needs.retain(|name| ours.contains(name));
            Some((package["name"].as_str()?.to_owned(), needs))
        })
        .collect())
}

/// Dependencies that go against `table`, and crates without a row in it.
#[must_use]
pub fn crate_arrows(table: &Table, crates: &Dependencies) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, needs) in crates {
        if !table.has(name) {
            broken.push(format!("crate {name} has no row in the table"));
        }
        for need in needs {
            if !table.allows(name, std::slice::from_ref(need), false) {
                broken.push(format!("crate {name} depends on {need}"));
            }
        }
    }
    broken
}
