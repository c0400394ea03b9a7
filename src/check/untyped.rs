//! A text as JSON, before it is known what it declares: for what is merged into a document first.

use serde_json::Value;

use super::{
    Diagnostic,
    node::{Content, Node},
    split, syntax,
};

/// The one value in `text` (YAML or JSON), and what is wrong with the text. A number that JSON would
/// write otherwise than `text` does stays a text, so that `1.10` as a label is not `1.1`. Of a field
/// that stands twice the first counts.
#[must_use]
pub fn untyped(text: &str) -> (Option<Value>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    if let Some(fatal) = split::preflight(text) {
        return (None, vec![fatal]);
    }
    let mut chunks = split::chunks(text);
    let value = chunks.next().and_then(|chunk| {
        let root = syntax::parse(chunk.text, chunk.line, &mut found)?;
        Some(value(&root))
    });
    (value, found)
}

fn value(node: &Node<'_>) -> Value {
    match &node.content {
        _ if node.is_null() => Value::Null,
        Content::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.to_string(), value(&entry.value)))
            .collect(),
        Content::List(items) => items.iter().map(value).collect(),
        Content::Scalar { text, plain } => match (&**text, plain) {
            ("true", true) => Value::Bool(true),
            ("false", true) => Value::Bool(false),
            (text, true) => match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => number.into(),
                _ => text.into(),
            },
            (text, false) => text.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_the_json_that_reads_back_as_it_was_written() {
        let text = "a: 1\nb: '1'\nc: 1.10\nd: 0755\ne: true\nf: on\ng:\nh: [x, {i: -3}]\n";
        let (value, found) = untyped(text);
        assert_eq!(found, []);
        let expected = json!({
            "a": 1, "b": "1", "c": "1.10", "d": "0755", "e": true, "f": "on", "g": null,
            "h": ["x", { "i": -3 }],
        });
        assert_eq!(value, Some(expected));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for text in ["a: [", "a: b: c"] {
            let (value, found) = untyped(text);
            assert!(value.is_none() && !found.is_empty(), "{text}");
        }
        assert_eq!(untyped(""), (None, Vec::new()));
    }
}
