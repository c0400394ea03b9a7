//! Templates that pick parts of an answer: `-o jsonpath={.items[*].metadata.name}`.
//!
//! The language is kubectl's: text with expressions in braces; fields, `['field']`, indexes, slices,
//! unions, `*`, `..`, filters `[?(@.type=="Ready")]`, and `{range PATH} .. {end}`. What is not there
//! prints nothing. Without braces the whole text is one expression.
//!
//! Absent on purpose: functions and arithmetic, which kubectl does not have either.

mod read;

use serde_json::Value;

/// A template that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath(Vec<Part>);

/// What makes a text no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    /// An expression, a string or a bracket has no end.
    #[error("{what} that begins at character {at} has no end")]
    Open {
        /// What.
        what: &'static str,
        /// Where it begins: a character, from 1.
        at: usize,
    },
    /// Something else was expected.
    #[error("expected {expected} at character {at}, found {found:?}")]
    Unexpected {
        /// What could stand there.
        expected: &'static str,
        /// What does.
        found: String,
        /// Where: a character, from 1.
        at: usize,
    },
    /// `{end}` without `{range ..}`.
    #[error("{{end}} ends no {{range ..}}")]
    NoRange,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// Results beside each other, a space between.
    Path(Vec<Step>),
    /// Once for each result.
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// From the whole answer again.
    Root,
    Field(String),
    /// Every item or field.
    All,
    /// It and everything in it.
    Deep,
    Indexes(Vec<Slice>),
    Filter(Filter),
}

/// `1`, `-1`, or `1:3:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slice {
    One(i64),
    Range {
        from: Option<i64>,
        to: Option<i64>,
        step: usize,
    },
}

/// Items for which it holds.
#[derive(Debug, Clone, PartialEq)]
struct Filter {
    left: Operand,
    test: Option<(Test, Operand)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Path(Vec<Step>),
    Value(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl std::str::FromStr for JsonPath {
    type Err = NotATemplate;

    fn from_str(text: &str) -> Result<Self, NotATemplate> {
        read::template(text).map(Self)
    }
}

impl JsonPath {
    /// What it makes of `value`.
    pub(super) fn of(&self, value: &Value) -> String {
        let mut text = String::new();
        write(&self.0, value, value, &mut text);
        text
    }
}

fn write(parts: &[Part], root: &Value, here: &Value, into: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => into.push_str(text),
            Part::Path(steps) => {
                let found = found(steps, root, here);
                let texts: Vec<String> = found.into_iter().map(text).collect();
                into.push_str(&texts.join(" "));
            }
            Part::Range(steps, parts) => {
                for item in found(steps, root, here) {
                    write(parts, root, item, into);
                }
            }
        }
    }
}

/// Texts as they are, the rest as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn found<'v>(steps: &[Step], root: &'v Value, here: &'v Value) -> Vec<&'v Value> {
    let mut found = vec![here];
    for step in steps {
        found = match step {
            Step::Root => vec![root],
            Step::Field(name) => found.iter().filter_map(|value| value.get(name)).collect(),
            Step::All => found.iter().flat_map(|value| children(value)).collect(),
            Step::Deep => {
                let mut all = Vec::new();
                found.iter().for_each(|value| deep(value, &mut all));
                all
            }
            Step::Indexes(slices) => {
                let lists = found.iter().filter_map(|value| value.as_array());
                lists.flat_map(|list| picked(list, slices)).collect()
            }
            Step::Filter(filter) => {
                let items = found.iter().flat_map(|value| children(value));
                items.filter(|item| filter.holds(root, item)).collect()
            }
        };
    }
    found
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn deep<'v>(value: &'v Value, into: &mut Vec<&'v Value>) {
    into.push(value);
    for child in children(value) {
        deep(child, into);
    }
}

fn picked<'v>(list: &'v [Value], slices: &[Slice]) -> Vec<&'v Value> {
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    // From the end where it is negative.
    let place = |index: i64| if index < 0 { index + length } else { index };
    let at = |index: i64| {
        usize::try_from(index)
            .ok()
            .and_then(|index| list.get(index))
    };
    let mut picked = Vec::new();
    for slice in slices {
        match slice {
            Slice::One(index) => picked.extend(at(place(*index))),
            Slice::Range { from, to, step } => {
                let from = place(from.unwrap_or(0)).max(0);
                let to = place(to.unwrap_or(length)).min(length);
                picked.extend((from..to).step_by(*step).filter_map(at));
            }
        }
    }
    picked
}

impl Filter {
    fn holds(&self, root: &Value, item: &Value) -> bool {
        let left = self.left.value(root, item);
        let Some((test, right)) = &self.test else {
            return left.is_some();
        };
        let (Some(left), Some(right)) = (left, right.value(root, item)) else {
            return *test == Test::NotEqual;
        };
        let order = match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => Some(text(&left).cmp(&text(&right))),
        };
        order.is_some_and(|order| match test {
            Test::Equal => order.is_eq(),
            Test::NotEqual => order.is_ne(),
            Test::Less => order.is_lt(),
            Test::AtMost => order.is_le(),
            Test::More => order.is_gt(),
            Test::AtLeast => order.is_ge(),
        })
    }
}

impl Operand {
    fn value(&self, root: &Value, item: &Value) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Path(steps) => found(steps, root, item).first().map(|&value| value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn gives(template: &str, expected: &str) {
        let world = json!({
            "kind": "List",
            "items": [
                {"metadata": {"name": "a", "labels": {"app.kubernetes.io/x": "1"}}, "n": 1, "ports": [80, 81, 82]},
                {"metadata": {"name": "b"}, "n": 2, "on": true, "conditions": [
                    {"type": "Ready", "status": "True"}, {"type": "Programmed", "status": "False"},
                ]},
            ],
        });
        let read: JsonPath = template
            .parse()
            .unwrap_or_else(|error| panic!("{template}: {error}"));
        assert_eq!(read.of(&world), expected, "{template}");
    }

    #[test]
    fn a_template_gives_what_kubectl_gives_for_it() {
        for (template, expected) in [
            ("{.kind}", "List"),
            (".kind", "List"),
            ("kind", "List"),
            ("$.kind", "List"),
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[0].metadata.name}", "a"),
            ("{.items[-1:].metadata.name}", "b"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[0].ports[0,2]}", "80 82"),
            ("{.items[0].ports[1:]}", "81 82"),
            ("{.items[0].ports[::2]}", "80 82"),
            ("{..name}", "a b"),
            ("{.items[0].metadata.labels.app\\.kubernetes\\.io/x}", "1"),
            ("{.items[0].metadata.labels['app.kubernetes.io/x']}", "1"),
            ("{.items[?(@.n==2)].metadata.name}", "b"),
            ("{.items[?(@.n>=1)].metadata.name}", "a b"),
            ("{.items[?(@.on)].metadata.name}", "b"),
            ("{.items[?(@.on==true)].metadata.name}", "b"),
            (
                "{.items[1].conditions[?(@.type==\"Ready\")].status}",
                "True",
            ),
            (
                "{.items[1].conditions[?(@.type != 'Ready')].status}",
                "False",
            ),
            (
                "{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}",
                "a\t1\nb\t2\n",
            ),
            ("{range .items[*]}{.n}{end} of {.kind}", "12 of List"),
            ("name: {.items[1].metadata.name}!", "name: b!"),
            ("{.nothing.at.all}", ""),
            ("{.items[7].metadata.name}", ""),
            (
                "{.items[0].metadata.labels}",
                "{\"app.kubernetes.io/x\":\"1\"}",
            ),
            ("{range .items[*]}{$.kind}{end}", "ListList"),
        ] {
            gives(template, expected);
        }
    }

    #[test]
    fn what_is_no_template_is_told_with_its_place() {
        for template in [
            "{.a",
            "{.a[}",
            "{.a[0}",
            "{range .a}",
            "{end}",
            "{.a['b]}",
            "{.a[?(@.b=1)]}",
            "{!}",
            "{.a[x]}",
            "{.a[::0]}",
        ] {
            let read = template.parse::<JsonPath>();
            assert!(read.is_err(), "{template}: {read:?}");
        }
    }
}
