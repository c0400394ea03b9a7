//! Rules that no request reaches, because a rule before them takes all of theirs.
//!
//! Gateway API tries the most specific match first, wherever it stands: a wider match never hides a
//! narrower one. So a match is hidden by its equals alone, of which the first in the route wins.

use std::collections::{BTreeSet, HashMap};

use super::{Match, MatchType, PathMatchType, Rule};
use crate::model::{Checks, Fault};

/// What a match asks for, written the same however it was declared.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Asks {
    path: (PathMatchType, String),
    method: Option<String>,
    headers: BTreeSet<(String, bool, String)>,
    query: BTreeSet<(String, bool, String)>,
}

impl Asks {
    fn of(it: &Match) -> Self {
        let path = it.path.as_ref();
        let match_type = path.and_then(|path| path.match_type);
        let match_type = match_type.unwrap_or(PathMatchType::PathPrefix);
        let mut value = path.and_then(|path| path.value.as_deref()).unwrap_or("/");
        if match_type == PathMatchType::PathPrefix && value.len() > 1 {
            value = value.strip_suffix('/').unwrap_or(value);
        }
        let regex = |match_type| match_type == Some(MatchType::RegularExpression);
        let headers = it.headers.iter();
        let query = it.query_params.iter();
        Self {
            path: (match_type, value.to_owned()),
            method: it.method.as_deref().map(str::to_owned),
            headers: headers
                .map(|h| {
                    (
                        h.name.to_ascii_lowercase(),
                        regex(h.match_type),
                        h.value.to_string(),
                    )
                })
                .collect(),
            query: query
                .map(|q| (q.name.to_string(), regex(q.match_type), q.value.to_string()))
                .collect(),
        }
    }
}

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
