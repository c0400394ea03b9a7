//! What a code of a diagnostic means: its page in `docs/errors`.

use serde_json::json;

use super::super::{Failure, output::Output, paint::Ink};
use crate::check::Code;

pub(super) fn explain(code: Code, output: &Output) -> Result<(), Failure> {
    let (Some(title), Some(page)) = (code.title(), code.page()) else {
        return Err(Failure::not_found(format!(
            "{code} is no code that netloft {} knows",
            env!("CARGO_PKG_VERSION")
        ))
        .next("netloft explain"));
    };
    let value = json!({
        "code": code,
        "severity": code.severity(),
        "title": title,
        "page": page,
    });
    output.show(&value, || painted(page), || vec![code.to_string()])
}

/// A page as a terminal shows it: headings in bold, links as their text, code indented.
fn painted(page: &str) -> String {
    let mut text = String::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            text.push_str(format!("    {line}").trim_end());
        } else if line.starts_with('#') {
            text.push_str(&Ink::Strong.on(line.trim_start_matches(['#', ' '])));
        } else {
            text.push_str(&linkless(line));
        }
        text.push('\n');
    }
    text
}

/// `line` with links replaced by their text, and without the stars of emphasis around it.
fn linkless(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.trim_matches('*');
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(name, after)| {
            let (_, after) = after.split_once(')')?;
            Some((name, after))
        });
        text.push_str(before);
        match link {
            Some((name, after)) => {
                text.push_str(name);
                rest = after;
            }
            None => {
                text.push('[');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_without_its_markup() {
        let page =
            "# NL1: x\n\n*`error`, so.*\n\n```yaml\na: [1]\n```\n- [NL2](NL2.md): y\n- a[0] z\n";
        let shown = painted(page);
        let expected = "NL1: x\x1b[0m\n\n`error`, so.\n\n    a: [1]\n- NL2: y\n- a[0] z\n";
        assert!(shown.ends_with(expected), "{shown}");
    }
}
