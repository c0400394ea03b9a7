//! What the fields of an `HTTPRoute`, each fine alone, are not together.

use super::{
    BackendRef, HttpRoute, Match, MatchType, PathMatch, PathMatchType, Rule, Timeouts, filters,
    shadow,
};
use crate::model::{Checks, Fault, Form, Kind, re2};

impl HttpRoute {
    /// Reports what its fields, each fine alone, are not together.
    pub(in crate::model) fn check(&self, checks: &mut Checks) {
        let parents = self.parent_refs.iter().enumerate();
        checks.unique(
            "parent",
            parents.map(|(i, parent)| {
                let part = |text: &Option<_>| text.clone().unwrap_or_default();
                let port = parent.port.map_or(String::new(), |port| format!(":{port}"));
                let name = format!(
                    "{} {}/{}#{}{port}",
                    parent.kind.as_deref().unwrap_or("Gateway"),
                    part(&parent.namespace),
                    parent.name,
                    part(&parent.section_name),
                );
                let name = name.replace(" /", " ");
                (
                    name.trim_end_matches('#').to_owned(),
                    format!("/parentRefs/{i}"),
                )
            }),
        );
        let hosts = self.hostnames.iter().enumerate();
        checks.unique(
            "host name",
            hosts.map(|(i, host)| (host, format!("/hostnames/{i}"))),
        );
        let only_services = self
            .parent_refs
            .iter()
            .all(|p| p.target() == Some(Kind::Service));
        if !self.hostnames.is_empty() && only_services {
            checks
                .report(
                    Fault::Requires,
                    "/hostnames",
                    "host names need a Gateway among the parents",
                )
                .expected("a parent of kind Gateway")
                .found("Services only, which are called by their own names")
                .suggest("remove hostnames");
        }
        let rules = self.rules.iter().enumerate();
        checks.unique(
            "rule name",
            rules.filter_map(|(i, rule)| Some((rule.name.as_ref()?, format!("/rules/{i}/name")))),
        );
        for (i, rule) in self.rules.iter().enumerate() {
            check_rule(rule, &format!("/rules/{i}"), checks);
        }
        shadow::check(&self.rules, checks);
    }
}

fn check_rule(rule: &Rule, at: &str, checks: &mut Checks) {
    for (i, it) in rule.matches.iter().enumerate() {
        check_match(it, &format!("{at}/matches/{i}"), checks);
    }
    filters::check(rule, at, checks);
    if let Some(timeouts) = &rule.timeouts {
        check_timeouts(timeouts, &format!("{at}/timeouts"), checks);
    }
    check_shares(rule, at, checks);
    for (i, backend) in rule.backend_refs.iter().enumerate() {
        check_backend(backend, &format!("{at}/backendRefs/{i}"), checks);
    }
}

fn check_match(it: &Match, at: &str, checks: &mut Checks) {
    if let Some(path) = &it.path {
        check_path(path, &format!("{at}/path/value"), checks);
    }
    let headers = it.headers.iter().enumerate();
    checks.unique(
        "header",
        headers.map(|(i, h)| {
            (
                h.name.to_ascii_lowercase(),
                format!("{at}/headers/{i}/name"),
            )
        }),
    );
    let params = it.query_params.iter().enumerate();
    checks.unique(
        "query parameter",
        params.map(|(i, param)| (&param.name, format!("{at}/queryParams/{i}/name"))),
    );
    let headers = it.headers.iter().enumerate();
    let headers = headers.map(|(i, h)| (h.match_type, &h.value, format!("{at}/headers/{i}/value")));
    let params = it.query_params.iter().enumerate();
    let params = params.map(|(i, p)| {
        (
            p.match_type,
            &p.value,
            format!("{at}/queryParams/{i}/value"),
        )
    });
    for (match_type, value, pointer) in headers.chain(params) {
        if match_type == Some(MatchType::RegularExpression) {
            check_regex(value, &pointer, checks);
        }
    }
}

fn check_path(path: &PathMatch, at: &str, checks: &mut Checks) {
    let value = path.value.as_deref().unwrap_or("/");
    match path.match_type.unwrap_or(PathMatchType::PathPrefix) {
        PathMatchType::RegularExpression => check_regex(value, at, checks),
        PathMatchType::Exact | PathMatchType::PathPrefix => {
            check_form(Form::Path, value, at, checks);
        }
    }
}

/// What the schema cannot say of a text, since it depends on a field beside it.
pub(super) fn check_form(form: Form, text: &str, at: &str, checks: &mut Checks) {
    if form.fits(text) {
        return;
    }
    let report = checks
        .report(Fault::Form, at, format!("{text:?} is not a path"))
        .expected(form.describe())
        .found(format!("{text:?}"));
    if let Some(mended) = form.mend(text) {
        report.suggest(format!("did you mean {mended:?}?"));
    }
}

fn check_regex(pattern: &str, at: &str, checks: &mut Checks) {
    match re2::check(pattern) {
        Ok(()) => {}
        Err(re2::Invalid::Syntax(reason)) => {
            checks
                .report(
                    Fault::Regex,
                    at,
                    format!("the regular expression is not valid: {reason}"),
                )
                .expected("RE2 syntax, the whole value matched")
                .found(format!("{pattern:?}"))
                .effect("Envoy rejects the route");
        }
        Err(re2::Invalid::TooBig) => {
            checks
                .report(Fault::RegexTooBig, at, "the regular expression is too big")
                .expected("fewer or smaller repetitions")
                .found(format!("{pattern:?}"))
                .effect("Envoy rejects the route");
        }
    }
}

fn check_timeouts(timeouts: &Timeouts, at: &str, checks: &mut Checks) {
    let (Some(whole), Some(one_try)) = (timeouts.request, timeouts.backend_request) else {
        return;
    };
    // No limit on the whole leaves every limit on one try possible.
    if whole.get().is_zero() || one_try <= whole {
        return;
    }
    checks
        .report(
            Fault::Order,
            format!("{at}/backendRequest"),
            format!("one try may take {one_try}, longer than the whole request with {whole}"),
        )
        .expected(format!("at most {whole}"))
        .found(one_try.to_string());
}

fn check_shares(rule: &Rule, at: &str, checks: &mut Checks) {
    if filters::redirects(rule) {
        if !rule.backend_refs.is_empty() {
            checks
                .report(
                    Fault::Exclusive,
                    format!("{at}/backendRefs"),
                    "a rule that redirects sends nothing to backends",
                )
                .found("a RequestRedirect filter and backendRefs")
                .suggest("remove one of the two, or make two rules of them");
        }
        return;
    }
    let shared = rule
        .backend_refs
        .iter()
        .any(|backend| backend.weight != Some(0));
    if shared {
        check_weights(&rule.backend_refs, at, checks);
        return;
    }
    let (pointer, message) = if rule.backend_refs.is_empty() {
        (
            at.to_owned(),
            "the rule names no backend and does not redirect",
        )
    } else {
        (
            format!("{at}/backendRefs"),
            "the weights of all backends are 0",
        )
    };
    checks
        .report(Fault::NoShare, pointer, message)
        .effect("every request of this rule is answered 500");
}

/// An absent weight is 1, which beside weights of 90 and 10 is hardly meant.
fn check_weights(backends: &[BackendRef], at: &str, checks: &mut Checks) {
    let given = backends.iter().filter_map(|backend| backend.weight);
    let sum: u64 = given.clone().map(u64::from).sum();
    // Beside small numbers, as 3, the 1 that it stands for may well be meant.
    if given.max().is_none_or(|most| most < 10) {
        return;
    }
    for (i, backend) in backends.iter().enumerate() {
        if backend.weight.is_none() {
            let absent = backends.iter().filter(|it| it.weight.is_none()).count();
            checks
                .report(
                    Fault::NoWeight,
                    format!("{at}/backendRefs/{i}"),
                    format!("{} has no weight beside others that have", backend.name),
                )
                .expected("a weight")
                .found("none, which is 1")
                .suggest("write the weight down")
                .effect(format!("it gets 1 of {} requests", sum + absent as u64));
        }
    }
}

fn check_backend(backend: &BackendRef, at: &str, checks: &mut Checks) {
    filters::check_list(&backend.filters, &format!("{at}/filters"), false, checks);
    let version = backend.kind.as_deref() == Some("ServiceVersion");
    let labels: Vec<&str> = backend.name.split('.').collect();
    let parts = if version { 2 } else { 1 };
    if labels.len() == parts && labels.iter().all(|label| Form::DnsLabel.fits(label)) {
        return;
    }
    let report = checks
        .report(
            Fault::Form,
            format!("{at}/name"),
            if version {
                format!("{:?} does not name a version of a service", backend.name)
            } else {
                format!("{:?} is not a service's name", backend.name)
            },
        )
        .expected(if version {
            "SERVICE.VERSION, as orders.v1"
        } else {
            Form::DnsLabel.describe()
        })
        .found(format!("{:?}", backend.name));
    if !version && labels.len() == 2 {
        report.suggest("for a version write group: netloft.dev and kind: ServiceVersion");
    }
}
