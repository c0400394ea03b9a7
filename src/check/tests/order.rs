//! Many errors in many documents: all are told, in order, and none twice.

use super::language::{diagnose, read};
use crate::check::{Code, Overlay, Source, documents, references};

const BAD: &str = "\
apiVersion: netloft.dev/v1
kind: Service
metadata: {name: Orders, label: {a: b}}
spec:
  ports:
  - {port: 0, protocl: http}
  - {prt: 80, name: http}
  selector: {a: b}
  dns: [x]
---
kind: [
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
  - backendRefs: [{name: nowhere, weight: -1}]
---
apiVersion: apps/v1
kind: Deployment
";

#[test]
fn all_errors_of_all_documents_are_told_in_one_go_and_in_order() {
    let found: Vec<_> = diagnose(BAD)
        .iter()
        .map(|d| (d.code, d.line.unwrap()))
        .collect();
    let expected = [
        (Code::FORM, 3),          // Orders
        (Code::UNKNOWN_FIELD, 3), // label
        (Code::REQUIRES, 6),      // the name that several ports need
        (Code::RANGE, 6),         // port 0
        (Code::UNKNOWN_FIELD, 6), // protocl
        (Code::UNKNOWN_FIELD, 7), // prt
        (Code::EXACTLY_ONE, 9),   // selector and dns
        (Code::NOT_CLOSED, 11),
        (Code::WRONG_TARGET, 17),
        (Code::NO_BACKEND, 19),
        (Code::RANGE, 19), // weight -1
        (Code::MISSING_FIELD, 21),
        (Code::FOREIGN_KIND, 22),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_document_that_cannot_be_read_is_still_there_to_those_that_name_it() {
    let text = "\
{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: orders}, spec: {ports: many}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r},
 spec: {parentRefs: [{group: '', kind: Service, name: orders}], rules: [{backendRefs: [{name: orders}]}]}}
";
    let codes = |text: &str| diagnose(text).iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(text), [Code::WRONG_TYPE]);
    assert_eq!(codes(&text.replace("many}}", "[}")), [Code::NOT_CLOSED]);
}

#[test]
fn what_a_document_with_errors_names_is_looked_up_all_the_same() {
    let text = "\
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {
  parentRefs: [{name: nowhere, port: '80'}],
  rules: [{matches: [{path: {type: Prefix, value: a}}], timeouts: {request: 10}, backendRefs: [{name: no, weight: -1}]}]}}
";
    let codes: Vec<_> = diagnose(text).iter().map(|d| d.code).collect();
    let expected = [
        Code::NO_PARENT,
        Code::WRONG_TYPE,   // '80'
        Code::NOT_A_CHOICE, // Prefix
        Code::FORM,         // a
        Code::FORM,         // 10
        Code::NO_BACKEND,
        Code::RANGE, // -1
    ];
    assert_eq!(codes, expected);
    let checked = read(text);
    assert_eq!(checked.unreadable, [checked.documents[0].key()]);
}

#[test]
fn the_same_document_in_two_files_is_told_with_both_places() {
    let text = "\n{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], dns: [a]}}";
    let source = |file| Source {
        file: Some(file),
        text,
    };
    let checked = documents(&[source("a.yaml"), source("b.yaml")], "default");
    let [only] = &checked.diagnostics[..] else {
        panic!("{:?}", checked.diagnostics);
    };
    assert_eq!(only.code, Code::DECLARED_TWICE);
    assert_eq!(only.file.as_deref(), Some("b.yaml"));
    assert!(
        only.found.as_ref().unwrap().contains("a.yaml line 2"),
        "{only:?}"
    );
    assert_eq!(checked.documents.len(), 1);
}

const ROUTED: &str = "\
{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: orders}, spec: {ports: [{port: 80}], dns: [a]}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r},
 spec: {parentRefs: [{group: '', kind: Service, name: orders}], rules: [{backendRefs: [{name: orders}]}]}}
";

#[test]
fn a_deletion_is_told_by_those_that_named_what_went() {
    let documents = read(ROUTED).documents;
    let base = Overlay::new(&documents);
    let after = Overlay::default().over(&base).without([documents[0].key()]);
    let left = references(&documents[1..], &after);
    let codes: Vec<_> = left.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::NO_PARENT, Code::NO_BACKEND]);
}

#[test]
fn what_dangles_can_be_let_through_as_a_warning_and_nothing_else_can() {
    let documents = read(ROUTED).documents;
    let nothing = Overlay::default();
    for dangling in references(&documents[1..], &nothing) {
        assert!(dangling.is_error());
        assert!(!dangling.allow_dangling().is_error());
    }
    for other in diagnose(BAD).into_iter().filter(|d| !d.code.is_dangling()) {
        assert_eq!(other.clone().allow_dangling(), other);
    }
}
