//! What is wrong with a document beyond its own text, found while compiling.

use serde::Serialize;

use super::Provenance;

/// How much a [`Problem`] hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Works as written, probably not as meant.
    Warning,
    /// A part was left out, or answers 500 for its share.
    Error,
}

/// One thing that did not compile as declared: what, where, and what happens instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Problem {
    /// Stable code, as `NL0301`.
    pub code: &'static str,
    /// How much it hurts.
    pub severity: Severity,
    /// The document and the place in it.
    pub at: Provenance,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What traffic sees because of it.
    pub effect: String,
    /// What a condition calls it: one word, Gateway API's own where it has one.
    pub reason: &'static str,
}

impl Problem {
    /// The same, called `reason` by a condition.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }
}
