//! Who may name whom.

use std::collections::BTreeSet;

use super::{Table, written};
use crate::source::{Tree, Way};

/// Crates of ours, as code calls them and as the table does.
const CRATES: [(&str, &str); 4] = [
    ("netloft_proto", "proto"),
    ("netloft_store", "store"),
    ("netloft_proxy", "netloft-proxy"),
    ("netloft_integration", "integration"),
];

/// Names that go against the table, and modules that have no row in it.
#[must_use]
pub fn arrows(table: &Table, tree: &Tree) -> Vec<String> {
    let mut broken = BTreeSet::new();
    let tops: BTreeSet<&String> = tree
        .modules()
        .filter_map(|(path, _)| path.first())
        .collect();
    for top in &tops {
        if !table.has(top) {
            broken.insert(format!(
                "src/{top}.rs: module {top} has no row in the table"
            ));
        }
    }
    for (path, module) in tree.modules() {
        // The root only lists the modules; what it re-exports is charged to those who use it.
        let Some(top) = path.first() else { continue };
        for mention in &module.mentions {
            let import = mention.way == Way::Import;
            let meanings = tree.meanings(path, mention);
            let targets: Vec<_> = meanings
                .iter()
                .filter_map(|meaning| target(meaning, &tops))
                .collect();
            let (allowed, forbidden): (Vec<_>, Vec<_>) =
                targets.iter().partition(|to| table.allows(top, to, import));
            // Where an allowed part of a module re-exports from the rest of it, it is meant to.
            let mut others = forbidden
                .into_iter()
                .filter(|to| allowed.iter().all(|allowed| allowed.first() != to.first()));
            // One sentence a name, though it may lead through several forbidden places.
            if let Some(target) = others.next() {
                broken.insert(format!(
                    "src/{}: {top} names {} (written {}), which the table does not allow",
                    module.file,
                    written(target),
                    written(&mention.path),
                ));
            }
        }
    }
    broken.into_iter().collect()
}

/// A path as the table has it: from a top-level module or a crate of ours; `None` for all others.
fn target(meaning: &[String], tops: &BTreeSet<&String>) -> Option<Vec<String>> {
    let (first, rest) = meaning.split_first()?;
    if first == "crate" {
        return rest
            .first()
            .is_some_and(|top| tops.contains(top))
            .then(|| rest.to_vec());
    }
    let (_, name) = CRATES.iter().find(|(code, _)| code == first)?;
    Some([&[(*name).to_owned()], rest].concat())
}

/// Source that the reader cannot see: `#[path]`, `include!`.
#[must_use]
pub fn hidden(tree: &Tree) -> Vec<String> {
    tree.modules()
        .flat_map(|(_, module)| {
            module.hidden.iter().map(|what| {
                format!(
                    "src/{}: {what} hides source from the layering test",
                    module.file
                )
            })
        })
        .collect()
}
