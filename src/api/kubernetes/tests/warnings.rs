//! What is worth knowing travels with the answer, whichever way a document came in.

use std::collections::BTreeSet;

use super::*;
use crate::check::{Code, Severity, Source, documents, tests::pairs};

/// Every warning that is told before anything is stored, with a file of which it is told.
fn warnings() -> Vec<(Code, String)> {
    let codes = Code::ALL.iter().copied();
    let codes = codes.filter(|code| code.severity() == Severity::Warning && !code.is_found_later());
    let warnings: Vec<_> = codes
        .map(|code| (code, pairs::text(code, "bad.yaml")))
        .collect();
    assert!(warnings.len() >= 11);
    warnings
}

/// Where documents of `text`, which is one, are created.
fn collection(text: &str) -> String {
    let source = Source { file: None, text };
    let checked = documents(&[source], "default");
    let key = checked.documents[0].key();
    let facts = key.kind.facts();
    let group = match facts.group {
        "" => format!("/api/{}", facts.version),
        group => format!("/apis/{group}/{}", facts.version),
    };
    match facts.namespaced {
        true => format!("{group}/namespaces/{}/{}", key.namespace, facts.plural),
        false => format!("{group}/{}", facts.plural),
    }
}

#[tokio::test]
async fn apply_tells_every_warning_with_its_code_and_place() {
    for (code, text) in warnings() {
        let api = Api::new().await;
        let path = (Method::POST, "/v1/apply");
        let answer = api.ask(path, &[], ("application/yaml", &text)).await.ok();
        let [warning] = &answer.body["warnings"].as_array().unwrap()[..] else {
            panic!("{code}: {answer:?}");
        };
        assert_eq!(warning["code"], code.to_string(), "{answer:?}");
        assert_eq!(warning["severity"], "warning", "{answer:?}");
        assert!(warning["line"].as_u64() > Some(1), "{answer:?}");
    }
}

#[tokio::test]
async fn apis_tells_every_warning_in_a_header() {
    for (code, text) in warnings() {
        let api = Api::new().await;
        let mut told = BTreeSet::new();
        for document in text.split("\n---\n") {
            let path = collection(document);
            let yaml = ("application/yaml", document);
            let answer = api.ask((Method::POST, &path), &[], yaml).await.ok();
            for warning in answer.headers.get_all(header::WARNING) {
                let warning = warning.to_str().unwrap().to_owned();
                assert!(warning.starts_with("299 - \"[NL"), "{warning}");
                told.insert(warning);
            }
        }
        let begin = format!("299 - \"[{code}] ");
        assert!(
            told.iter().any(|told| told.starts_with(&begin)),
            "{code}: {told:?}"
        );
    }
}
