//! From a name as written to what it stands for.

use std::collections::{BTreeMap, BTreeSet};

use super::Module;

type Modules = BTreeMap<Vec<String>, Module>;

/// The library's own name: what its binary calls it.
const OWN: &str = "netloft";

/// Every path that `path`, written in `module`, may stand for: made absolute (`crate` first for our
/// own), and each target of the renames, globs and re-exports it goes through.
pub(super) fn meanings(
    modules: &Modules,
    module: &[String],
    path: &[String],
) -> BTreeSet<Vec<String>> {
    let mut resolver = Resolver {
        modules,
        found: BTreeSet::new(),
        asked: BTreeSet::new(),
    };
    resolver.absolute(module, path);
    resolver.found
}

struct Resolver<'m> {
    modules: &'m Modules,
    found: BTreeSet<Vec<String>>,
    /// Questions asked before, for globs and imports may go in circles.
    asked: BTreeSet<(Vec<String>, Vec<String>)>,
}

impl Resolver<'_> {
    /// Finds `path` as written in `module`.
    fn absolute(&mut self, module: &[String], path: &[String]) {
        if !self.asked.insert((module.to_vec(), path.to_vec())) {
            return;
        }
        let Some((head, rest)) = path.split_first() else {
            return;
        };
        match head.as_str() {
            "::" => self.external(rest),
            "crate" if module.first().is_some_and(|first| first == "main") => {
                self.own(&[&["main".to_owned()], rest].concat());
            }
            "crate" => self.own(rest),
            // `self::super::x`, `super::super::x`
            "self" if rest.first().is_some_and(|next| next == "super") => {
                self.absolute(module, rest);
            }
            "self" => self.own(&[module, rest].concat()),
            "super" => {
                let parent = &module[..module.len().saturating_sub(1)];
                self.absolute(parent, &[&["self".to_owned()], rest].concat());
            }
            name => {
                let Some(here) = self.modules.get(module) else {
                    return self.external(path);
                };
                if let Some(target) = here.imports.get(name) {
                    let meant = [target.as_slice(), rest].concat();
                    match target.first() {
                        // `use tokio;`, `use smallvec::smallvec;`, `mod read; use read::read;`: what
                        // a name is imported from is not that name again.
                        Some(first) if first != name => self.absolute(module, &meant),
                        _ if here.items.contains(name) => self.own(&[module, &meant].concat()),
                        _ => self.external(&meant),
                    }
                } else if here.items.contains(name) {
                    self.own(&[module, path].concat());
                } else {
                    self.external(path);
                    self.globs(module, path);
                }
            }
        }
    }

    /// A name from another crate; or our library, as our binary calls it.
    fn external(&mut self, path: &[String]) {
        match path.split_first() {
            Some((head, rest)) if head == OWN => self.own(rest),
            Some(_) => {
                self.found.insert(path.to_vec());
            }
            None => {}
        }
    }

    /// `path` from our crate's root: found, and followed where a module on the way only re-exports.
    fn own(&mut self, path: &[String]) {
        if !self.found.insert([&["crate".to_owned()], path].concat()) {
            return;
        }
        let longest = (0..=path.len())
            .rev()
            .find(|&n| self.modules.contains_key(&path[..n]));
        let (module, rest) = path.split_at(longest.unwrap_or(0));
        let (Some(name), Some(holder)) = (rest.first(), self.modules.get(module)) else {
            return;
        };
        if let Some(target) = holder.imports.get(name) {
            self.absolute(module, &[target.as_slice(), &rest[1..]].concat());
        } else if !holder.items.contains(name) {
            self.globs(module, rest);
        }
    }

    /// What `path` may be by `use x::*` in `module`: x's own name of that kind; or, where x is not
    /// ours and cannot be looked into, possibly anything of x.
    fn globs(&mut self, module: &[String], path: &[String]) {
        let globs = self
            .modules
            .get(module)
            .map(|here| here.globs.clone())
            .unwrap_or_default();
        for glob in globs {
            let mut inner = Resolver {
                modules: self.modules,
                found: BTreeSet::new(),
                asked: self.asked.clone(),
            };
            inner.absolute(module, &glob);
            for target in inner.found {
                if target.first().is_none_or(|first| first != "crate") {
                    self.found.insert([target.as_slice(), path].concat());
                } else if self.has(&target[1..], path) {
                    self.absolute(&target[1..], &[&["self".to_owned()], path].concat());
                }
            }
        }
    }

    fn has(&self, module: &[String], path: &[String]) -> bool {
        let (Some(name), Some(there)) = (path.first(), self.modules.get(module)) else {
            return false;
        };
        there.items.contains(name) || there.imports.contains_key(name) || !there.globs.is_empty()
    }
}
