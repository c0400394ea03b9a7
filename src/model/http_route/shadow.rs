//! Rules that no request reaches, because a rule before them takes all of theirs.
//!
//! Gateway API tries the most specific match first, wherever it stands: a wider match never hides a
//! narrower one. So a match is hidden by its equals alone, of which the first in the route wins.

use std::collections::HashMap;

use super::{Asks, Match, Rule};
use crate::model::{Checks, Fault};

/// Reports each match that an equal one before it hides.
pub(super) fn check(rules: &[Rule], checks: &mut Checks) {
    let everything = [Match::default()];
    let mut first: HashMap<Asks, String> = HashMap::new();
    for (i, rule) in rules.iter().enumerate() {
        let matches = if rule.matches.is_empty() {
            &everything[..]
        } else {
            &rule.matches
        };
        let mut hidden = Vec::new();
        for (j, it) in matches.iter().enumerate() {
            let here = match &rule.name {
                Some(name) => format!("rule {name:?}"),
                None => format!("rules[{i}]"),
            };
            match first.get(&Asks::of(it)) {
                Some(before) => hidden.push((j, before.clone())),
                None => drop(first.insert(Asks::of(it), here)),
            }
        }
        let whole = hidden.len() == matches.len();
        for (j, before) in hidden {
            let message = if whole && matches.len() == 1 {
                format!("no request reaches this rule: {before} takes the same ones")
            } else {
                format!("no request reaches this match: {before} takes the same ones")
            };
            let pointer = if rule.matches.is_empty() {
                format!("/rules/{i}")
            } else {
                format!("/rules/{i}/matches/{j}")
            };
            checks
                .report(Fault::Unreachable, pointer, message)
                .suggest("remove it, or make it ask for something else too")
                .effect("its filters and backends are never used");
        }
    }
}
