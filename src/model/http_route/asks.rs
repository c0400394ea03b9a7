//! What a match asks for, written the same however it was declared.
//!
//! Gateway API tries the most specific match first, wherever it stands: a wider match never hides a
//! narrower one. So a match is hidden by its equals alone.

use std::collections::BTreeSet;

use super::{Match, MatchType, PathMatchType};

/// What a match asks for: of two that ask for the same, one gets no request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asks {
    path: (PathMatchType, String),
    method: Option<String>,
    headers: BTreeSet<(String, bool, String)>,
    query: BTreeSet<(String, bool, String)>,
}

impl Asks {
    /// What `it` asks for.
    #[must_use]
    pub fn of(it: &Match) -> Self {
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

    /// How the path must look, and what it is compared with.
    #[must_use]
    pub fn path(&self) -> (PathMatchType, &str) {
        (self.path.0, &self.path.1)
    }
}
