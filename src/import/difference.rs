//! Where two values differ.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// One place where what would be served is not what the file says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `Cluster web`, or `bootstrap`.
    pub resource: String,
    /// The field, as `load_assignment.endpoints[0]`; empty for the whole.
    pub field: String,
    /// What the file says; absent where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What would be served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if !self.field.is_empty() {
            write!(f, " {}", self.field)?;
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                write!(f, ": {} in the file, {} then", short(before), short(after))
            }
            (Some(before), None) => write!(f, ": {} in the file, not there then", short(before)),
            (None, Some(after)) => write!(f, ": not in the file, {} then", short(after)),
            (None, None) => Ok(()),
        }
    }
}

/// Two values, each with how it may be shown: the same without its secrets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Two<'a> {
    pub(super) before: Option<Shown<'a>>,
    pub(super) after: Option<Shown<'a>>,
}

/// A value and how it may be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) value: &'a Value,
    /// None where nothing of it may be.
    pub(super) hidden: Option<&'a Value>,
}

/// All places where the two differ, as far in as both are mappings or lists.
pub(super) fn differences(resource: &str, two: Two<'_>, found: &mut Vec<Difference>) {
    look(resource, String::new(), two, found);
}

fn look(resource: &str, field: String, two: Two<'_>, found: &mut Vec<Difference>) {
    let (before, after) = (two.before.map(|it| it.value), two.after.map(|it| it.value));
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let more = other.keys().filter(|name| !one.contains_key(*name));
            for name in one.keys().chain(more) {
                let dot = if field.is_empty() { "" } else { "." };
                let two = two.inside(|value| value.get(name));
                look(resource, format!("{field}{dot}{name}"), two, found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for place in 0..one.len().max(other.len()) {
                let two = two.inside(|value| value.get(place));
                look(resource, format!("{field}[{place}]"), two, found);
            }
        }
        _ => found.push(Difference {
            resource: resource.to_owned(),
            field,
            before: two.before.map(Shown::shown),
            after: two.after.map(Shown::shown),
        }),
    }
}

impl<'a> Two<'a> {
    fn inside(self, part: impl Fn(&'a Value) -> Option<&'a Value>) -> Self {
        let inside = |shown: Shown<'a>| {
            Some(Shown {
                value: part(shown.value)?,
                hidden: shown.hidden.and_then(&part),
            })
        };
        Self {
            before: self.before.and_then(inside),
            after: self.after.and_then(inside),
        }
    }
}

impl Shown<'_> {
    fn shown(self) -> Value {
        self.hidden.cloned().unwrap_or_else(|| "[redacted]".into())
    }
}

/// At most 60 characters of a value.
fn short(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST - 2).chain("..".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn between(before: &Value, after: &Value, hidden: Option<&Value>) -> Vec<String> {
        let mut found = Vec::new();
        let two = Two {
            before: Some(Shown {
                value: before,
                hidden: hidden.or(Some(before)),
            }),
            after: Some(Shown {
                value: after,
                hidden: Some(after),
            }),
        };
        differences("Cluster a", two, &mut found);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_place_that_differs_is_told_and_no_other() {
        let before = json!({"name": "a", "hosts": [{"port": 1}, {"port": 2}], "gone": true});
        let after = json!({"hosts": [{"port": 1}, {"port": 3}, {}], "name": "a", "new": 5});
        assert_eq!(
            between(&before, &after, None),
            [
                "Cluster a hosts[1].port: 2 in the file, 3 then",
                "Cluster a hosts[2]: not in the file, {} then",
                "Cluster a gone: true in the file, not there then",
                "Cluster a new: not in the file, 5 then",
            ]
        );
        assert_eq!(between(&before, &before, None), [""; 0]);
    }

    #[test]
    fn a_secret_that_differs_is_not_shown() {
        let (before, after) = (json!({"key": {"inline": "KEY"}}), json!({}));
        let hidden = json!({});
        let told = between(&before, &after, Some(&hidden));
        assert_eq!(
            told,
            ["Cluster a key: \"[redacted]\" in the file, not there then"]
        );
    }
}
