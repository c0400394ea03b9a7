//! What is done to requests and responses on the way.

use envoy_types::pb::envoy::{
    config::{
        core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
        route::v3::{
            RedirectAction, Route, RouteAction,
            redirect_action::{PathRewriteSpecifier, RedirectResponseCode, SchemeRewriteSpecifier},
            route_action::HostRewriteSpecifier,
            weighted_cluster::ClusterWeight,
        },
    },
    r#type::matcher::v3::RegexMatchAndSubstitute,
};

use super::matching::{elements, path, quoted};
use crate::{
    compile::wire,
    model::{Filter, HeaderModifier, HttpPathModifier, Match, PathMatchType, Redirect},
};

/// A path on its way, as Envoy says it.
enum PathChange {
    Prefix(String),
    Regex(RegexMatchAndSubstitute),
}

/// Header modifiers of a whole rule.
pub(super) fn headers_of_route(filters: &[Filter], route: &mut Route) {
    for filter in filters {
        match filter {
            Filter::RequestHeaderModifier { modifier } => {
                route.request_headers_to_add.extend(added(modifier));
                route.request_headers_to_remove.extend(removed(modifier));
            }
            Filter::ResponseHeaderModifier { modifier } => {
                route.response_headers_to_add.extend(added(modifier));
                route.response_headers_to_remove.extend(removed(modifier));
            }
            Filter::RequestRedirect { .. } | Filter::UrlRewrite { .. } => {}
        }
    }
}

/// Header modifiers of one backend's share.
pub(super) fn headers_of_share(filters: &[Filter], share: &mut ClusterWeight) {
    for filter in filters {
        match filter {
            Filter::RequestHeaderModifier { modifier } => {
                share.request_headers_to_add.extend(added(modifier));
                share.request_headers_to_remove.extend(removed(modifier));
            }
            Filter::ResponseHeaderModifier { modifier } => {
                share.response_headers_to_add.extend(added(modifier));
                share.response_headers_to_remove.extend(removed(modifier));
            }
            Filter::RequestRedirect { .. } | Filter::UrlRewrite { .. } => {}
        }
    }
}

/// Host and path rewrites of a rule, for requests that match `of`.
pub(super) fn rewrite(filters: &[Filter], of: &Match, action: &mut RouteAction) {
    let rewrites = filters.iter().filter_map(|filter| match filter {
        Filter::UrlRewrite { rewrite } => Some(rewrite),
        _ => None,
    });
    for rewrite in rewrites {
        if let Some(hostname) = &rewrite.hostname {
            action.host_rewrite_specifier = Some(HostRewriteSpecifier::HostRewriteLiteral(
                hostname.to_string(),
            ));
        }
        match rewrite.path.as_ref().map(|change| path_change(change, of)) {
            Some(PathChange::Prefix(prefix)) => action.prefix_rewrite = prefix,
            Some(PathChange::Regex(regex)) => action.regex_rewrite = Some(regex),
            None => {}
        }
    }
}

/// A redirect, for requests that match `of`.
pub(super) fn redirect(redirect: &Redirect, of: &Match) -> RedirectAction {
    // A new scheme means its own usual port; beside the request's own host Envoy would keep that
    // of the request.
    let usual_port = match (redirect.scheme.as_deref(), &redirect.hostname) {
        (Some("https"), None) => 443,
        (Some("http"), None) => 80,
        _ => 0,
    };
    let scheme = redirect.scheme.as_ref();
    RedirectAction {
        scheme_rewrite_specifier: scheme
            .map(|scheme| SchemeRewriteSpecifier::SchemeRedirect(scheme.to_string())),
        host_redirect: redirect.hostname.as_deref().unwrap_or_default().to_owned(),
        port_redirect: redirect.port.map_or(usual_port, u32::from),
        path_rewrite_specifier: redirect.path.as_ref().map(|change| match change {
            HttpPathModifier::ReplaceFullPath { value } => {
                PathRewriteSpecifier::PathRedirect(value.to_string())
            }
            HttpPathModifier::ReplacePrefixMatch { .. } => match path_change(change, of) {
                PathChange::Prefix(prefix) => PathRewriteSpecifier::PrefixRewrite(prefix),
                PathChange::Regex(regex) => PathRewriteSpecifier::RegexRewrite(regex),
            },
        }),
        response_code: match redirect.status_code {
            Some(301) => RedirectResponseCode::MovedPermanently,
            Some(303) => RedirectResponseCode::SeeOther,
            Some(307) => RedirectResponseCode::TemporaryRedirect,
            Some(308) => RedirectResponseCode::PermanentRedirect,
            _ => RedirectResponseCode::Found,
        }
        .into(),
        ..Default::default()
    }
}

/// Rules: Gateway API, "HTTPPathModifier", whose table of examples is the test below.
fn path_change(change: &HttpPathModifier, of: &Match) -> PathChange {
    match change {
        HttpPathModifier::ReplaceFullPath { value } => regex("^/.*$", literal(value)),
        HttpPathModifier::ReplacePrefixMatch { value } => {
            let (kind, matched) = path(of);
            if kind != PathMatchType::PathPrefix {
                return regex("^/.*$", literal(value)); // there is no prefix: the whole path matched
            }
            let (matched, value) = (elements(matched), elements(value));
            match (matched, value) {
                // `/a` becomes `/`, `/a/b` becomes `/b`: the slash must not come twice.
                (_, "") => regex(&format!("^{}/*(.*)$", quoted(matched)), r"/\1".to_owned()),
                ("", value) => PathChange::Prefix(format!("{value}/")),
                (_, value) => PathChange::Prefix(value.to_owned()),
            }
        }
    }
}

fn regex(pattern: &str, substitution: String) -> PathChange {
    PathChange::Regex(RegexMatchAndSubstitute {
        pattern: Some(wire::regex(pattern)),
        substitution,
    })
}

/// A substitution that means `text` itself.
fn literal(text: &str) -> String {
    text.replace('\\', r"\\")
}

fn added(modifier: &HeaderModifier) -> impl Iterator<Item = HeaderValueOption> {
    let set = modifier
        .set
        .iter()
        .map(|header| (header, HeaderAppendAction::OverwriteIfExistsOrAdd));
    let add = modifier
        .add
        .iter()
        .map(|header| (header, HeaderAppendAction::AppendIfExistsOrAdd));
    set.chain(add).map(|(header, action)| HeaderValueOption {
        header: Some(HeaderValue {
            key: header.name.to_string(),
            // Envoy reads `%..%` as a variable; here a value is a value.
            value: header.value.replace('%', "%%"),
            ..Default::default()
        }),
        append_action: action.into(),
        keep_empty_value: header.value.is_empty(),
        ..Default::default()
    })
}

fn removed(modifier: &HeaderModifier) -> impl Iterator<Item = String> {
    modifier.remove.iter().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PathMatch;

    /// What Envoy makes of `path`, which matched `prefix`.
    fn changed(prefix: &str, change: &PathChange, path: &str) -> String {
        match change {
            PathChange::Prefix(to) => {
                let matched = if elements(prefix).is_empty() {
                    "/"
                } else {
                    elements(prefix)
                };
                format!("{to}{}", path.strip_prefix(matched).unwrap())
            }
            PathChange::Regex(regex) => {
                let pattern = &regex.pattern.as_ref().unwrap().regex;
                let to = regex.substitution.replace(r"\1", "${1}");
                regex::Regex::new(pattern)
                    .unwrap()
                    .replace_all(path, to.as_str())
                    .into_owned()
            }
        }
    }

    #[test]
    fn a_replaced_prefix_keeps_the_elements_behind_it() {
        for (path, prefix, value, expected) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            ("/bar", "/", "/xyz", "/xyz/bar"),
            ("/", "/", "/xyz", "/xyz/"),
            ("/a.b/c", "/a.b", "/", "/c"),
        ] {
            let of = Match {
                path: Some(PathMatch {
                    match_type: None,
                    value: Some(prefix.into()),
                }),
                ..Match::default()
            };
            let change = HttpPathModifier::ReplacePrefixMatch {
                value: value.into(),
            };
            let found = changed(prefix, &path_change(&change, &of), path);
            assert_eq!(found, expected, "{path}: {prefix} to {value:?}");
        }
    }
}
