//! Which of two documents counts where both claim the same.
//!
//! Rules: Gateway API, "HTTPRouteRule.matches" and "Gateway.listeners": the oldest one, then the
//! first in alphabetical order of `NAMESPACE/NAME`. Age is told by the revision a document came into
//! being with, not by a clock; one that is not stored yet is younger than all that are.

/// A document's place among those that claim the same: the least counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Precedence {
    created: u64,
    name: String,
}

impl Precedence {
    /// Of the document `name` in `namespace`, which is there since `created`.
    #[must_use]
    pub fn of(created: Option<u64>, namespace: &str, name: &str) -> Self {
        Self {
            created: created.unwrap_or(u64::MAX),
            name: format!("{namespace}/{name}"),
        }
    }

    /// Whether age decides between the two, not the name.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.created < other.created
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_counts_and_of_one_age_the_first_by_name() {
        let in_order = [
            Precedence::of(Some(1), "z", "z"),
            Precedence::of(Some(2), "a-b", "a"), // '-' stands before '/'
            Precedence::of(Some(2), "a", "b"),
            Precedence::of(Some(2), "a", "c"),
            Precedence::of(None, "a", "a"),
        ];
        assert!(in_order.is_sorted_by(|a, b| a < b), "{in_order:?}");
    }
}
