//! A bad file for each code of compiling, and its repaired twin, as `check::tests::pairs` has them.

use super::world::graph_of;
use crate::{
    check::{self, Code, Diagnostic, Stage, tests::pairs},
    view::worlds::proxy,
};

/// All that compiling finds in a file.
fn found(code: Code, name: &str) -> Vec<Diagnostic> {
    let text = pairs::text(code, name);
    let source = check::Source {
        file: Some("mesh.yaml"),
        text: &text,
    };
    let documents = check::documents(&[source], "default").documents;
    let shared: Vec<_> = documents.into_iter().map(std::sync::Arc::new).collect();
    let mut graph = graph_of(&shared);
    graph.open_scope(&proxy("sidecar", "default"));
    graph.open_scope(&proxy("client", "default"));
    if code == Code::COMPILED_UNKNOWN {
        graph.open_scope(&proxy("front", "default"));
    }
    let told = graph.problems().into_iter().map(|problem| {
        let about = shared.iter().find(|document| {
            let key = document.key();
            key.kind.facts().kind == &*problem.at.kind
                && key.namespace == problem.at.namespace
                && key.name == problem.at.name
        });
        check::problem(&problem, about.map(|document| &**document))
    });
    told.collect()
}

#[test]
fn every_code_of_compiling_is_found_in_its_bad_file_alone_and_not_in_the_good_one() {
    let compiled = Code::ALL
        .iter()
        .filter(|code| code.stage() == Stage::Compiled);
    let wrong: Vec<String> = compiled
        .filter(|code| **code != Code::COMPILED_FAULT)
        .filter_map(|code| {
            let text = pairs::text(*code, "bad.yaml");
            let (bad, good) = (found(*code, "bad.yaml"), found(*code, "good.yaml"));
            pairs::compare(*code, Some(&text), &bad, &good).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
