//! Clashes between documents of different ages, and with those that a change leaves alone.

use super::language::{read, spell_out};
use crate::{
    check::{Code, Diagnostic, Overlay, references},
    model::Document,
};

const SERVICE: &str = "@Service web {ports: [{port: 80}], dns: [a]}\n";

/// A route for everything; of a Service.
fn route(name: &str) -> String {
    format!(
        "@HTTPRoute {name} {{parentRefs: [{{group: '', kind: Service, name: web}}], rules: [{{backendRefs: [{{name: web}}]}}]}}\n"
    )
}

/// A Gateway on port 80.
fn gateway(name: &str) -> String {
    format!(
        "@Gateway {name} {{gatewayClassName: gateway, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}\n"
    )
}

/// The documents of `texts`, stored one revision after the other.
fn stored(texts: &[&str]) -> Vec<Document> {
    let one_by_one = texts.iter().zip(1..);
    let documents = one_by_one.flat_map(|(text, revision)| {
        let documents = read(&spell_out(text)).documents;
        documents.into_iter().map(move |document| Document {
            created: Some(revision),
            ..document
        })
    });
    documents.collect()
}

/// What is told when `text` is applied to what is stored.
fn told(stored: &[Document], text: &str) -> Vec<Diagnostic> {
    let new = read(&spell_out(text)).documents;
    let base = Overlay::new(stored);
    let world = Overlay::new(&new).over(&base);
    references(&new, &world)
}

fn only(stored: &[Document], text: &str) -> Diagnostic {
    let mut found = told(stored, text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn a_new_route_gets_nothing_of_what_an_older_one_takes_whatever_their_names() {
    let stored = stored(&[SERVICE, &route("z")]);
    let found = only(&stored, &route("a"));
    assert_eq!(found.code, Code::SAME_MATCH);
    assert_eq!(
        found.message,
        "no request reaches this match: HTTPRoute default/z takes the same ones"
    );
    let place = "spec.rules[0] of it (mesh.yaml line 4) asks for the same, and that route is older";
    assert_eq!(found.found.as_deref(), Some(place));
}

#[test]
fn an_edit_of_the_older_route_is_told_whose_requests_it_takes() {
    let stored = stored(&[SERVICE, &route("z"), &route("a")]);
    let found = only(&stored, &route("z"));
    assert_eq!(
        found.message,
        "this match takes the requests of HTTPRoute default/a"
    );
    assert!(found.found.unwrap().ends_with("and this route is older"));
    // Of both in one change each clash is told once: at the one that gets nothing.
    let found = only(&stored, &format!("{}{}", route("z"), route("a")));
    assert_eq!(&*found.document.unwrap().name, "a");
    assert!(found.message.starts_with("no request reaches this match"));
}

#[test]
fn a_gateway_is_told_of_one_that_was_there_and_of_two_together_the_later_one() {
    let before = stored(&[&gateway("z")]);
    let found = only(&before, &gateway("a"));
    assert_eq!(found.code, Code::SAME_LISTENER);
    assert!(found.message.starts_with("Gateway default/z takes"));
    let found = only(&[], &format!("{}{}", gateway("z"), gateway("a")));
    assert_eq!(&*found.document.unwrap().name, "z");
    assert_eq!(told(&before, &gateway("z")), []);
}

#[test]
fn a_selector_is_compared_with_workloads_as_they_are_after_the_change() {
    let workload = |app: &str| {
        format!(
            "apiVersion: netloft.dev/v1\nkind: Workload\nmetadata: {{name: w, labels: {{app: {app}}}}}\nspec: {{address: 10.0.0.1}}\n---\n"
        )
    };
    let service = "@Service s {ports: [{port: 80}], selector: {app: a}}\n";
    let before = stored(&[&workload("a")]);
    assert_eq!(told(&before, service), []);
    let found = only(&before, &format!("{}{service}", workload("b")));
    assert_eq!(found.code, Code::NOTHING_SELECTED);
}

/// Few are looked for one by one, many by an index.
#[test]
fn many_selectors_are_answered_as_few_are() {
    let workloads: String = (0..30)
        .map(|n| format!("apiVersion: netloft.dev/v1\nkind: Workload\nmetadata: {{name: w{n}, labels: {{app: a{n}, tier: web}}}}\nspec: {{address: 10.0.0.1}}\n---\n"))
        .collect();
    let services: String = (0..40)
        .map(|n| {
            format!("@Service s{n} {{ports: [{{port: 80}}], selector: {{tier: web, app: a{n}}}}}\n")
        })
        .collect();
    let found = told(&[], &format!("{workloads}{services}"));
    let named = found
        .iter()
        .filter_map(|d| Some(d.document.as_ref()?.name.to_string()));
    let expected: Vec<String> = (30..40).map(|n| format!("s{n}")).collect();
    assert_eq!(named.collect::<Vec<_>>(), expected);
    assert!(found.iter().all(|d| d.code == Code::NOTHING_SELECTED));
}
