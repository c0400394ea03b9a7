//! A file that is one message of Envoy's API, as a bootstrap is: read with every error at its line.
//!
//! Absent on purpose: what the message means, and the bound on a document's size, since it is none.

use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::{Code, Diagnostic, Place, Source, Span, schema::told, split, syntax};
use crate::envoy::{self, Fault};

/// Reads the one message in `source`; `of` tells its type from the names of its outermost fields.
///
/// # Errors
/// All that is wrong with it, by its place.
pub fn message(
    source: &Source<'_>,
    of: impl FnOnce(&[&str]) -> Option<MessageDescriptor>,
) -> Result<DynamicMessage, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let read = match split::preflight(source.text) {
        Some(fatal) => {
            found.push(fatal);
            None
        }
        None => read(source.text, of, &mut found),
    };
    match read {
        Some(message) if !found.iter().any(Diagnostic::is_error) => Ok(message),
        _ => {
            for diagnostic in &mut found {
                diagnostic.file = source.file.map(Into::into);
            }
            found.sort_by_key(Diagnostic::order);
            Err(found)
        }
    }
}

fn read(
    text: &str,
    of: impl FnOnce(&[&str]) -> Option<MessageDescriptor>,
    found: &mut Vec<Diagnostic>,
) -> Option<DynamicMessage> {
    let mut chunks = split::chunks(text);
    let Some(chunk) = chunks.next() else {
        found.push(not_one("nothing", 1));
        return None;
    };
    if let Some(second) = chunks.next() {
        found.push(not_one("a second document", second.line));
        return None;
    }
    let node = syntax::parse(chunk.text, chunk.line, found)?;
    let entries = node.entries().unwrap_or_default();
    let names: Vec<&str> = entries.iter().map(|entry| &*entry.key).collect();
    let of = of(&names)?;
    let read = envoy::message(&of, &node);
    // What an Envoy says itself breaks the rules for what it is told: weights of 0, for one.
    let said = of.full_name().starts_with("envoy.admin.");
    let rules = [Fault::Value, Fault::Range, Fault::Count, Fault::Missing];
    for finding in read.findings {
        if said && rules.contains(&finding.fault) {
            continue;
        }
        let at = if finding.about_name {
            node.locate_name(&finding.pointer)
        } else {
            node.locate(&finding.pointer)
        };
        let pointer = finding.pointer.clone();
        let mut diagnostic = told(finding).at(at);
        if pointer.split('/').any(envoy::may_hold_secret) {
            diagnostic.hide();
        }
        found.push(diagnostic.pointer(pointer));
    }
    read.message
}

fn not_one(what: &str, line: u32) -> Diagnostic {
    let place = Place { line, column: 1 };
    let message = "the file is not one configuration of an Envoy";
    Diagnostic::new(Code::WRONG_TYPE, message)
        .at(Span {
            start: place,
            end: place,
        })
        .expected("one mapping: a bootstrap, or the answer of /config_dump")
        .found(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bootstrap(text: &str) -> Result<DynamicMessage, Vec<Diagnostic>> {
        let source = Source {
            file: Some("envoy.yaml"),
            text,
        };
        message(&source, |_| {
            envoy::descriptor("/envoy.config.bootstrap.v3.Bootstrap")
        })
    }

    #[test]
    fn every_mistake_of_a_bootstrap_is_told_at_its_own_line() {
        let found = bootstrap(
            "node: {id: a}\nadmin:\n  adress: {}\nstatic_resources:\n  clusters:\n  - name: web\n    connect_timeout: 5\n",
        )
        .unwrap_err();
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.line, one.field(), one.suggestion.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (
                    Some(3),
                    "admin.adress".into(),
                    Some("did you mean \"address\"?")
                ),
                (
                    Some(7),
                    "static_resources.clusters[0].connect_timeout".into(),
                    Some("write 5s")
                ),
            ]
        );
        assert_eq!(found[0].file.as_deref(), Some("envoy.yaml"));
    }

    #[test]
    fn a_file_of_nothing_or_of_two_configurations_is_refused() {
        for text in ["", "# nothing\n", "node: {id: a}\n---\nnode: {id: b}\n"] {
            assert_eq!(bootstrap(text).unwrap_err().len(), 1, "{text}");
        }
    }

    #[test]
    fn a_mistake_beside_a_key_does_not_show_the_key() {
        let found = bootstrap(
            "static_resources:\n  secrets:\n  - name: a\n    tls_certificate:\n      private_key: {inline_strin: KEY}\n",
        )
        .unwrap_err();
        assert!(found[0].hidden, "{found:?}");
    }
}
