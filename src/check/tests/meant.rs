//! "Did you mean": what was probably meant, wherever a name can be wrong.

use super::language::{diagnose, spell_out};

const WORLD: &str = "\
@Service orders {ports: [{name: http, port: 8080}, {name: admin, port: 9090}], endpoints: [{address: 10.0.0.1, labels: {v: '1'}}], versions: {v1: {v: '1'}}}
@Gateway public {gatewayClassName: gateway, listeners: [{name: http, port: 80, protocol: HTTP}]}
";

/// A route of the Service with this parent and this backend.
fn route(parent: &str, backend: &str) -> String {
    format!(
        "{WORLD}@HTTPRoute r\nspec:\n  parentRefs: [{parent}]\n  rules: [{{backendRefs: [{backend}]}}]"
    )
}

#[test]
fn what_was_meant_is_told_of_kinds_fields_names_ports_and_versions() {
    let service = |wrong: &str| {
        format!("apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {{name: a}}\nspec: {wrong}")
    };
    let (parent, backend) = (
        "{group: '', kind: Service, name: orders}",
        "{name: orders, port: 8080}",
    );
    let in_group = |kind: &str, name: &str| {
        format!("{{group: netloft.dev, kind: {kind}, name: {name}, port: 8080}}")
    };
    for (text, meant) in [
        // Kinds, of documents and of references.
        ("apiVersion: netloft.dev/v1\nkind: Servce\nmetadata: {name: a}\nspec: {ports: [{port: 80}], dns: [a]}".to_owned(), "\"Service\""),
        ("apiVersion: gateway.networking.k8s.io/v1\nkind: HttpRoute\nmetadata: {name: a}".to_owned(), "\"HTTPRoute\""),
        (route(parent, &in_group("ServiceVersions", "orders.v1")), "\"ServiceVersion\""),
        // Fields, and values out of a few.
        (service("{ports: [{prot: 80}], dns: [a]}"), "\"port\""),
        (service("{ports: [{port: 80, protocol: htpp}], dns: [a]}"), "\"http\""),
        // Names: of a backend, of a parent, of a listener, of a class.
        (route(parent, "{name: order, port: 8080}"), "\"orders\""),
        (route("{name: pubic}", backend), "\"public\""),
        (route("{name: public, sectionName: htp}", backend), "\"http\""),
        ("@Gateway g\nspec: {gatewayClassName: gatewy, listeners: [{name: a, port: 80, protocol: HTTP}]}".to_owned(), "\"gateway\""),
        // Ports: of a backend, of a parent by number and by name.
        (route(parent, "{name: orders, port: 8088}"), "8080"),
        (route("{group: '', kind: Service, name: orders, port: 9091}", backend), "9090"),
        (route("{group: '', kind: Service, name: orders, sectionName: admn}", backend), "\"admin\""),
        (route("{name: public, port: 81}", backend), "80"),
        // Versions.
        (route(parent, &in_group("ServiceVersion", "orders.v2")), "\"orders.v1\""),
    ] {
        let text = spell_out(&text);
        let expected = format!("did you mean {meant}?");
        let told = diagnose(&text);
        let suggested = told.iter().filter_map(|told| told.suggestion.as_deref());
        assert!(
            suggested.clone().any(|suggestion| suggestion == expected),
            "expected {expected}, found {:?} in\n{text}",
            suggested.collect::<Vec<_>>()
        );
    }
}

/// A wrong guess costs more than none.
#[test]
fn what_is_like_nothing_is_not_guessed_at() {
    for text in [
        route("{group: '', kind: Service, name: orders}", "{name: ledger, port: 8080}"),
        route("{group: '', kind: Service, name: orders}", "{name: orders, port: 5}"),
        route("{group: '', kind: Service, name: orders, port: 443}", "{name: orders, port: 8080}"),
        "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], replicas: 3, dns: [a]}".to_owned(),
    ] {
        let text = spell_out(&text);
        let told = diagnose(&text);
        assert!(!told.is_empty(), "{text}");
        for diagnostic in told {
            let guess = diagnostic.suggestion.as_deref().unwrap_or_default();
            assert!(!guess.starts_with("did you mean"), "{guess:?} in\n{text}");
        }
    }
}
