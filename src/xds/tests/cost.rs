//! What a change costs: what changed, not what the scope holds or the stream asked for.

use std::{
    cell::Cell,
    cmp::Ordering,
    sync::Arc,
    time::{Duration, Instant},
};

use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DiscoveryRequest};
use imbl::OrdMap;

use super::{
    harbour::{BOAT, FLEET, Harbour, SAIL},
    language::{read, said},
    work,
};
use crate::xds::{
    Dialect,
    engine::{Engine, Habits},
};

const MANY: usize = 10_000;

fn name(n: usize) -> String {
    format!("sail-{n:05}")
}

/// A harbour of many sails, and the engine of a stream that names them all and has them.
fn busy(dialect: Dialect) -> (Harbour, Engine, String) {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        for n in 0..MANY {
            edit.put(SAIL, &name(n), "1");
        }
    });
    let habits = Habits {
        dialect,
        legacy_wildcard: true,
        placeholders: true,
        only: None,
    };
    let mut engine = Engine::new(harbour.cache.shared.clone(), habits, 1);
    engine.on_snapshot(harbour.snapshot());
    let names: Vec<String> = (0..MANY).map(name).collect();
    give(&mut engine, dialect, &names, "");
    let mut nonce = String::new();
    while let Some(response) = engine.poll(Instant::now()) {
        nonce = read(&response).nonce;
        give(&mut engine, dialect, &names, &nonce);
    }
    (harbour, engine, nonce)
}

/// A request that names all in SotW, and in delta the first time.
fn give(engine: &mut Engine, dialect: Dialect, names: &[String], nonce: &str) {
    let type_url = FLEET[SAIL.index()].url.to_owned();
    let response_nonce = nonce.to_owned();
    let request = match dialect {
        Dialect::Sotw => said(
            dialect,
            &DiscoveryRequest {
                type_url,
                response_nonce,
                resource_names: names.to_vec(),
                ..Default::default()
            },
        ),
        Dialect::Delta => said(
            dialect,
            &DeltaDiscoveryRequest {
                type_url,
                response_nonce,
                resource_names_subscribe: if nonce.is_empty() {
                    names.to_vec()
                } else {
                    Vec::new()
                },
                ..Default::default()
            },
        ),
    };
    engine.on_request(&request, Instant::now()).unwrap();
}

#[test]
fn one_change_among_ten_thousand_names_looks_at_one_name() {
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        let (harbour, mut engine, _) = busy(dialect);
        harbour.publish(|edit| {
            edit.put(SAIL, &name(5_000), "2");
        });
        engine.on_snapshot(harbour.snapshot());
        let (response, looked_at) = work::during(|| engine.poll(Instant::now()).unwrap());
        let heard = read(&response);
        assert_eq!(heard.resources.len(), 1, "{dialect:?}");
        // Once as a difference, once as a candidate.
        assert_eq!(looked_at, 2, "{dialect:?}");

        let names: Vec<String> = (0..MANY).map(name).collect();
        let ((), looked_at) = work::during(|| give(&mut engine, dialect, &names, &heard.nonce));
        assert_eq!(looked_at, 0, "{dialect:?}");
        let (nothing, looked_at) = work::during(|| engine.poll(Instant::now()));
        assert!(nothing.is_none());
        assert_eq!(looked_at, 0, "{dialect:?}");
        assert!(engine.status(engine.now.as_ref(), Instant::now())[0].is_synced());
    }
}

#[test]
fn a_change_that_a_stream_did_not_ask_for_costs_it_one_look() {
    let (harbour, mut engine, _) = busy(Dialect::Delta);
    harbour.publish(|edit| {
        edit.put(SAIL, "another", "1").put(BOAT, "ketch", "1");
    });
    engine.on_snapshot(harbour.snapshot());
    let (nothing, looked_at) = work::during(|| engine.poll(Instant::now()));
    assert!(nothing.is_none());
    assert_eq!(looked_at, 1);
    // And it counts as taken: there is nothing to wait for.
    let status = &engine.status(engine.now.as_ref(), Instant::now())[0];
    let accepted = status.accepted.as_ref().unwrap();
    assert_eq!(accepted.generation, harbour.snapshot().generation);
}

#[test]
fn ten_thousand_names_are_held_once_for_all_streams() {
    let (harbour, one, _) = busy(Dialect::Delta);
    let habits = one.habits;
    let mut other = Engine::new(harbour.cache.shared.clone(), habits, 2);
    other.on_snapshot(harbour.snapshot());
    let names: Vec<String> = (0..MANY).map(name).collect();
    give(&mut other, Dialect::Delta, &names, "");
    // Nor is any looked at on connecting: the first load is one list.
    let (response, looked_at) = work::during(|| other.poll(Instant::now()).unwrap());
    assert_eq!(response.resources.len(), MANY);
    assert_eq!(looked_at, 0);
    let set = |engine: &Engine| {
        let track = engine.tracks[SAIL.index()].as_ref().unwrap();
        track.subscription.names().clone()
    };
    assert!(Arc::ptr_eq(&set(&one), &set(&other)));
    let track = one.tracks[SAIL.index()].as_ref().unwrap();
    assert!(track.pending.is_empty() && track.known.exceptions().is_empty());
    assert!(track.in_flight.is_empty());
}

#[test]
fn a_client_that_comes_back_with_all_of_it_is_not_looked_at_either() {
    let (harbour, one, _) = busy(Dialect::Delta);
    let world = harbour.snapshot();
    let claims = |but: &str| {
        said(
            Dialect::Delta,
            &DeltaDiscoveryRequest {
                type_url: FLEET[SAIL.index()].url.to_owned(),
                resource_names_subscribe: (0..MANY).map(name).collect(),
                initial_resource_versions: world
                    .iter(SAIL)
                    .map(|resource| {
                        let version = if **resource.name() == *but {
                            "older"
                        } else {
                            &**resource.version()
                        };
                        (resource.name().to_string(), version.to_owned())
                    })
                    .collect(),
                ..Default::default()
            },
        )
    };
    let mut back = Engine::new(harbour.cache.shared.clone(), one.habits, 3);
    back.on_snapshot(harbour.snapshot());
    let (nothing, looked_at) = work::during(|| {
        back.on_request(&claims(""), Instant::now()).unwrap();
        back.poll(Instant::now())
    });
    assert!(nothing.is_none());
    assert_eq!(looked_at, 0);
    assert!(back.status(back.now.as_ref(), Instant::now())[0].is_synced());

    let mut other = Engine::new(harbour.cache.shared.clone(), one.habits, 4);
    other.on_snapshot(harbour.snapshot());
    other
        .on_request(&claims(&name(77)), Instant::now())
        .unwrap();
    let heard = read(&other.poll(Instant::now()).unwrap());
    assert_eq!(heard.resources.keys().collect::<Vec<_>>(), [&name(77)]);
}

#[test]
fn a_stuck_client_costs_the_same_however_much_changes() {
    let (harbour, mut engine, _) = busy(Dialect::Delta);
    let mut at = Instant::now();
    for round in 0..1_000 {
        harbour.publish(|edit| {
            edit.put(SAIL, &name(round % 7), &round.to_string());
        });
        engine.on_snapshot(harbour.snapshot());
        at += Duration::from_secs(20);
        engine.poll(at);
    }
    let track = engine.tracks[SAIL.index()].as_ref().unwrap();
    assert_eq!(track.in_flight.len(), 3, "rule 33");
    assert!(track.pending.is_empty());
    assert!(engine.status(engine.now.as_ref(), at)[0].stale);
}

thread_local! {
    static COMPARED: Cell<usize> = const { Cell::new(0) };
}

#[derive(Clone, PartialEq, Eq)]
struct Counted(usize);

impl Ord for Counted {
    fn cmp(&self, other: &Self) -> Ordering {
        COMPARED.with(|compared| compared.set(compared.get() + 1));
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The map that tables are made of; were it to lose this, every push would walk its scope.
#[test]
fn the_difference_of_two_versions_of_a_map_is_found_without_walking_it() {
    let old: OrdMap<Counted, usize> = (0..MANY).map(|n| (Counted(n), n)).collect();
    for (what, new) in [
        ("update", old.update(Counted(5_000), 0)),
        ("insert", old.update(Counted(MANY), 0)),
        ("remove", old.without(&Counted(5_000))),
    ] {
        COMPARED.with(|compared| compared.set(0));
        assert_eq!(old.diff(&new).count(), 1);
        let compared = COMPARED.with(Cell::get);
        assert!(compared < 200, "{what} took {compared} comparisons");
    }
}
