//! Where a program of others is found: named, in the path, or installed by a test's own support.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::variable;

/// The program that the variable `named` of the environment names, or that `PATH` has as `program`;
/// none where there is neither. `check` says whether it is what it should be.
pub(super) fn given(
    named: &str,
    program: &str,
    check: impl Fn(&Path) -> Result<(), String>,
) -> Result<Option<PathBuf>, String> {
    if let Some(value) = variable(named) {
        let path = PathBuf::from(&value);
        return check(&path)
            .map(|()| Some(path))
            .map_err(|why| format!("{named}={value}: {why}"));
    }
    let path = variable("PATH").unwrap_or_default();
    let mut in_path = std::env::split_paths(&path).map(|folder| folder.join(program));
    match in_path.find(|candidate| candidate.is_file()) {
        Some(found) => check(&found)
            .map(|()| Some(found.clone()))
            .map_err(|why| format!("{} (in PATH): {why}", found.display())),
        None => Ok(None),
    }
}

/// Runs `command` to its end; an error tells what it said.
pub(super) fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}").replace('"', "");
    let output = command
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{shown}: {}\n{}", output.status, said.trim_end()))
}

/// Makes an empty virtual environment of Python at `home`, in the place of a half-made one that an
/// earlier run left when it was stopped.
pub(super) fn environment(home: &Path) -> Result<(), String> {
    if home.exists() {
        std::fs::remove_dir_all(home).map_err(|error| error.to_string())?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(home))
}
