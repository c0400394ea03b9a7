//! `labelSelector`: Kubernetes' whole grammar.
//!
//! `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
//! As there, `!=` and `notin` hold too for what has no such label.

use std::{collections::BTreeMap, sync::Arc};

use crate::model::Form;

/// What labels must be; all of it. None of it: everything fits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{selector:?} is no label selector: {reason} (as app=web,tier in (a,b),!old)")]
pub(super) struct NotASelector {
    selector: String,
    reason: String,
}

type Labels = BTreeMap<Arc<str>, Arc<str>>;

impl LabelSelector {
    pub(super) fn parse(text: &str) -> Result<Self, NotASelector> {
        let mut reader = Reader { rest: text };
        reader.selector().map_err(|reason| NotASelector {
            selector: text.to_owned(),
            reason,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn fits(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&*self.key).map(|value| &**value);
        let is_one = |values: &[String]| value.is_some_and(|v| values.iter().any(|one| one == v));
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => is_one(values),
            Test::NotIn(values) => !is_one(values),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Above(bound) => number().is_some_and(|number| number > *bound),
            Test::Below(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn selector(&mut self) -> Result<LabelSelector, String> {
        let mut requirements = Vec::new();
        if self.peek().is_none() {
            return Ok(LabelSelector(requirements));
        }
        loop {
            requirements.push(self.requirement()?);
            match self.peek() {
                None => return Ok(LabelSelector(requirements)),
                Some(_) => self.expect(",")?,
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        if self.take("!") {
            let key = self.key()?;
            return Ok(Requirement {
                key,
                test: Test::Absent,
            });
        }
        let key = self.key()?;
        let test = if self.take("!=") {
            Test::NotIn(vec![self.value()?])
        } else if self.take("==") || self.take("=") {
            Test::In(vec![self.value()?])
        } else if self.take(">") {
            Test::Above(self.number()?)
        } else if self.take("<") {
            Test::Below(self.number()?)
        } else if matches!(self.peek(), None | Some(',')) {
            Test::Exists
        } else {
            match self.word() {
                "in" => Test::In(self.values()?),
                "notin" => Test::NotIn(self.values()?),
                "" => return Err(format!("unexpected {:?}", self.rest)),
                word => return Err(format!("{word:?} is no operator")),
            }
        };
        Ok(Requirement { key, test })
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        self.expect("(")?;
        let mut values = vec![self.value()?];
        while self.take(",") {
            values.push(self.value()?);
        }
        self.expect(")")?;
        Ok(values)
    }

    fn key(&mut self) -> Result<String, String> {
        let key = self.word();
        match Form::LabelKey.fits(key) {
            true => Ok(key.to_owned()),
            false => Err(format!("{key:?} is no label's key")),
        }
    }

    fn value(&mut self) -> Result<String, String> {
        let value = self.word();
        match Form::LabelValue.fits(value) {
            true => Ok(value.to_owned()),
            false => Err(format!("{value:?} is no label's value")),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let word = self.word();
        word.parse()
            .map_err(|_| format!("{word:?} is no whole number"))
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, symbol: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        match self.take(symbol) {
            true => Ok(()),
            false => Err(format!("{symbol:?} is missing before {:?}", self.rest)),
        }
    }

    /// What stands before the next symbol or space; may be empty.
    fn word(&mut self) -> &'a str {
        let rest = self.rest.trim_start();
        let ends = |c: char| c.is_whitespace() || "=!(),<>".contains(c);
        let (word, rest) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        self.rest = rest;
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| (key.into(), value.into()))
            .collect()
    }

    #[test]
    fn a_selector_selects_by_what_it_says() {
        for (selector, fits, not) in [
            ("", &["", "a=1"][..], &[][..]),
            ("a=1", &["a=1", "a=1,b=2"], &["", "a=2"]),
            ("a == 1", &["a=1"], &["a=2"]),
            ("a!=1", &["", "a=2"], &["a=1"]),
            ("a in (1, 2)", &["a=1", "a=2"], &["", "a=3"]),
            ("a notin (1,2)", &["", "a=3"], &["a=1"]),
            ("a", &["a=", "a=1"], &["", "b=1"]),
            ("!a", &["", "b=1"], &["a=1"]),
            ("a=1,!b, c notin (x)", &["a=1"], &["a=1,b=2", "a=1,c=x"]),
            ("a=", &["a="], &["", "a=1"]),
            ("a>1,a<4", &["a=2", "a=3"], &["a=1", "a=4", "a=x", ""]),
            ("example.com/a=b", &["example.com/a=b"], &["a=b"]),
            ("in in (in)", &["in=in"], &["in=x"]),
        ] {
            let parsed = LabelSelector::parse(selector).unwrap();
            for text in fits {
                assert!(parsed.fits(&labels(text)), "{selector} selects {text}");
            }
            for text in not {
                assert!(!parsed.fits(&labels(text)), "{selector} selects {text}");
            }
        }
    }

    #[test]
    fn what_is_no_selector_is_refused_and_says_why() {
        for text in [
            ",", "a,", "=b", "a b", "a in b", "a in (b", "a=b=c", "a=-", "!", "a>x", "a in",
            "a=(b)", "a/b/c=d", "a b c",
        ] {
            assert!(LabelSelector::parse(text).is_err(), "{text}");
        }
    }
}
