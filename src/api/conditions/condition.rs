//! One condition, in Kubernetes' shape.

use serde_json::{Value, json};

/// Whether what a condition's name says holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    /// It is not known yet.
    Unknown,
}

/// What a condition says, apart from when it began to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// Its name, as `Accepted`.
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    /// One word.
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// Longest message, in bytes: Kubernetes allows 32 KiB, a list of many documents should not.
const LONGEST: usize = 2_048;

impl Condition {
    pub(super) fn new(
        name: &'static str,
        holds: Holds,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let mut message: String = message.into();
        if message.len() > LONGEST {
            message.truncate(message.floor_char_boundary(LONGEST));
            message.push_str("..");
        }
        Self {
            name,
            holds,
            reason,
            message,
        }
    }

    /// As the API writes it; `since` is RFC 3339.
    pub(super) fn to_json(&self, generation: u64, since: &str) -> Value {
        json!({
            "type": self.name,
            "status": match self.holds {
                Holds::Yes => "True",
                Holds::No => "False",
                Holds::Unknown => "Unknown",
            },
            "observedGeneration": generation,
            "lastTransitionTime": since,
            "reason": self.reason,
            "message": self.message,
        })
    }
}
