//! Rules of numbers of every kind: `const`, their bounds, `in`, `not_in`.

use std::{cmp::Ordering, fmt};

use prost_reflect::{DynamicMessage, Value};

use super::{Told, flag, rule, several};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    only: Option<Number>,
    above: Option<Number>,
    least: Option<Number>,
    below: Option<Number>,
    most: Option<Number>,
    one_of: Vec<Number>,
    none_of: Vec<Number>,
    or_empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::I32(n) => Self::Whole((*n).into()),
            Value::I64(n) => Self::Whole((*n).into()),
            Value::U32(n) => Self::Whole((*n).into()),
            Value::U64(n) => Self::Whole((*n).into()),
            Value::F32(n) => Self::Float((*n).into()),
            Value::F64(n) => Self::Float(*n),
            _ => return None,
        })
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Whole(0)) || self == Self::Float(0.0)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.partial_cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            // The rules of a field have its own type.
            _ => None,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(n) => n.fmt(f),
            Self::Float(n) => n.fmt(f),
        }
    }
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage) -> Self {
        let one = |name| rule(rules, name).as_ref().and_then(Number::of);
        let all = |name| several(rules, name).iter().filter_map(Number::of).collect();
        Self {
            only: one("const"),
            above: one("gt"),
            least: one("gte"),
            below: one("lt"),
            most: one("lte"),
            one_of: all("in"),
            none_of: all("not_in"),
            or_empty: flag(rules, "ignore_empty"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(value) = Number::of(value) else {
            return;
        };
        if self.or_empty && value.is_zero() {
            return;
        }
        let fits = self.above.is_none_or(|bound| value > bound)
            && self.least.is_none_or(|bound| value >= bound)
            && self.below.is_none_or(|bound| value < bound)
            && self.most.is_none_or(|bound| value <= bound);
        if !fits {
            told.tell(Fault::Range, self.bounds(), value.to_string());
        }
        if let Some(only) = self.only.filter(|only| *only != value) {
            told.tell(Fault::Value, only.to_string(), value.to_string());
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&value) {
            let expected = format!("one of {}", listed(&self.one_of));
            told.tell(Fault::Value, expected, value.to_string());
        }
        if self.none_of.contains(&value) {
            let expected = format!("none of {}", listed(&self.none_of));
            told.tell(Fault::Value, expected, value.to_string());
        }
    }

    fn bounds(&self) -> String {
        if let (Some(least), Some(most)) = (self.least, self.most) {
            return format!("{least} to {most}");
        }
        let words = [
            ("more than", self.above),
            ("at least", self.least),
            ("less than", self.below),
            ("at most", self.most),
        ];
        let words = words.into_iter();
        let words: Vec<String> = words
            .filter_map(|(words, bound)| Some(format!("{words} {}", bound?)))
            .collect();
        words.join(" and ")
    }
}

fn listed(numbers: &[Number]) -> String {
    let shown: Vec<String> = numbers.iter().map(Number::to_string).collect();
    shown.join(", ")
}
