//! `GET /v1/proxies`: where each proxy stands, from its own ACKs and NACKs, and its reports.

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    time::SystemTime,
};

use axum::{Json, extract::State as Shared};
use netloft_proto::ProxyId;

use super::{
    State,
    error::ApiError,
    extract::{Nothing, Path, Query},
    types::{
        Held, Place, Proxies, Proxy, ProxyType, Rejected, RejectedVersion, Rejection, Reports,
    },
};
use crate::{
    catalog::Current,
    check,
    model::{DocumentKey, Kind},
    snapshot::{Problem, Provenance, TypeIx},
    telemetry::{self, traffic::Observer},
    xds::cache::{HeldStatus, Peer, RejectedStatus, StreamStatus, TypeStatus},
};

/// Names of pending resources that are listed; more are counted by `resources` alone.
const LISTED: usize = 100;

/// Places that are listed of a rejected resource; more are counted.
const PLACES: usize = 10;

pub(super) async fn list(
    Shared(state): Shared<State>,
    Query(Nothing {}): Query<Nothing>,
) -> Json<Proxies> {
    Json(all(&state))
}

fn all(state: &State) -> Proxies {
    let current = state.catalog.current();
    let revision = state.compiled.revision().unwrap_or_default().0;
    let streams = state.cache.streams();
    let problems = state.compiled.problems();
    let mut proxies = Vec::new();
    for streams in by_proxy(&streams) {
        let first = streams.iter().min_by_key(|stream| stream.opened);
        let proxy = first.map(|first| Proxy {
            problem: without_class(first, &problems),
            ..connected(first, &streams, &current)
        });
        proxies.extend(proxy);
    }
    for gone in state.telemetry.offline() {
        proxies.push(Proxy {
            state: "offline".to_owned(),
            since: time(gone.since),
            address: None,
            ..described(&gone.peer)
        });
    }
    observed(&mut proxies, &state.telemetry.traffic);
    proxies.sort_by(|a, b| a.name.cmp(&b.name));
    Proxies { revision, proxies }
}

pub(super) async fn one(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<Vec<Proxy>>, ApiError> {
    let rejections = state.telemetry.rejections_of(&id);
    let mut found: Vec<Proxy> = all(&state)
        .proxies
        .into_iter()
        .filter(|proxy| proxy.name == id)
        .collect();
    if found.is_empty() {
        Err(unknown(&id))
    } else {
        for proxy in &mut found {
            proxy.rejections = rejections.iter().map(told).collect();
        }
        Ok(Json(found))
    }
}

/// The streams of each proxy: one, or for a proxy that does not aggregate one for each type, and for
/// each cluster's endpoints. Two that aggregate and call themselves alike are two proxies.
pub(super) fn by_proxy(streams: &[StreamStatus]) -> Vec<Vec<&StreamStatus>> {
    let (alone, whole): (Vec<_>, Vec<_>) = streams.iter().partition(|stream| stream.alone);
    let mut apart: BTreeMap<&ProxyId, Vec<&StreamStatus>> = BTreeMap::new();
    for stream in alone {
        apart.entry(&stream.peer.proxy).or_default().push(stream);
    }
    let whole = whole.into_iter().map(|stream| vec![stream]);
    whole.chain(apart.into_values()).collect()
}

fn told(rejection: &telemetry::Rejection) -> Rejection {
    let resources = rejection.names.iter();
    let resources = resources.map(|(name, hash)| RejectedVersion {
        name: name.to_string(),
        hash: hash.map(|hash| hash.to_string()),
    });
    Rejection {
        at: time(rejection.at),
        stream: rejection.stream.0,
        class: rejection.class.as_ref().map(ToString::to_string),
        api: rejection.api.to_owned(),
        revision: rejection.revision.0,
        generation: rejection.generation.0,
        resources: resources.collect(),
        error: rejection.error.to_string(),
    }
}

pub(super) fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!(
        "no proxy calls itself {id:?}: `netloft ps` lists those that are known"
    ))
}

/// What is wrong where the proxy of `stream` names a class that nobody declared.
fn without_class(stream: &StreamStatus, problems: &[Problem]) -> Option<Box<check::Diagnostic>> {
    let class = stream.class.as_ref()?;
    let code = check::Code::COMPILED_UNKNOWN.to_string();
    let found = problems
        .iter()
        .find(|problem| problem.code == code && problem.at.name == *class)?;
    Some(Box::new(check::problem(found, None)))
}

/// The proxy of `streams`, the first of which is `stream`.
fn connected(stream: &StreamStatus, streams: &[&StreamStatus], current: &Current) -> Proxy {
    let mut types: BTreeMap<TypeIx, ProxyType> = BTreeMap::new();
    for status in streams.iter().flat_map(|stream| &stream.types) {
        let one = of_type(status, current);
        match types.entry(status.ty) {
            Entry::Vacant(place) => drop(place.insert(one)),
            Entry::Occupied(mut place) => join(place.get_mut(), one),
        }
    }
    let types: Vec<ProxyType> = types.into_values().collect();
    let state = if types.iter().any(|ty| !ty.rejected.is_empty()) {
        "rejected"
    } else if types.iter().all(|ty| ty.synced) {
        "synced"
    } else {
        "pending"
    };
    Proxy {
        state: state.to_owned(),
        since: time(stream.opened),
        address: stream.peer.address.map(|address| address.to_string()),
        types,
        class: stream.class.as_ref().map(ToString::to_string),
        ..described(&stream.peer)
    }
}

fn described(peer: &Peer) -> Proxy {
    let agent = &peer.user_agent;
    Proxy {
        name: peer.proxy.to_string(),
        kind: format!("{} {}", agent.name, agent.version)
            .trim()
            .to_owned(),
        cluster: peer.cluster.clone(),
        address: None,
        dialect: serde_json::to_value(peer.dialect)
            .ok()
            .and_then(|dialect| dialect.as_str().map(str::to_owned))
            .unwrap_or_default(),
        state: String::new(),
        since: String::new(),
        types: Vec::new(),
        class: None,
        problem: None,
        reports: None,
        rejections: Vec::new(),
    }
}

/// Adds what is known by reports. A proxy that has a stream is one that reports too; one that has
/// none any more and reports on is configured by another now.
fn observed(proxies: &mut Vec<Proxy>, observer: &Observer) {
    let mut by_name: HashMap<String, Vec<&mut Proxy>> = HashMap::new();
    for proxy in proxies.iter_mut() {
        by_name.entry(proxy.name.clone()).or_default().push(proxy);
    }
    let mut alone = Vec::new();
    for one in observer.proxies() {
        let reports = Reports {
            last: time(observer.at(one.last)),
            silent: one.silent,
            from: one.from.iter().map(ToString::to_string).collect(),
        };
        let Some(known) = by_name.get_mut(one.proxy.as_str()) else {
            let (state, since) = match one.silent {
                true => ("offline", one.last),
                false => ("observed", one.first),
            };
            alone.push(Proxy {
                name: one.proxy.to_string(),
                kind: String::new(),
                cluster: one.group,
                address: None,
                dialect: String::new(),
                state: state.to_owned(),
                since: time(observer.at(since)),
                types: Vec::new(),
                class: None,
                problem: None,
                reports: Some(reports),
                rejections: Vec::new(),
            });
            continue;
        };
        for proxy in known {
            if proxy.state == "offline" && !one.silent {
                "observed".clone_into(&mut proxy.state);
            }
            proxy.reports = Some(reports.clone());
        }
    }
    proxies.append(&mut alone);
}

fn of_type(status: &TypeStatus, current: &Current) -> ProxyType {
    let differences = status.differences();
    let snapshot = status.current.as_deref();
    let resources = snapshot.map_or(0, |snapshot| {
        if status.wildcard {
            snapshot.len(status.ty)
        } else {
            status
                .names()
                .filter(|name| snapshot.get(status.ty, name).is_some())
                .count()
        }
    });
    ProxyType {
        api: status.ty.info().api.to_owned(),
        resources,
        sent: status.sent.as_ref().map(|sent| sent.revision.0),
        accepted: status.accepted_revision().map(|accepted| accepted.0),
        synced: status.is_synced(),
        pending: differences
            .iter()
            .take(LISTED)
            .map(|one| one.name.to_string())
            .collect(),
        rejected: status
            .rejected
            .iter()
            .map(|one| rejected(status, one, current))
            .collect(),
        held: status
            .held
            .iter()
            .map(|one| held(status, one, false))
            .chain(status.overdue.iter().map(|one| held(status, one, true)))
            .collect(),
    }
}

pub(super) fn held(status: &TypeStatus, held: &HeldStatus, overdue: bool) -> Held {
    Held {
        api: status.ty.info().api.to_owned(),
        name: held.name.to_string(),
        on: format!("{} {}", held.on.to.info().api, held.on.name),
        overdue,
    }
}

/// What a proxy said no to, and where that was declared.
pub(super) fn rejected(
    status: &TypeStatus,
    rejected: &RejectedStatus,
    current: &Current,
) -> Rejected {
    let snapshot = status.current.as_deref();
    let resource = snapshot.and_then(|snapshot| snapshot.get(status.ty, &rejected.name));
    let provenance = resource.map_or(&[][..], |resource| resource.provenance());
    let places = provenance.iter().filter_map(|place| {
        let stored = current.get(&key(place)?)?;
        Some((&*stored.document, &*place.pointer))
    });
    let told = check::Rejection {
        api: status.ty.info().api,
        resource: &rejected.name,
        words: &rejected.error,
        keeps_earlier: rejected.has_earlier,
    };
    let diagnostic = check::rejection(&told, &places.collect::<Vec<_>>());
    let mut from = self::places(provenance, current);
    let about = diagnostic.document.as_ref().map(ToString::to_string);
    from.sort_by_cached_key(|place| {
        let it = about.as_ref() == Some(&place.document);
        (!it, !check::speaks_of(&told, &place.document))
    });
    let from_more = from.len().saturating_sub(PLACES);
    from.truncate(PLACES);
    Rejected {
        api: status.ty.info().api.to_owned(),
        name: rejected.name.to_string(),
        error: rejected.error.to_string(),
        keeps_earlier: rejected.has_earlier,
        from,
        from_more,
        diagnostic: Some(Box::new(diagnostic)),
    }
}

/// Adds what another stream of the same type says.
fn join(all: &mut ProxyType, one: ProxyType) {
    all.resources += one.resources;
    all.sent = all.sent.max(one.sent);
    all.accepted = all.accepted.min(one.accepted);
    all.synced &= one.synced;
    all.pending.extend(one.pending);
    all.pending.truncate(LISTED);
    all.rejected.extend(one.rejected);
    all.held.extend(one.held);
}

/// The document that `place` is in.
fn key(place: &Provenance) -> Option<DocumentKey> {
    Some(DocumentKey {
        kind: Kind::by_name(&place.kind)?,
        namespace: place.namespace.clone(),
        name: place.name.clone(),
    })
}

/// Where the documents stand that a resource was compiled from. Places that lie within another's
/// document are told once for each document.
pub(super) fn places(provenance: &[Provenance], current: &Current) -> Vec<Place> {
    let mut places = BTreeMap::new();
    for one in provenance {
        let Some(key) = key(one) else {
            continue;
        };
        let origin = current
            .get(&key)
            .map(|stored| stored.document.origin.clone());
        let line = origin
            .as_ref()
            .and_then(|origin| check::locate(origin, &one.pointer))
            .map(|span| span.start.line);
        let place = Place {
            document: key.to_string(),
            pointer: one.pointer.to_string(),
            file: origin
                .as_ref()
                .and_then(|origin| Some(origin.file.as_deref()?.to_owned())),
            line: line.or(origin.and_then(|origin| origin.line)),
        };
        places.insert((place.document.clone(), place.pointer.clone()), place);
    }
    places.into_values().collect()
}

pub(super) fn time(at: SystemTime) -> String {
    jiff::Timestamp::try_from(at).map_or_else(|_| String::new(), |at| at.to_string())
}
