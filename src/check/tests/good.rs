//! Valid files: nothing is told of them, and nothing of them is lost.

use serde_json::{Value, json};

use super::language::{diagnose, only, read};
use crate::{
    check::to_yaml,
    model::{Document, Origin},
};

/// The valid files, by name.
pub(super) const FILES: &[(&str, &str)] = &[
    ("shop.yaml", include_str!("../testdata/good/shop.yaml")),
    ("core.yaml", include_str!("../testdata/good/core.yaml")),
    ("raw.yaml", include_str!("../testdata/good/raw.yaml")),
    (
        "other-controller.yaml",
        include_str!("../testdata/good/other-controller.yaml"),
    ),
];

#[test]
fn a_valid_file_has_nothing_wrong() {
    for (name, text) in FILES {
        assert_eq!(diagnose(text), [], "{name}");
        assert!(!read(text).documents.is_empty(), "{name}");
    }
}

#[test]
fn a_document_is_the_same_after_json_and_after_yaml() {
    for (name, text) in FILES {
        for document in read(text).documents {
            let json = document.to_json().unwrap();
            let origin = document.origin.clone();
            let again = Document::from_json(json.clone(), origin.clone()).unwrap();
            assert_eq!(again, document, "{name}");
            let yaml = to_yaml(&json).unwrap();
            let again = Document {
                origin,
                ..only(&yaml)
            };
            assert_eq!(again, document, "{name}\n{yaml}");
        }
    }
}

#[test]
fn what_is_stored_is_what_was_declared_and_no_default() {
    let document = only(
        "{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], selector: {a: b}}}",
    );
    assert_eq!(
        document.spec.to_json().unwrap(),
        json!({ "ports": [{ "port": 80 }], "selector": { "a": "b" } })
    );
}

#[test]
fn a_document_knows_its_file_its_first_line_and_its_text() {
    let text = "# top\n\nkind: Service\napiVersion: netloft.dev/v1\nmetadata: {name: a}\nspec: {ports: [{port: 80}], dns: [a]}\n\n---\n";
    let Origin {
        file, line, text, ..
    } = only(text).origin;
    assert_eq!((file.as_deref(), line), (Some("mesh.yaml"), Some(3)));
    let text = text.unwrap();
    assert!(
        text.starts_with("kind: Service\n") && text.ends_with("dns: [a]}"),
        "{text}"
    );
}

/// YAML 1.1 reads each of these as something else than the text it is.
#[test]
fn a_text_that_looks_like_something_else_stays_a_text() {
    for value in [
        "no",
        "on",
        "off",
        "y",
        "True",
        "1.10",
        "0755",
        "0x1F",
        "1_000",
        "1e3",
        "12:30:45",
        "2024-01-01",
        ".inf",
        "-1",
        "007",
        "=",
    ] {
        let text = format!(
            "{{apiVersion: netloft.dev/v1, kind: Service, metadata: {{name: a, annotations: {{a: {value}}}}}, spec: {{ports: [{{port: 80}}], dns: [a]}}}}"
        );
        let document = only(&text);
        assert_eq!(
            document.metadata.annotations.get("a").map(|text| &**text),
            Some(value)
        );
        let yaml = to_yaml(&document.to_json().unwrap()).unwrap();
        assert_eq!(only(&yaml).metadata, document.metadata, "{yaml}");
    }
}

#[test]
fn yaml_is_written_in_the_order_of_the_types_and_quotes_what_other_readers_mistake() {
    let json = json!({
        "apiVersion": "v1", "kind": "A",
        "metadata": { "name": "a", "labels": { "b": "no", "c": "1.10", "d": "x y", "e": "" } },
        "spec": { "list": [{ "port": 80, "on": "0755" }], "none": {}, "text": "a\nb\n" }
    });
    let expected = "\
apiVersion: v1
kind: A
metadata:
  name: a
  labels:
    b: \"no\"
    c: \"1.10\"
    d: x y
    e: \"\"
spec:
  list:
  - port: 80
    \"on\": \"0755\"
  none: {}
  text: |
    a
    b
";
    assert_eq!(to_yaml(&json).unwrap(), expected);
}

#[test]
fn no_documents_are_no_error() {
    for text in ["", "\n", "---\n", "# nothing\n---\n...\n", "\u{feff}"] {
        assert_eq!(diagnose(text), [], "{text:?}");
        assert_eq!(read(text).documents, []);
    }
}

#[test]
fn a_document_takes_the_namespace_it_names_or_else_the_callers() {
    let of = |metadata: &str| {
        let text = format!(
            "{{apiVersion: netloft.dev/v1, kind: Service, metadata: {metadata}, spec: {{ports: [{{port: 80}}], dns: [a]}}}}"
        );
        let source = crate::check::Source {
            file: None,
            text: &text,
        };
        let checked = crate::check::documents(&[source], "shop");
        checked.documents[0].metadata.namespace.to_string()
    };
    assert_eq!(of("{name: a}"), "shop");
    assert_eq!(of("{name: a, namespace: edge}"), "edge");
}

#[test]
fn a_status_is_taken_and_dropped() {
    let value: Value = json!({
        "apiVersion": "netloft.dev/v1", "kind": "Service", "metadata": { "name": "a" },
        "spec": { "ports": [{ "port": 80 }], "dns": ["a"] }, "status": { "x": 1 }
    });
    let document = Document::from_json(value, Origin::default()).unwrap();
    assert!(document.to_json().unwrap().get("status").is_none());
}

#[test]
fn a_list_is_the_documents_in_it() {
    let text = "{apiVersion: v1, kind: List, metadata: {resourceVersion: ''}, items: [
  {apiVersion: netloft.dev/v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], dns: [a]}},
  {apiVersion: netloft.dev/v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 80}], dns: [a]}}]}";
    let checked = read(text);
    assert_eq!(checked.diagnostics, []);
    let lines: Vec<_> = checked
        .documents
        .iter()
        .map(|d| (d.metadata.name.to_string(), d.origin.line))
        .collect();
    assert_eq!(
        lines,
        [("a".to_owned(), Some(2)), ("b".to_owned(), Some(3))]
    );
    let bad = text.replace("dns: [a]}},", "dns: [_]}},");
    assert_eq!(diagnose(&bad)[0].line, Some(2));
}
