//! Where requests that match go.

use std::time::Duration;

use envoy_types::pb::envoy::config::route::v3::{
    DirectResponseAction, RouteAction, WeightedCluster,
    route::Action,
    route_action::{ClusterNotFoundResponseCode, ClusterSpecifier, MaxStreamDuration},
    weighted_cluster::ClusterWeight,
};

use super::filters;
use crate::{
    compile::{
        Audience, Lens, Target,
        backend::{self, Backend},
        names, place, problems, wire,
    },
    model::{BackendRef, Filter, Kind, Protocol, Redirect, Rule, Timeouts},
    snapshot::Problem,
    view::Name,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What is done with requests, before what depends on how they matched.
#[derive(Clone)]
pub(super) enum Act {
    Forward(Box<RouteAction>),
    Redirect(Redirect),
    Respond(DirectResponseAction),
}

/// What a rule's backends came to.
pub(super) struct Compiled {
    pub(super) action: Act,
    pub(super) backends: Vec<Target>,
    pub(super) problems: Vec<Problem>,
}

/// Every request to `target`.
pub(super) fn straight(target: &Target, protocol: Protocol, audience: Audience) -> Action {
    let mut action = RouteAction {
        cluster_specifier: Some(ClusterSpecifier::Cluster(
            names::cluster(target).to_string(),
        )),
        ..Default::default()
    };
    timeouts(None, protocol == Protocol::Grpc, audience, &mut action);
    Action::Route(action)
}

/// What the rule at `index` of `route` does.
pub(super) fn compile(
    route: &Name,
    index: usize,
    rule: &Rule,
    audience: Audience,
    lens: &mut Lens<'_>,
) -> Compiled {
    let redirect = rule.filters.iter().find_map(|filter| match filter {
        Filter::RequestRedirect { redirect } => Some(redirect),
        _ => None,
    });
    if let Some(redirect) = redirect {
        return Compiled {
            action: Act::Redirect(redirect.clone()),
            backends: Vec::new(),
            problems: Vec::new(),
        };
    }
    let weight = |backend: &BackendRef| u64::from(backend.weight.unwrap_or(1));
    let total: u64 = rule.backend_refs.iter().map(weight).sum();
    let mut problems = Vec::new();
    let mut backends = Vec::new();
    let mut shares = Vec::new();
    let mut all_grpc = true;
    for (place_of, declared) in rule.backend_refs.iter().enumerate() {
        let cluster = match backend::resolve(route, declared, lens) {
            Backend::Found { target, protocol } => {
                let name = names::cluster(&target).to_string();
                all_grpc &= protocol == Protocol::Grpc;
                backends.push(target);
                name
            }
            Backend::Missing {
                cluster,
                reason,
                why,
            } => {
                let pointer = format!("/spec/rules/{index}/backendRefs/{place_of}");
                let at = place::at(Kind::HttpRoute, route, &pointer);
                problems.push(problems::backend(
                    at,
                    (reason, why),
                    (weight(declared), total),
                ));
                cluster
            }
        };
        shares.push((cluster, declared));
    }
    if total == 0 {
        problems.push(problems::no_backend(place::rule(route, index)));
        return Compiled {
            action: Act::Respond(DirectResponseAction {
                status: 500,
                ..Default::default()
            }),
            // Weights of 0 are there to be raised: their clusters stay warm.
            backends,
            problems,
        };
    }
    let mut action = RouteAction {
        cluster_specifier: Some(specifier(shares)),
        // For a share whose backend is not there: its cluster's name is never taken.
        cluster_not_found_response_code: ClusterNotFoundResponseCode::InternalServerError.into(),
        ..Default::default()
    };
    let grpc = all_grpc && !backends.is_empty();
    timeouts(rule.timeouts.as_ref(), grpc, audience, &mut action);
    Compiled {
        action: Act::Forward(Box::new(action)),
        backends,
        problems,
    }
}

fn specifier(shares: Vec<(String, &BackendRef)>) -> ClusterSpecifier {
    if let [(cluster, declared)] = shares.as_slice()
        && declared.filters.is_empty()
    {
        return ClusterSpecifier::Cluster(cluster.clone());
    }
    let clusters = shares.into_iter().map(|(name, declared)| {
        let mut share = ClusterWeight {
            name,
            weight: wire::u32(declared.weight.unwrap_or(1)),
            ..Default::default()
        };
        filters::headers_of_share(&declared.filters, &mut share);
        share
    });
    ClusterSpecifier::WeightedClusters(WeightedCluster {
        clusters: clusters.collect(),
        ..Default::default()
    })
}

/// Each request is tried once, so the shorter of both bounds holds; 0 is no bound.
fn timeouts(declared: Option<&Timeouts>, grpc: bool, audience: Audience, action: &mut RouteAction) {
    let request = declared
        .and_then(|timeouts| timeouts.request)
        .map(crate::model::Duration::get);
    let one_try = declared
        .and_then(|timeouts| timeouts.backend_request)
        .map(crate::model::Duration::get);
    let bounds = [request, one_try].into_iter().flatten();
    let shorter = bounds.filter(|bound| !bound.is_zero()).min();
    // A declared 0 takes the default away.
    let declared = shorter.or_else(|| request.or(one_try));
    match audience {
        Audience::Grpc => {
            action.max_stream_duration = declared.map(|bound| MaxStreamDuration {
                max_stream_duration: Some(wire::duration(bound)),
                ..Default::default()
            });
        }
        Audience::Envoy | Audience::Separate(_) => {
            let default = if grpc {
                Duration::ZERO
            } else {
                REQUEST_TIMEOUT
            };
            action.timeout = Some(wire::duration(declared.unwrap_or(default)));
            if grpc && declared.is_none() {
                // Streams may live as long as they like; a caller's own deadline is kept.
                action.max_stream_duration = Some(MaxStreamDuration {
                    grpc_timeout_header_max: Some(wire::duration(Duration::ZERO)),
                    ..Default::default()
                });
            }
        }
    }
}
