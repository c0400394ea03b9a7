//! What a rule may do to requests: which filters go together, and with which matches.

use super::{
    Filter, HeaderModifier, HttpPathModifier, PathMatchType, Redirect, Rewrite, Rule, bounds,
};
use crate::model::{Checks, Fault, Form};

/// Whether the rule answers with a redirect.
pub(super) fn redirects(rule: &Rule) -> bool {
    let redirect = |filter: &Filter| matches!(filter, Filter::RequestRedirect { .. });
    rule.filters.iter().any(redirect)
}

/// Reports what is wrong with the filters of `rule`, which stands at `at`.
pub(super) fn check(rule: &Rule, at: &str, checks: &mut Checks) {
    let filters = format!("{at}/filters");
    check_list(&rule.filters, &filters, true, checks);
    for (i, filter) in rule.filters.iter().enumerate() {
        let here = format!("{filters}/{i}");
        match filter {
            Filter::RequestRedirect { redirect } => {
                check_redirect(redirect, &format!("{here}/requestRedirect"), rule, checks);
            }
            Filter::UrlRewrite { rewrite } => {
                check_rewrite(rewrite, &format!("{here}/urlRewrite"), rule, checks);
                if redirects(rule) {
                    checks
                        .report(
                            Fault::Exclusive,
                            here,
                            "a rule that redirects sends on nothing that could be rewritten",
                        )
                        .found("URLRewrite and RequestRedirect")
                        .suggest("give the redirect the host name and path");
                }
            }
            Filter::RequestHeaderModifier { .. } | Filter::ResponseHeaderModifier { .. } => {}
        }
    }
}

/// Reports what is wrong with each of `filters` and with the list; `of_rule`: else of one backend,
/// which takes header modifiers only.
pub(super) fn check_list(filters: &[Filter], at: &str, of_rule: bool, checks: &mut Checks) {
    let types = filters.iter().enumerate();
    checks.unique(
        "filter",
        types.map(|(i, filter)| (type_of(filter), format!("{at}/{i}/type"))),
    );
    for (i, filter) in filters.iter().enumerate() {
        match filter {
            Filter::RequestHeaderModifier { modifier } => {
                check_headers(modifier, &format!("{at}/{i}/requestHeaderModifier"), checks);
            }
            Filter::ResponseHeaderModifier { modifier } => {
                check_headers(
                    modifier,
                    &format!("{at}/{i}/responseHeaderModifier"),
                    checks,
                );
            }
            Filter::RequestRedirect { .. } | Filter::UrlRewrite { .. } if !of_rule => {
                checks
                    .report(
                        Fault::Exclusive,
                        format!("{at}/{i}/type"),
                        format!("a single backend takes no {}", type_of(filter)),
                    )
                    .expected("RequestHeaderModifier or ResponseHeaderModifier")
                    .found(type_of(filter))
                    .suggest("put it into the rule's own filters");
            }
            Filter::RequestRedirect { .. } | Filter::UrlRewrite { .. } => {}
        }
    }
}

fn type_of(filter: &Filter) -> &'static str {
    match filter {
        Filter::RequestHeaderModifier { .. } => "RequestHeaderModifier",
        Filter::ResponseHeaderModifier { .. } => "ResponseHeaderModifier",
        Filter::RequestRedirect { .. } => "RequestRedirect",
        Filter::UrlRewrite { .. } => "URLRewrite",
    }
}

fn check_headers(modifier: &HeaderModifier, at: &str, checks: &mut Checks) {
    for (list, headers) in [("set", &modifier.set), ("add", &modifier.add)] {
        let names = headers.iter().enumerate();
        checks.unique(
            "header",
            names.map(|(i, h)| (h.name.to_ascii_lowercase(), format!("{at}/{list}/{i}/name"))),
        );
    }
    let names = modifier.remove.iter().enumerate();
    checks.unique(
        "header",
        names.map(|(i, name)| (name.to_ascii_lowercase(), format!("{at}/remove/{i}"))),
    );
    for (i, name) in modifier.remove.iter().enumerate() {
        if name.eq_ignore_ascii_case("host") {
            checks
                .report(
                    Fault::ProtectedHeader,
                    format!("{at}/remove/{i}"),
                    "Envoy does not let the Host header be removed",
                )
                .suggest("a URLRewrite filter with hostname replaces it")
                .effect("Envoy rejects the route");
        }
    }
}

fn check_redirect(redirect: &Redirect, at: &str, rule: &Rule, checks: &mut Checks) {
    if let Some(path) = &redirect.path {
        check_path(path, &format!("{at}/path"), rule, checks);
    }
}

fn check_rewrite(rewrite: &Rewrite, at: &str, rule: &Rule, checks: &mut Checks) {
    match &rewrite.path {
        Some(path) => check_path(path, &format!("{at}/path"), rule, checks),
        None if rewrite.hostname.is_none() => {
            checks
                .report(Fault::Requires, at, "the rewrite changes nothing")
                .expected("one of hostname, path");
        }
        None => {}
    }
}

fn check_path(path: &HttpPathModifier, at: &str, rule: &Rule, checks: &mut Checks) {
    let (field, value) = match path {
        HttpPathModifier::ReplaceFullPath { value } => ("replaceFullPath", value),
        HttpPathModifier::ReplacePrefixMatch { value } => ("replacePrefixMatch", value),
    };
    // An empty path is the root.
    if !value.is_empty() {
        bounds::check_form(Form::Path, value, &format!("{at}/{field}"), checks);
    }
    if field == "replacePrefixMatch" {
        let prefix = |match_type| match_type == PathMatchType::PathPrefix;
        let other = rule.matches.iter().position(|it| {
            let path = it.path.as_ref();
            !path.and_then(|path| path.match_type).is_none_or(prefix)
        });
        if let Some(i) = other {
            checks
                .report(
                    Fault::Requires,
                    format!("{at}/type"),
                    "ReplacePrefixMatch needs a prefix in every match of the rule",
                )
                .expected("path: {type: PathPrefix} in every match")
                .found(format!("another type in matches[{i}]"))
                .suggest("use ReplaceFullPath, or make two rules of it");
        }
    }
}
