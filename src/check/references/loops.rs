//! Redirects that lead back to the match that gives them: clients follow until they give up.
//!
//! Told only where it is sure: of matches by path alone, where host name and port stay the same, and
//! where no match that is tried before takes the new path, in whichever route of the parent.

use super::rivals::{Claims, Door, Rivals, requests_to};
use crate::{
    check::{Code, Diagnostic},
    model::{Asks, Document, Filter, HttpPathModifier, Match, PathMatchType, Redirect, Rule, Spec},
};

/// Where a redirect leads.
enum Leads<'r> {
    /// To the URL of the request.
    Nowhere,
    /// To this path.
    To(&'r str),
}

/// The redirects of `document` that lead back.
pub(super) fn seek(document: &Document, rivals: &Rivals<'_>) -> Vec<Diagnostic> {
    let Spec::HttpRoute(route) = &document.spec else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for (i, rule) in route.rules.iter().enumerate() {
        for (j, filter) in rule.filters.iter().enumerate() {
            let Filter::RequestRedirect { redirect } = filter else {
                continue;
            };
            let pointer = format!("/spec/rules/{i}/filters/{j}/requestRedirect");
            let back = comes_back(document, rule, redirect, rivals);
            told.extend(back.map(|diagnostic| diagnostic.pointer(pointer)));
        }
    }
    told
}

fn comes_back(
    document: &Document,
    rule: &Rule,
    redirect: &Redirect,
    rivals: &Rivals<'_>,
) -> Option<Diagnostic> {
    let every = [Match::default()];
    let matches = match rule.matches.is_empty() {
        true => &every[..],
        false => &rule.matches[..],
    };
    let mut by_path = matches
        .iter()
        .filter(|it| it.headers.is_empty() && it.query_params.is_empty() && it.method.is_none());
    by_path.find_map(|it| {
        let own = Asks::of(it);
        let leads = leads(redirect, own.path());
        let mut doors = rivals.doors(document).into_iter();
        let (parent, door, _) = doors.find(|(_, door, claims)| {
            stays(redirect, door)
                && match leads {
                    Leads::Nowhere => true,
                    Leads::To(path) => {
                        takes(own.path(), path) == Some(true)
                            && !taken(claims, door, own.path(), path)
                    }
                }
        })?;
        let (message, suggestion) = match leads {
            Leads::Nowhere => (
                "this redirect leads to where the request came from".to_owned(),
                "to send clients to HTTPS, write scheme: https".to_owned(),
            ),
            Leads::To(path) => (
                format!("this redirect leads to {path}, which this rule redirects again"),
                format!("add a rule for {path}, or let this one match less"),
            ),
        };
        Some(
            Diagnostic::new(Code::REDIRECT_LOOP, message)
                .expected("another scheme, hostname, port or path")
                .found(requests_to(&parent, &door))
                .suggest(Some(suggestion))
                .effect("clients follow it until they give up"),
        )
    })
}

/// Whether a request that came in by `door` comes in by it again.
fn stays(redirect: &Redirect, door: &Door) -> bool {
    let port = match (redirect.port, redirect.scheme.as_deref()) {
        (Some(port), _) => port,
        (None, Some("https")) => 443,
        (None, Some(_)) => 80,
        (None, None) => door.port,
    };
    let scheme = redirect.scheme.as_deref() != Some("https");
    let host = redirect.hostname.as_deref().is_none_or(|host| {
        let own = door.host.as_deref();
        own.is_some_and(|own| own.eq_ignore_ascii_case(host))
    });
    scheme && port == door.port && host
}

fn leads<'r>(redirect: &'r Redirect, (kind, own): (PathMatchType, &str)) -> Leads<'r> {
    let (path, nowhere) = match &redirect.path {
        None => return Leads::Nowhere,
        Some(HttpPathModifier::ReplaceFullPath { value }) => {
            (&**value, kind == PathMatchType::Exact && own == &**value)
        }
        Some(HttpPathModifier::ReplacePrefixMatch { value }) => {
            let same = value.trim_end_matches('/') == own.trim_end_matches('/');
            (&**value, kind == PathMatchType::PathPrefix && same)
        }
    };
    match (nowhere, path) {
        (true, _) => Leads::Nowhere,
        (false, "") => Leads::To("/"),
        (false, path) => Leads::To(path),
    }
}

/// Whether a match of this path takes `path`; none: only the proxy can tell.
fn takes((kind, own): (PathMatchType, &str), path: &str) -> Option<bool> {
    match kind {
        PathMatchType::Exact => Some(own == path),
        PathMatchType::PathPrefix => {
            let rest = path.strip_prefix(own.trim_end_matches('/'));
            Some(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        }
        PathMatchType::RegularExpression => None,
    }
}

/// Whether a match that is tried before one of `own` takes `path`, or may.
fn taken(claims: &Claims<'_>, door: &Door, own: (PathMatchType, &str), path: &str) -> bool {
    let rank = |(kind, value): (PathMatchType, &str)| match kind {
        PathMatchType::Exact => (2, value.len()),
        PathMatchType::RegularExpression => (1, value.len()),
        PathMatchType::PathPrefix => (0, value.len()),
    };
    claims.keys().any(|(other, asks)| {
        let before = rank(asks.path()) > rank(own);
        other == door && before && takes(asks.path(), path) != Some(false)
    })
}
