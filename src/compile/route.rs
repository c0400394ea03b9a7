//! Rules of HTTPRoutes as Envoy's routes.
//!
//! Rules: Gateway API, "HTTPRouteRule", for all HTTPRoutes that meet in one virtual host together.

mod action;
mod filters;
mod matching;

use std::collections::{BTreeSet, HashSet};

use envoy_types::pb::envoy::config::route::v3::{Route, route::Action};

use self::matching::Rank;
use super::{Audience, Lens, Target, names, place, problems};
use crate::{
    model::{HttpRoute, Kind, Match, Protocol, Rule, Spec},
    snapshot::{Problem, Provenance},
    view::Name,
};

/// The routes of one virtual host.
#[derive(Default)]
pub(super) struct Rules {
    /// In the order they are tried.
    pub(super) routes: Vec<Route>,
    /// Where they send requests.
    pub(super) backends: BTreeSet<Target>,
    pub(super) provenance: Vec<Provenance>,
}

/// Every request to `target`: what a Service has that no HTTPRoute attaches to.
pub(super) fn everything_to(target: Target, protocol: Protocol, audience: Audience) -> Rules {
    let route = Route {
        name: "default".to_owned(),
        r#match: Some(matching::compile(&Match::default(), audience)),
        action: Some(action::straight(&target, protocol, audience)),
        ..Default::default()
    };
    Rules {
        routes: vec![route],
        backends: [target].into(),
        provenance: Vec::new(),
    }
}

/// The rules of all `routes`, by precedence; between equals, in the order of `routes`, which is that
/// of their own precedence, and of rules.
pub(super) fn compile(
    routes: &[Name],
    audience: Audience,
    lens: &mut Lens<'_>,
) -> (Rules, Vec<Problem>) {
    let mut rules = Rules::default();
    let mut found = Vec::new();
    let mut ranked: Vec<(Rank, Route)> = Vec::new();
    for name in routes {
        let Some(Spec::HttpRoute(spec)) = lens.spec(Kind::HttpRoute, name) else {
            continue;
        };
        found.extend(names_twice(name, spec));
        for (index, rule) in spec.rules.iter().enumerate() {
            let action = action::compile(name, index, rule, audience, lens);
            rules.backends.extend(action.backends);
            rules.provenance.push(place::rule(name, index));
            found.extend(action.problems);
            let every = [Match::default()];
            let matches = if rule.matches.is_empty() {
                &every
            } else {
                rule.matches.as_slice()
            };
            for each in matches {
                let route = route(name, rule, each, action.action.clone(), audience);
                ranked.push((matching::rank(each), route));
            }
        }
    }
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank)); // stable: equals stay in order
    rules.routes = ranked.into_iter().map(|(_, route)| route).collect();
    (rules, found)
}

fn route(name: &Name, rule: &Rule, of: &Match, action: action::Act, audience: Audience) -> Route {
    let own_name = match &rule.name {
        Some(own) => own.to_string(),
        None => matching::describe(of),
    };
    let mut route = Route {
        name: names::rule(name, &own_name),
        r#match: Some(matching::compile(of, audience)),
        ..Default::default()
    };
    route.action = Some(match action {
        action::Act::Respond(respond) => Action::DirectResponse(respond),
        action::Act::Forward(mut forward) => {
            filters::rewrite(&rule.filters, of, &mut forward);
            Action::Route(*forward)
        }
        action::Act::Redirect(redirect) => Action::Redirect(filters::redirect(&redirect, of)),
    });
    filters::headers_of_route(&rule.filters, &mut route);
    route
}

fn names_twice(route: &Name, spec: &HttpRoute) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let rules = spec.rules.iter().enumerate();
    let twice = rules.filter_map(|(index, rule)| {
        let name = rule.name.as_ref()?;
        (!seen.insert(name)).then(|| problems::rule_twice(place::rule(route, index), name))
    });
    twice.collect()
}
