//! What a kind says about a spec whose fields are fine one by one but not together.

use std::{collections::HashMap, hash::Hash};

/// What class of rule a spec breaks. Each has a stable code of its own in `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A text has not the form it must have.
    Form,
    /// A number is outside its bounds.
    Range,
    /// There are too many or too few of something.
    Count,
    /// Something that must be unique is there twice.
    Duplicate,
    /// Exactly one of some fields must be given.
    ExactlyOne,
    /// Two fields exclude each other.
    Exclusive,
    /// A field needs another that is not there.
    Requires,
    /// One limit contradicts another.
    Order,
    /// No backend gets a share.
    NoShare,
    /// A backend has no weight beside others that have.
    NoWeight,
    /// A port on which TLS is the custom is said to speak plain HTTP.
    PlainHttp,
    /// A port speaks what proxies do not carry yet.
    NotCarried,
    /// A rule is never reached.
    Unreachable,
    /// A certificate, its chain or its key is not what it must be.
    Certificate,
    /// A regular expression is not valid in RE2 syntax.
    Regex,
    /// A regular expression is too big.
    RegexTooBig,
    /// Envoy does not let this header be removed.
    ProtectedHeader,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its class.
    pub fault: Fault,
    /// JSON pointer into the spec.
    pub pointer: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What would be right.
    pub expected: Option<String>,
    /// What is there instead.
    pub found: Option<String>,
    /// What to do.
    pub suggestion: Option<String>,
    /// What traffic would see if it stayed so.
    pub effect: Option<String>,
}

/// Collects what a kind finds.
#[derive(Debug, Default)]
pub struct Checks {
    findings: Vec<Finding>,
}

impl Checks {
    /// Reports that the value at `pointer` (into the spec) breaks a rule; the rest is added to what
    /// is returned.
    pub fn report(
        &mut self,
        fault: Fault,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Report<'_> {
        let finding = Finding {
            fault,
            pointer: pointer.into(),
            message: message.into(),
            expected: None,
            found: None,
            suggestion: None,
            effect: None,
        };
        Report(self.findings.push_mut(finding))
    }

    /// Reports each of `items` (a value and its pointer) that was there before.
    pub fn unique<T: Hash + Eq + std::fmt::Display>(
        &mut self,
        what: &str,
        items: impl IntoIterator<Item = (T, String)>,
    ) {
        let mut seen: HashMap<T, String> = HashMap::new();
        for (item, pointer) in items {
            if let Some(first) = seen.get(&item) {
                let message = format!("{what} {item} is there twice");
                let first = format!("it is at {} already", dotted(first));
                self.report(Fault::Duplicate, pointer, message)
                    .expected(format!("each {what} once"))
                    .found(first);
            } else {
                seen.insert(item, pointer);
            }
        }
    }

    /// Reports unless exactly one of `fields` (name, given) is given.
    pub fn exactly_one(&mut self, pointer: &str, fields: &[(&str, bool)]) {
        let names = |given: Option<bool>| {
            let of: Vec<&str> = fields
                .iter()
                .filter(|(_, is)| given.is_none_or(|given| *is == given))
                .map(|(name, _)| *name)
                .collect();
            of.join(", ")
        };
        let given: Vec<&str> = fields.iter().filter(|f| f.1).map(|f| f.0).collect();
        match given[..] {
            [] => {
                self.report(
                    Fault::ExactlyOne,
                    pointer,
                    format!("one of {} must be given", names(None)),
                )
                .expected(format!("one of {}", names(None)))
                .found("none");
            }
            [_] => {}
            [_, second, ..] => {
                self.report(
                    Fault::ExactlyOne,
                    format!("{pointer}/{second}"),
                    format!("only one of {} can be given", names(None)),
                )
                .expected("one of them")
                .found(names(Some(true)));
            }
        }
    }

    /// What was found, in the order it was reported.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// A finding that has just been reported, to say more about it.
#[derive(Debug)]
pub struct Report<'a>(&'a mut Finding);

impl Report<'_> {
    /// What would be right.
    pub fn expected(self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// What is there instead.
    pub fn found(self, found: impl Into<String>) -> Self {
        self.0.found = Some(found.into());
        self
    }

    /// What to do.
    pub fn suggest(self, suggestion: impl Into<String>) -> Self {
        self.0.suggestion = Some(suggestion.into());
        self
    }

    /// What traffic would see if it stayed so.
    pub fn effect(self, effect: impl Into<String>) -> Self {
        self.0.effect = Some(effect.into());
        self
    }
}

/// `/rules/0/name` as people write it: `rules[0].name`.
fn dotted(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(&format!("[{part}]"));
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        }
    }
    out
}
