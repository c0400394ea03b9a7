//! Rules of a duration: `const`, its bounds, `in`, `not_in`. (`required` is asked of the field.)

use prost_reflect::{DynamicMessage, Value};

use super::{Told, rule, several};
use crate::envoy::Fault;

/// Nanoseconds.
type Span = i128;

/// Whether a value fits a bound.
type Fits = fn(Span, Span) -> bool;

#[derive(Debug)]
pub(super) struct Rules {
    only: Option<Span>,
    /// With the words that stand before each in a sentence, and whether a value fits.
    bounds: Vec<(&'static str, Span, Fits)>,
    one_of: Vec<Span>,
    none_of: Vec<Span>,
}

fn span(value: &Value) -> Option<Span> {
    let message = value.as_message()?;
    let seconds = message.get_field_by_name("seconds")?.as_i64()?;
    let nanos = message.get_field_by_name("nanos")?.as_i32()?;
    Some(Span::from(seconds) * 1_000_000_000 + Span::from(nanos))
}

fn show(span: Span) -> String {
    let sign = if span < 0 { "-" } else { "" };
    let (seconds, nanos) = (span.abs() / 1_000_000_000, span.abs() % 1_000_000_000);
    let decimals = format!(".{nanos:09}");
    let decimals = decimals.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{seconds}{decimals}s")
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage) -> Self {
        let one = |name| rule(rules, name).as_ref().and_then(span);
        let all = |name| several(rules, name).iter().filter_map(span).collect();
        let bounds: [(&str, &str, Fits); 4] = [
            ("gt", "more than", |value, bound| value > bound),
            ("gte", "at least", |value, bound| value >= bound),
            ("lt", "less than", |value, bound| value < bound),
            ("lte", "at most", |value, bound| value <= bound),
        ];
        let bounds = bounds.into_iter();
        Self {
            only: one("const"),
            bounds: bounds
                .filter_map(|(name, words, fits)| Some((words, one(name)?, fits)))
                .collect(),
            one_of: all("in"),
            none_of: all("not_in"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(value) = span(value) else {
            return;
        };
        if self
            .bounds
            .iter()
            .any(|(_, bound, fits)| !fits(value, *bound))
        {
            let words = self.bounds.iter();
            let words: Vec<_> = words
                .map(|(words, bound, _)| format!("{words} {}", show(*bound)))
                .collect();
            told.tell(Fault::Range, words.join(" and "), show(value));
        }
        let listed = |spans: &[Span]| {
            let shown: Vec<String> = spans.iter().map(|it| show(*it)).collect();
            shown.join(", ")
        };
        if let Some(only) = self.only.filter(|only| *only != value) {
            told.tell(Fault::Value, show(only), show(value));
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&value) {
            let expected = format!("one of {}", listed(&self.one_of));
            told.tell(Fault::Value, expected, show(value));
        }
        if self.none_of.contains(&value) {
            let expected = format!("none of {}", listed(&self.none_of));
            told.tell(Fault::Value, expected, show(value));
        }
    }
}
