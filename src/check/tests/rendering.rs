//! What people read: the shape is part of the interface.

use super::language::diagnose;
use crate::check::render;

const TEXT: &str = "\
{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: orders}, spec: {ports: [{port: 80}], endpoints: [{address: 10.0.0.1, labels: {v: v1}}, {address: 10.0.0.2, labels: {v: v2}}], versions: {v1: {v: v1}, v2: {v: v2}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{group: '', kind: Service, name: orders}]
  rules:
  - name: canary
    backendRefs:
    - {name: orders, weight: 90}
    - {group: netloft.dev, kind: ServiceVersion, name: orders.v3, weight: 10}
";

#[test]
fn an_error_shows_the_line_what_was_expected_and_what_to_do() {
    let found = diagnose(TEXT);
    let expected = "\
error[NL0405]: Service default/orders has no version \"v3\"
  --> mesh.yaml:12:56  HTTPRoute default/orders  spec.rules[0].backendRefs[1].name
   |
12 |     - {group: netloft.dev, kind: ServiceVersion, name: orders.v3, weight: 10}
   |                                                        ^^^^^^^^^ expected a version of it: v1, v2; found v3
   = help: did you mean \"orders.v2\"?
   = effect if forced: 10 % of the requests of this rule are answered 500
";
    assert_eq!(render(&found[0], Some(TEXT), false), expected);
}

#[test]
fn without_the_text_the_rest_is_told_all_the_same() {
    let expected = "\
error[NL0405]: Service default/orders has no version \"v3\"
  --> mesh.yaml:12:56  HTTPRoute default/orders  spec.rules[0].backendRefs[1].name
   = expected a version of it: v1, v2; found v3
   = help: did you mean \"orders.v2\"?
   = effect if forced: 10 % of the requests of this rule are answered 500
";
    assert_eq!(render(&diagnose(TEXT)[0], None, false), expected);
}

#[test]
fn colours_are_escapes_around_the_same_text() {
    let found = diagnose(TEXT);
    let coloured = render(&found[0], Some(TEXT), true);
    assert!(coloured.starts_with("\x1b[1;31merror[NL0405]\x1b[0m"));
    let mut bare = String::new();
    let mut rest = &*coloured;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, render(&found[0], Some(TEXT), false));
}

#[test]
fn a_long_line_is_cut_around_what_it_is_about() {
    let text = format!(
        "{{apiVersion: netloft.dev/v1, kind: Service, metadata: {{name: a, annotations: {{a: {}}}}}, spec: {{ports: [{{port: 0}}], dns: [{}]}}}}",
        "x".repeat(300),
        "y".repeat(60)
    );
    let shown = render(&diagnose(&text)[0], Some(&text), false);
    let rows: Vec<&str> = shown.lines().collect();
    assert!(rows.iter().all(|row| row.chars().count() < 130), "{shown}");
    let caret = rows[4].find('^').unwrap();
    assert_eq!(rows[3].chars().nth(caret), Some('0'), "{shown}");
}

#[test]
fn what_would_move_the_cursor_does_not_reach_the_terminal() {
    let text = "{kind: \"\\e[2JService\"}";
    for diagnostic in diagnose(text) {
        assert!(!render(&diagnostic, Some(text), false).contains('\x1b'));
    }
}
