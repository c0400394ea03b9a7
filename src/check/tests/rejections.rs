//! What proxies said no to, told with code and place: each code's `bad.yaml` with the words that an
//! Envoy 1.40 had for what is made of it, in `rejected.txt`; its first line names API and resource.
//!
//! Absent on purpose: that an Envoy takes the good files. Whole-process tests ask one.

use super::{language::read, pairs};
use crate::{
    check::{Code, Diagnostic, Rejection, Severity, Stage, rejection},
    model::Document,
};

fn told(code: Code, documents: &[Document]) -> Diagnostic {
    let text = pairs::text(code, "rejected.txt");
    let (first, words) = text.split_once('\n').unwrap();
    let (api, resource) = first.split_once(' ').unwrap();
    let places: Vec<_> = documents
        .iter()
        .map(|document| (document, "/spec"))
        .collect();
    let told = Rejection {
        api,
        resource,
        words,
        keeps_earlier: false,
    };
    rejection(&told, &places)
}

#[test]
fn every_code_of_proxies_is_told_by_the_words_of_one_at_the_place_they_are_about() {
    let said = Code::ALL
        .iter()
        .filter(|code| code.stage() == Stage::Rejected);
    let wrong: Vec<String> = said
        .filter_map(|code| {
            let (text, good) = (
                pairs::text(*code, "bad.yaml"),
                pairs::text(*code, "good.yaml"),
            );
            let bad = told(*code, &read(&text).documents);
            let errors = read(&good).diagnostics.into_iter();
            let errors: Vec<_> = errors.filter(|it| it.severity == Severity::Error).collect();
            pairs::compare(*code, Some(&text), &[bad], &errors).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_about_nothing_that_was_declared_are_told_of_the_first_document_as_a_whole() {
    let documents = read(&pairs::text(Code::REJECTED_ADDRESS, "bad.yaml")).documents;
    let told = |words| {
        let told = Rejection {
            api: "LDS",
            resource: "x",
            words,
            keeps_earlier: true,
        };
        rejection(&told, &[(&documents[0], "/spec")])
    };
    let found = told("something else entirely");
    assert_eq!(found.code, Code::REJECTED);
    assert_eq!((&*found.pointer, found.line), ("/spec", Some(4)));
    assert_eq!(
        found.effect.as_deref(),
        Some("the proxy goes on with what it had")
    );
    let nowhere = Rejection {
        api: "LDS",
        resource: "x",
        words: "",
        keeps_earlier: false,
    };
    assert_eq!(rejection(&nowhere, &[]).line, None);
}
