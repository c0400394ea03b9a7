//! What a code of a diagnostic means.

use serde_json::json;

use super::super::{Failure, output::Output, paint::Ink};
use crate::check::Code;

pub(super) fn explain(code: Code, output: &Output) -> Result<(), Failure> {
    let Some(title) = code.title() else {
        return Err(Failure::not_found(format!(
            "{code} is no code that netloft {} knows",
            env!("CARGO_PKG_VERSION")
        ))
        .next("netloft explain, or look at the server's version: netloft check"));
    };
    let value = json!({ "code": code, "severity": code.severity(), "title": title });
    let text = || {
        format!(
            "{} ({}): {title}\n",
            Ink::Strong.on(code.to_string()),
            code.severity()
        )
    };
    output.show(&value, text, || vec![code.to_string()])
}
