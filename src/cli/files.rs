//! Files that documents are read from.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use super::Failure;
use crate::{api::types::File, check};

/// Reads `paths`: files, directories (their .yaml, .yml and .json files, in name order, not deeper)
/// and `-` for standard input.
///
/// # Errors
/// [`Failure`] names the path that cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::other(format!("cannot read standard input: {error}")))?;
            files.push(file("stdin", &bytes)?);
        } else if path.is_dir() {
            let listed = listed(path)?;
            if listed.is_empty() {
                let path = path.display();
                return Err(Failure::not_found(format!(
                    "{path} holds no .yaml, .yml or .json files"
                )));
            }
            for path in listed {
                files.push(one(&path)?);
            }
        } else {
            files.push(one(path)?);
        }
    }
    Ok(files)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder)
        .map_err(|error| Failure::other(format!("cannot read {}: {error}", folder.display())))?;
    let holds_documents = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("yaml" | "yml" | "json")) && path.is_file()
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(holds_documents)
        .collect();
    paths.sort();
    Ok(paths)
}

fn one(path: &Path) -> Result<File, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        let text = format!("cannot read {}: {error}", path.display());
        if error.kind() == std::io::ErrorKind::NotFound {
            Failure::not_found(text)
        } else {
            Failure::other(text)
        }
    })?;
    file(&path.to_string_lossy(), &bytes)
}

fn file(name: &str, bytes: &[u8]) -> Result<File, Failure> {
    let text = check::decode(Some(name), bytes)
        .map_err(|diagnostic| Failure::invalid(vec![*diagnostic], Vec::new()))?;
    Ok(File {
        name: name.to_owned(),
        text: text.to_owned(),
    })
}
