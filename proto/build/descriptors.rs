//! Compiles the .proto files that the crate envoy-types ships in its package, so that messages and
//! descriptors are always of the same version, and the few that it lacks. No `protoc` is needed.
//!
//! Each file is compiled against what it imports and nothing else: what it does not import could
//! shadow its relative names. What it imports is compiled before it, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use prost::encoding;
use prost_types::FileDescriptorProto;
use protox::{
    file::{File, FileResolver, GoogleFileResolver},
    prost_reflect::DescriptorPool,
};

type Error = Box<dyn std::error::Error>;

/// The encoded `FileDescriptorSet` of all .proto files under `sources`, imported files first, with
/// the options that Envoy adds to fields (validation rules, what is sensitive) and no comments.
///
/// The same bytes for the same files.
pub(crate) fn compile(sources: &[&Path]) -> Result<Vec<u8>, Error> {
    let mut compiler = Compiler {
        paths: names(sources)?,
        done: BTreeMap::new(),
        order: Vec::new(),
    };
    let names: Vec<String> = compiler.paths.keys().cloned().collect();
    for name in &names {
        compiler.compile(name, &mut Vec::new())?;
    }
    let set = compiler.set(&compiler.order);
    // Better here than in a running program.
    DescriptorPool::decode(&set[..])?;
    Ok(set)
}

struct Compiler {
    /// Where each file lies, by the name it is imported by.
    paths: BTreeMap<String, PathBuf>,
    done: BTreeMap<String, Compiled>,
    /// Names in `done`, each behind what it imports.
    order: Vec<String>,
}

struct Compiled {
    /// A `FileDescriptorProto` in which every name is absolute.
    encoded: Vec<u8>,
    /// All it imports, and what these import.
    imports: BTreeSet<String>,
}

impl Compiler {
    /// Compiles `name` for the files in `importing`, each of which imports the next.
    fn compile(&mut self, name: &str, importing: &mut Vec<String>) -> Result<(), Error> {
        if self.done.contains_key(name) {
            return Ok(());
        }
        if importing.iter().any(|other| other == name) {
            return Err(format!("{name} imports itself, by {}", importing.join(", ")).into());
        }
        let file = self.parse(name)?;
        importing.push(name.to_owned());
        let mut imports = BTreeSet::new();
        for import in &file.dependency {
            self.compile(import, importing)?;
            imports.extend(self.done[import].imports.iter().cloned());
            imports.insert(import.clone());
        }
        importing.pop();

        let mut pool = DescriptorPool::decode(&self.set(&imports)[..])?;
        pool.add_file_descriptor_proto(file)
            .map_err(|error| format!("{name}: {error}"))?;
        let compiled = pool.get_file_by_name(name).ok_or("a file got lost")?;
        let encoded = compiled.encode_to_vec();
        self.order.push(name.to_owned());
        let compiled = Compiled { encoded, imports };
        self.done.insert(name.to_owned(), compiled);
        Ok(())
    }

    fn parse(&self, name: &str) -> Result<FileDescriptorProto, Error> {
        let file = match self.paths.get(name) {
            Some(path) => {
                let mut text = fs::read_to_string(path)?;
                if name == AMBIGUOUS_IN {
                    text = text.replace(AMBIGUOUS, ABSOLUTE);
                }
                File::from_source(name, &text)
            }
            None => GoogleFileResolver::new().open_file(name),
        };
        let file = file.map_err(|error| format!("{name}: {error}"))?;
        Ok(FileDescriptorProto {
            source_code_info: None,
            ..file.into()
        })
    }

    /// The `FileDescriptorSet` of `names`: its field 1 holds the files.
    fn set<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Vec<u8> {
        let mut set = Vec::new();
        for name in names {
            encoding::bytes::encode(1, &self.done[name].encoded, &mut set);
        }
        set
    }
}

/// A name of one file that protoc resolves outwards, since it does not see the package
/// `envoy.extensions.clusters.common` through two imports; protox sees it.
const AMBIGUOUS_IN: &str = "envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.proto";
const AMBIGUOUS: &str = " common.dynamic_forward_proxy.v3.DnsCacheConfig ";
const ABSOLUTE: &str = " .envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig ";

/// Every .proto file under `sources`, by the name it is imported by.
fn names(sources: &[&Path]) -> Result<BTreeMap<String, PathBuf>, Error> {
    let mut names = BTreeMap::new();
    let mut roots = Vec::new();
    for folder in sources {
        for entry in fs::read_dir(folder)? {
            roots.push(entry?.path());
        }
    }
    for root in roots {
        // The files of one root import each other from one folder further down.
        let nested = root.join("proto");
        let root = if nested.is_dir() { nested } else { root };
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "proto") {
                    let parts = path.strip_prefix(&root)?.iter();
                    let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
                    let name = parts.join("/");
                    if let Some(other) = names.insert(name, path.clone()) {
                        let (one, other) = (path.display(), other.display());
                        return Err(format!("{one} and {other} have the same name").into());
                    }
                }
            }
        }
    }
    Ok(names)
}
