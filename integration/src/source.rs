//! A crate's source as a tree of modules, each with the names it mentions.
//!
//! Read with `syn`, without running the compiler: use trees, renames, globs, re-exports, `self` and
//! `super`, paths in expressions, types, patterns, macro bodies and attribute strings.
//!
//! Absent on purpose: types. A method call is known by its bare name, a value's type not at all.
//! What only tests compile (`#[cfg(test)]`) is left out: tests may look where the code may not.

mod read;
mod resolve;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// The modules of one crate, by path from its root.
#[derive(Debug, Default)]
pub struct Tree {
    modules: BTreeMap<Vec<String>, Module>,
}

/// What one module holds and names.
#[derive(Debug, Default)]
pub struct Module {
    /// Where its text is, from the crate's `src/`.
    pub file: String,
    /// Everything it names, as written.
    pub mentions: Vec<Mention>,
    /// Last names of paths and names of methods: what it may call.
    pub calls: BTreeSet<String>,
    /// Its string literals.
    pub literals: Vec<String>,
    /// What hides source from this reader: `#[path]`, `include!`.
    pub hidden: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    items: BTreeSet<String>,
    test_only: BTreeSet<String>,
}

/// One name in the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// Its segments as written; the first is `::` when the path starts with it.
    pub path: Vec<String>,
    /// How it stands there.
    pub way: Way,
}

/// How a name is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// `use a::b;`: what is done with `b` is mentioned again where it is done.
    Import,
    /// `use a::*;`: anything below `a` may be meant.
    Glob,
    /// A path in code.
    Use,
}

impl Tree {
    /// Reads every `.rs` file under `src`.
    ///
    /// # Errors
    /// When a folder or file cannot be read, or a file is not Rust.
    pub fn read(src: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        collect(src, src, &mut files)?;
        Self::parse(
            files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str())),
        )
        .map_err(io::Error::other)
    }

    /// Takes files as (path from `src/`, text).
    ///
    /// # Errors
    /// The file that is not Rust, and why.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut tree = Self::default();
        for (name, text) in files {
            let parsed = syn::parse_file(text).map_err(|error| format!("{name}: {error}"))?;
            read::file(&mut tree.modules, name, &module_path(name), &parsed);
        }
        tree.drop_test_files();
        Ok(tree)
    }

    /// Every module with its path.
    pub fn modules(&self) -> impl Iterator<Item = (&[String], &Module)> {
        self.modules
            .iter()
            .map(|(path, module)| (path.as_slice(), module))
    }

    /// Everything `mention` may stand for, from `module`: each step through renames and re-exports.
    #[must_use]
    pub fn meanings(&self, module: &[String], mention: &Mention) -> BTreeSet<Vec<String>> {
        resolve::meanings(&self.modules, module, &mention.path)
    }

    /// `#[cfg(test)] mod tests;` makes a whole file, and all below it, a test.
    fn drop_test_files(&mut self) {
        let tests: Vec<Vec<String>> = self
            .modules
            .iter()
            .flat_map(|(path, module)| module.test_only.iter().map(|name| joined(path, name)))
            .collect();
        self.modules
            .retain(|path, _| !tests.iter().any(|test| path.starts_with(test)));
    }
}

fn joined(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

/// `a/b.rs` is module `a::b`; `lib.rs` is the root; `main.rs` is a root of its own, called `main`.
fn module_path(file: &str) -> Vec<String> {
    match file.trim_end_matches(".rs") {
        "lib" => Vec::new(),
        path => path
            .split('/')
            .filter(|part| *part != "mod")
            .map(str::to_owned)
            .collect(),
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
