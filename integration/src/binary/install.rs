//! Where a program of others is found: named, in the path, or installed by a test's own support.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::variable;

/// The program that the variable `named` of the environment names; none where it is not set.
/// `works` says whether it runs: which one it is, is for whoever names it to know.
pub(super) fn named(
    named: &str,
    works: impl Fn(&Path) -> Result<(), String>,
) -> Result<Option<PathBuf>, String> {
    let Some(value) = variable(named) else {
        return Ok(None);
    };
    let path = PathBuf::from(&value);
    match works(&path) {
        Ok(()) => Ok(Some(path)),
        Err(why) => Err(format!("{named}={value}: {why}")),
    }
}

/// The first `program` in `PATH` that `fits`. Others are passed over, aloud.
pub(super) fn in_path(
    program: &str,
    fits: impl Fn(&Path) -> Result<(), String>,
) -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    first(
        &std::env::split_paths(&path).collect::<Vec<_>>(),
        program,
        fits,
    )
}

fn first(
    folders: &[PathBuf],
    program: &str,
    fits: impl Fn(&Path) -> Result<(), String>,
) -> Option<PathBuf> {
    let there = folders.iter().map(|folder| folder.join(program));
    there.filter(|found| found.is_file()).find(|found| {
        let fits = fits(found);
        if let Err(why) = &fits {
            eprintln!("{} (in PATH) is passed over: {why}", found.display());
        }
        fits.is_ok()
    })
}

/// Runs `command` to its end; an error tells what it said.
pub(super) fn run(command: &mut Command) -> Result<(), String> {
    said(command).map(drop)
}

/// The same, and what it wrote.
pub(super) fn said(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}").replace('"', "");
    let output = command
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_the_path_that_does_not_fit_is_passed_over_for_one_that_does() {
        let home = tempfile::tempdir().unwrap();
        let folders = ["none", "other", "right", "last"].map(|name| home.path().join(name));
        for folder in &folders {
            std::fs::create_dir(folder).unwrap();
        }
        for folder in &folders[1..] {
            std::fs::write(folder.join("envoy"), "").unwrap();
        }
        let fits = |path: &Path| match path.starts_with(&folders[1]) {
            true => Err("it is another version".to_owned()),
            false => Ok(()),
        };
        let found = first(&folders, "envoy", fits);
        assert_eq!(found, Some(folders[2].join("envoy")));
        assert_eq!(first(&folders[..2], "envoy", fits), None);
    }
}
