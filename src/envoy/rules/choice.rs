//! Rules of an enum: `const`, `defined_only`, `in`, `not_in`.

use prost_reflect::{DynamicMessage, Kind, Value};

use super::{Told, flag, rule, several};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    only: Option<i32>,
    defined: bool,
    one_of: Vec<i32>,
    none_of: Vec<i32>,
    /// Name of each value that the enum has.
    names: Vec<(i32, String)>,
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage, kind: &Kind) -> Self {
        let all = |name| {
            let values = several(rules, name).into_iter();
            values.filter_map(|value| value.as_i32()).collect()
        };
        Self {
            only: rule(rules, "const").and_then(|value| value.as_i32()),
            defined: flag(rules, "defined_only"),
            one_of: all("in"),
            none_of: all("not_in"),
            names: match kind {
                Kind::Enum(of) => {
                    let values = of.values();
                    values
                        .map(|it| (it.number(), it.name().to_owned()))
                        .collect()
                }
                _ => Vec::new(),
            },
        }
    }

    fn name(&self, number: i32) -> String {
        let known = self.names.iter().find(|(it, _)| *it == number);
        known.map_or_else(|| number.to_string(), |(_, name)| name.clone())
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(value) = value.as_enum_number() else {
            return;
        };
        let listed = |numbers: &[i32]| {
            let names: Vec<String> = numbers.iter().map(|it| self.name(*it)).collect();
            names.join(", ")
        };
        let expected = if self.only.is_some_and(|only| only != value) {
            self.only.map(|only| self.name(only))
        } else if self.defined && !self.names.iter().any(|(it, _)| *it == value) {
            let numbers: Vec<i32> = self.names.iter().map(|(it, _)| *it).collect();
            Some(format!("one of {}", listed(&numbers)))
        } else if !self.one_of.is_empty() && !self.one_of.contains(&value) {
            Some(format!("one of {}", listed(&self.one_of)))
        } else if self.none_of.contains(&value) {
            Some(format!("none of {}", listed(&self.none_of)))
        } else {
            None
        };
        if let Some(expected) = expected {
            told.tell(Fault::Value, expected, self.name(value));
        }
    }
}
