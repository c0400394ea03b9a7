//! Whatever is wrong with a Secret, what is told of it does not hold its values.

use super::language::read;
use crate::check::{Code, render};

/// Not told, however it is written down.
const VALUE: &str = "hunter2";

#[test]
fn nothing_that_is_told_of_a_secret_shows_a_value() {
    for (wrong, code) in [
        ("metadata: {name: a}\ndata: {a: hunter2!}", Code::FORM),
        ("metadata: {name: a}\ndata: {a/b: hunter2}", Code::FORM),
        ("metadata: {name: a}\ndata: hunter2", Code::WRONG_TYPE),
        (
            "metadata: {name: a}\ndata: {a: [hunter2]}",
            Code::WRONG_TYPE,
        ),
        (
            "metadata: {name: a}\nstringData: [hunter2]",
            Code::WRONG_TYPE,
        ),
        (
            "metadata: {name: a}\nstringdta: {a: hunter2}",
            Code::UNKNOWN_FIELD,
        ),
        (
            "metadata: {name: a}\nspec: {data: {a: hunter2}}",
            Code::UNKNOWN_FIELD,
        ),
        (
            "metadata: {name: A, x: 1}\nstringData: {a: hunter2}",
            Code::FORM,
        ),
        (
            "metadata: {}\nstringData: {a: hunter2}",
            Code::MISSING_FIELD,
        ),
        ("stringData: {a: hunter2}", Code::MISSING_FIELD),
        (
            "metadata: {name: a}\nstringData: {a: !hunter2 b}",
            Code::TAG,
        ),
        (
            "metadata: {name: a}\nstringData: {a: *hunter2}",
            Code::UNKNOWN_ALIAS,
        ),
        (
            "metadata: {name: a}\nstringData: {a: b, a: hunter2}",
            Code::DUPLICATE_KEY,
        ),
        (
            "metadata: {name: a}\nstringData: {a: \"hunter2",
            Code::NOT_CLOSED,
        ),
        (
            "metadata: {name: a}\nstringData:\n  a: x: hunter2",
            Code::NOT_YAML,
        ),
        (
            "metadata: {name: a}\ntype: kubernetes.io/tls\nstringData: {tls.crt: hunter2}",
            Code::CERTIFICATE,
        ),
    ] {
        let text = format!("apiVersion: v1\nkind: Secret\n{wrong}\n");
        let checked = read(&text);
        let codes: Vec<Code> = checked.diagnostics.iter().map(|told| told.code).collect();
        assert!(codes.contains(&code), "{text}{codes:?}");
        for told in &checked.diagnostics {
            let wire = serde_json::to_string(told).unwrap();
            for shown in [wire, told.to_string(), render(told, Some(&text), false)] {
                // The name of an unknown field is no value.
                assert!(!shown.contains(VALUE), "{shown}\nof\n{text}");
            }
        }
        assert!(!format!("{:?}", checked.documents).contains(VALUE));
    }
}
