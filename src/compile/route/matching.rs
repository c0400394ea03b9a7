//! Which requests a rule is for, and which rule comes first.

use std::{collections::HashSet, fmt::Write as _};

use envoy_types::pb::envoy::{
    config::route::v3::{
        HeaderMatcher, QueryParameterMatcher, RouteMatch, header_matcher::HeaderMatchSpecifier,
        query_parameter_matcher::QueryParameterMatchSpecifier, route_match::PathSpecifier,
    },
    r#type::matcher::v3::{StringMatcher, string_matcher::MatchPattern},
};

use crate::{
    compile::{Audience, wire},
    model::{HeaderMatch, Match, MatchType, PathMatchType},
};

/// Precedence of a match: the greater is tried first.
///
/// Gateway API: an exact path, then the longest prefix, then a method, then the most headers, then
/// the most query parameters. It leaves the place of regular expressions open: here they stand
/// between the two, longest first, since behind a rule for `/` none would ever be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    path: PathRank,
    path_len: usize,
    method: bool,
    headers: usize,
    query_params: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PathRank {
    Prefix,
    Regex,
    Exact,
}

pub(super) fn rank(of: &Match) -> Rank {
    let (kind, value) = path(of);
    let (path, path_len) = match kind {
        PathMatchType::Exact => (PathRank::Exact, value.len()),
        PathMatchType::RegularExpression => (PathRank::Regex, value.len()),
        PathMatchType::PathPrefix => (PathRank::Prefix, elements(value).len()),
    };
    Rank {
        path,
        path_len,
        method: of.method.is_some(),
        headers: headers(of).count(),
        query_params: of.query_params.len(),
    }
}

/// A name for a rule that has none: what it is for. `/orders`, `=/orders`, `~/o.*`, with method,
/// headers and query parameters where it asks for any.
pub(super) fn describe(of: &Match) -> String {
    let (kind, value) = path(of);
    let mut text = String::new();
    if let Some(method) = &of.method {
        let _ = write!(text, "{method} ");
    }
    text.push_str(match kind {
        PathMatchType::Exact => "=",
        PathMatchType::RegularExpression => "~",
        PathMatchType::PathPrefix => "",
    });
    text.push_str(value);
    let sign = |kind: Option<MatchType>| match kind {
        Some(MatchType::RegularExpression) => '~',
        Some(MatchType::Exact) | None => '=',
    };
    for header in headers(of) {
        let _ = write!(
            text,
            " {}{}{}",
            header.name,
            sign(header.match_type),
            header.value
        );
    }
    for param in &of.query_params {
        let _ = write!(
            text,
            " ?{}{}{}",
            param.name,
            sign(param.match_type),
            param.value
        );
    }
    text
}

pub(super) fn compile(of: &Match, audience: Audience) -> RouteMatch {
    let method = of.method.as_ref().map(|method| HeaderMatcher {
        name: ":method".to_owned(),
        header_match_specifier: Some(HeaderMatchSpecifier::StringMatch(string(None, method))),
        ..Default::default()
    });
    let of_headers = headers(of).map(|header| HeaderMatcher {
        name: header.name.to_string(),
        header_match_specifier: Some(HeaderMatchSpecifier::StringMatch(string(
            header.match_type,
            &header.value,
        ))),
        ..Default::default()
    });
    let params = of.query_params.iter().map(|param| QueryParameterMatcher {
        name: param.name.to_string(),
        query_parameter_match_specifier: Some(QueryParameterMatchSpecifier::StringMatch(string(
            param.match_type,
            &param.value,
        ))),
    });
    RouteMatch {
        path_specifier: Some(path_specifier(of, audience)),
        headers: method.into_iter().chain(of_headers).collect(),
        query_parameters: params.collect(),
        ..Default::default()
    }
}

fn path_specifier(of: &Match, audience: Audience) -> PathSpecifier {
    let (kind, value) = path(of);
    match kind {
        PathMatchType::Exact => PathSpecifier::Path(value.to_owned()),
        PathMatchType::RegularExpression => PathSpecifier::SafeRegex(wire::regex(value)),
        PathMatchType::PathPrefix => match (elements(value), audience) {
            ("", _) => PathSpecifier::Prefix("/".to_owned()),
            (prefix, Audience::Envoy | Audience::Separate(_)) => {
                PathSpecifier::PathSeparatedPrefix(prefix.to_owned())
            }
            // gRPC clients know prefixes by characters only.
            (prefix, Audience::Grpc) => {
                PathSpecifier::SafeRegex(wire::regex(&format!("{}(/.*)?", quoted(prefix))))
            }
        },
    }
}

/// How the path must look, and what it is compared with.
pub(super) fn path(of: &Match) -> (PathMatchType, &str) {
    let path = of.path.as_ref();
    let kind = path.and_then(|path| path.match_type);
    let value = path.and_then(|path| path.value.as_deref());
    (
        kind.unwrap_or(PathMatchType::PathPrefix),
        value.unwrap_or("/"),
    )
}

/// A prefix without slashes at its end: `/orders/` covers what `/orders` does. Empty for `/`.
pub(super) fn elements(prefix: &str) -> &str {
    prefix.trim_end_matches('/')
}

/// Header matches, of those with one name the first: it counts, as Gateway API has it.
fn headers(of: &Match) -> impl Iterator<Item = &HeaderMatch> {
    let mut seen = HashSet::new();
    of.headers
        .iter()
        .filter(move |header| seen.insert(header.name.to_ascii_lowercase()))
}

fn string(kind: Option<MatchType>, value: &str) -> StringMatcher {
    StringMatcher {
        match_pattern: Some(match kind {
            Some(MatchType::RegularExpression) => MatchPattern::SafeRegex(wire::regex(value)),
            Some(MatchType::Exact) | None => MatchPattern::Exact(value.to_owned()),
        }),
        ..Default::default()
    }
}

/// `text` as a regular expression (RE2) that matches it alone.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(value: Value) -> Match {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn matches_are_tried_in_the_order_of_gateway_api() {
        let in_order = [
            json!({"path": {"type": "Exact", "value": "/a"}}),
            json!({"path": {"type": "RegularExpression", "value": "/a.*b"}}),
            json!({"path": {"type": "RegularExpression", "value": "/a"}}),
            json!({"path": {"value": "/a/b"}}),
            json!({"path": {"value": "/a"}, "method": "GET", "headers": [{"name": "x", "value": "1"}]}),
            json!({"path": {"value": "/a/"}, "method": "GET"}),
            json!({"path": {"value": "/a"}, "headers": [{"name": "x", "value": "1"}, {"name": "y", "value": "1"}]}),
            json!({"path": {"value": "/a"}, "headers": [{"name": "x", "value": "1"}, {"name": "X", "value": "2"}],
                   "queryParams": [{"name": "q", "value": "1"}]}),
            json!({"path": {"value": "/a"}, "headers": [{"name": "x", "value": "1"}]}),
            json!({"path": {"value": "/a"}, "queryParams": [{"name": "q", "value": "1"}]}),
            json!({"path": {"value": "/a"}}),
            json!({}),
        ];
        let ranks: Vec<Rank> = in_order
            .iter()
            .map(|value| rank(&parsed(value.clone())))
            .collect();
        for (place, pair) in ranks.windows(2).enumerate() {
            assert!(
                pair[0] > pair[1],
                "{} before {}",
                in_order[place],
                in_order[place + 1]
            );
        }
    }

    #[test]
    fn a_rule_without_a_name_is_called_by_what_it_is_for() {
        for (value, expected) in [
            (json!({}), "/"),
            (json!({"path": {"value": "/a"}}), "/a"),
            (
                json!({"path": {"type": "Exact", "value": "/a"}, "method": "GET"}),
                "GET =/a",
            ),
            (
                json!({"path": {"type": "RegularExpression", "value": "/a.*"}}),
                "~/a.*",
            ),
            (json!({"headers": [{"name": "x", "value": "1"}]}), "/ x=1"),
            (
                json!({"queryParams": [{"type": "RegularExpression", "name": "q", "value": "a|b"}]}),
                "/ ?q~a|b",
            ),
        ] {
            assert_eq!(describe(&parsed(value)), expected);
        }
    }

    #[test]
    fn a_quoted_text_matches_itself_alone() {
        for text in ["/a.b", "/a+(b)[c]{d}", r"/\^$|?*"] {
            let regex = regex::Regex::new(&format!("^(?:{})$", quoted(text))).unwrap();
            assert!(regex.is_match(text), "{text}");
            assert!(
                !regex.is_match(&text.replace('.', "x").replace('+', ""))
                    || !text.contains(['.', '+'])
            );
        }
    }
}
