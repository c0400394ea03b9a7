//! Compiles Envoy's descriptors from the .proto files that the crate envoy-types ships in its
//! package, so that messages and descriptors are always of the same version.
//!
//! One compiler a file, then merged: one compiler for all files resolves some relative names
//! wrongly. No `protoc` is needed.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use protox::{
    Compiler,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver},
};

type Error = Box<dyn std::error::Error>;

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells build scripts everything by the environment"
)]
fn var(name: &str) -> Result<String, env::VarError> {
    env::var(name)
}

fn main() -> Result<(), Error> {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_DESCRIPTORS").is_none() {
        return Ok(());
    }
    let sources = envoy_types()?.join("proto");
    println!("cargo:rerun-if-changed={}", sources.display());

    let roots = include_roots(&sources)?;
    let mut files = BTreeMap::new();
    for root in &roots {
        for file in proto_files(root)? {
            compile(&file, &roots, &mut files)?;
        }
    }
    let set = FileDescriptorSet {
        file: dependencies_first(files),
    };
    let out = PathBuf::from(var("OUT_DIR")?).join("envoy.descriptors");
    fs::write(out, set.encode_to_vec())?;
    Ok(())
}

/// Where the package envoy-types of this build lies.
fn envoy_types() -> Result<PathBuf, Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = PathBuf::from(var("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--filter-platform"])
        .arg(var("TARGET")?)
        .arg("--manifest-path")
        .arg(manifest)
        .output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(
            format!("`cargo metadata` failed, so envoy-types cannot be found: {why}").into(),
        );
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    let manifest = packages
        .iter()
        .find(|package| package["name"] == "envoy-types")
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or("cargo metadata does not list envoy-types")?;
    Ok(Path::new(manifest)
        .parent()
        .ok_or("a manifest without a folder")?
        .to_owned())
}

/// The folders that imports are relative to.
fn include_roots(sources: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut roots = Vec::new();
    for entry in fs::read_dir(sources)? {
        let root = entry?.path();
        // Its files import each other from one folder further down.
        let nested = root.join("proto");
        roots.push(if nested.is_dir() { nested } else { root });
    }
    roots.sort();
    Ok(roots)
}

fn proto_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(proto_files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn compile(
    file: &Path,
    roots: &[PathBuf],
    into: &mut BTreeMap<String, FileDescriptorProto>,
) -> Result<(), Error> {
    let root = roots
        .iter()
        .find(|root| file.starts_with(root))
        .ok_or("a file outside its root")?;
    let name = file.strip_prefix(root)?.to_string_lossy().into_owned();
    if into.contains_key(&name) {
        return Ok(());
    }
    let mut resolver = ChainFileResolver::new();
    resolver.add(Repaired(root.clone()));
    for root in roots {
        resolver.add(IncludeFileResolver::new(root.clone()));
    }
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    compiler
        .open_file(&name)
        .map_err(|error| format!("{name}: {error}"))?;
    for descriptor in compiler.file_descriptor_set().file {
        into.entry(descriptor.name().to_owned())
            .or_insert(descriptor);
    }
    Ok(())
}

/// Names of one file that protoc resolves outwards and protox, going by the letter, does not.
const AMBIGUOUS_IN: &str = "envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.proto";
const AMBIGUOUS: &str = " common.dynamic_forward_proxy.v3.DnsCacheConfig ";
const ABSOLUTE: &str = " .envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig ";

/// Gives that one file with the name written out in full.
struct Repaired(PathBuf);

impl FileResolver for Repaired {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name != AMBIGUOUS_IN {
            return Err(protox::Error::file_not_found(name));
        }
        let text = fs::read_to_string(self.0.join(name)).map_err(protox::Error::new)?;
        File::from_source(name, &text.replace(AMBIGUOUS, ABSOLUTE))
    }
}

/// A pool takes a file only when it has what the file imports.
fn dependencies_first(
    mut files: BTreeMap<String, FileDescriptorProto>,
) -> Vec<FileDescriptorProto> {
    fn take(
        name: &str,
        files: &mut BTreeMap<String, FileDescriptorProto>,
        ordered: &mut Vec<FileDescriptorProto>,
    ) {
        let Some(file) = files.remove(name) else {
            return;
        };
        for import in &file.dependency {
            take(import, files, ordered);
        }
        ordered.push(file);
    }
    let names: Vec<String> = files.keys().cloned().collect();
    let mut ordered = Vec::with_capacity(names.len());
    for name in names {
        take(&name, &mut files, &mut ordered);
    }
    ordered
}
