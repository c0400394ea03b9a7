//! A value of which no schema says what it is: it stays what YAML 1.2 says, and no number changes
//! on the way.

use serde_json::{Map, Number, Value};

use crate::check::node::{Content, Node};

/// The value of `node`. A plain scalar is a number where it is written as JSON would write that
/// number, so that `1.10` and `0755` stay what they are: texts that a number can be read from.
pub(super) fn value(node: &Node<'_>) -> Value {
    match &node.content {
        _ if node.is_null() => Value::Null,
        Content::Scalar { text, plain: true } => plain(text),
        Content::Scalar { text, plain: false } => Value::String(text.to_string()),
        Content::List(items) => items.iter().map(value).collect(),
        Content::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| (entry.key.to_string(), value(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => {
            let number = text.parse::<Number>().ok();
            let number = number.filter(|number| number.to_string() == text);
            number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::syntax;

    #[test]
    fn a_plain_scalar_is_a_number_only_where_json_writes_it_so() {
        let text =
            "[1, -2, 1.5, 1.10, 0755, 1e3, .5, no, ~, null, true, True, \"1\", 2024-01-01, 0x1f]";
        let root = syntax::parse(text, 1, &mut Vec::new()).unwrap();
        let expected = json!([
            1,
            -2,
            1.5,
            "1.10",
            "0755",
            "1e3",
            ".5",
            "no",
            null,
            null,
            true,
            "True",
            "1",
            "2024-01-01",
            "0x1f",
        ]);
        assert_eq!(value(&root), expected);
    }
}
