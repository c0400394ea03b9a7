//! A client that answers at once never has a reference to what it lacks, whatever is published,
//! and nothing of what it still uses goes.

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::{
    harbour::{BOAT, CHARTER, Harbour, SAIL, VOYAGE},
    model::{Client, Wanted},
};
use crate::xds::{Dialect, Manners, PATIENCE};

/// A world in which every reference holds: per voyage and charter its boat, and a counter that
/// makes contents differ. Boats that nobody names are not there.
#[derive(Debug, Clone)]
struct World {
    voyages: [u8; 3],
    charters: [u8; 2],
    edition: u8,
}

fn world() -> impl Strategy<Value = World> {
    ([0_u8..4, 0..4, 0..4], [0_u8..4, 0..4], 0_u8..2).prop_map(|(voyages, charters, edition)| {
        World {
            voyages,
            charters,
            edition,
        }
    })
}

/// References as the client sees them: what names which boat.
type Links = BTreeMap<String, String>;

fn publish(harbour: &Harbour, world: &World) {
    harbour.publish(|edit| {
        for boat in 0..4 {
            let (name, sail) = (format!("boat-{boat}"), format!("sail-{boat}"));
            if world.voyages.contains(&boat) || world.charters.contains(&boat) {
                let content = format!("{}", world.edition);
                edit.link(BOAT, &name, &content, &[(SAIL, &sail)]);
                edit.put(SAIL, &sail, "1");
            } else {
                edit.remove(BOAT, &name).remove(SAIL, &sail);
            }
        }
        for (ty, kind, boats) in [
            (VOYAGE, "voyage", &world.voyages[..]),
            (CHARTER, "charter", &world.charters[..]),
        ] {
            for (n, boat) in boats.iter().enumerate() {
                let boat = format!("boat-{boat}");
                edit.link(ty, &format!("{kind}-{n}"), &boat, &[(BOAT, &boat)]);
            }
        }
    });
}

/// What the client's voyages and charters name, by its own view.
fn links(client: &Client) -> Links {
    let named = client.view.iter();
    named
        .filter(|((ty, _), _)| *ty == VOYAGE || *ty == CHARTER)
        .map(|((_, name), boat)| (name.clone(), boat.clone()))
        .collect()
}

/// The first reference to something the client lacks.
fn broken(client: &Client) -> Option<String> {
    let has = |ty, name: &str| client.view.contains_key(&(ty, name.to_owned()));
    links(client)
        .into_iter()
        .find(|(_, boat)| !has(BOAT, boat) || !has(SAIL, &boat.replace("boat", "sail")))
        .map(|(name, boat)| format!("{name} names {boat}"))
}

/// Asks for the sails of its boats, as Envoy asks for the endpoints of its clusters.
fn ask_for_sails(client: &mut Client) {
    let boats = client.view.keys().filter(|(ty, _)| *ty == BOAT);
    let names = boats
        .map(|(_, name)| name.replace("boat", "sail"))
        .collect();
    let wanted = Wanted {
        wildcard: false,
        names,
    };
    if client.wanted.get(&SAIL) != Some(&wanted) {
        client.wants(SAIL, &wanted);
    }
}

/// Publishes one world after another with some responses heard in between; says what broke.
async fn sail(dialect: Dialect, manners: Manners, worlds: &[(World, usize)]) -> Option<String> {
    let harbour = Harbour::with(manners);
    publish(&harbour, &worlds[0].0);
    let mut client = Client::new(&harbour, dialect, true);
    let everything = Wanted {
        wildcard: true,
        ..Wanted::default()
    };
    client.wants(BOAT, &everything);
    client.hears_one(Duration::from_millis(1)).await;
    ask_for_sails(&mut client);
    client.listens(Duration::from_millis(1), true).await;
    client.wants(CHARTER, &everything);
    client.listens(Duration::from_millis(1), true).await;
    let names = (0..3).map(|n| format!("voyage-{n}")).collect();
    let voyages = Wanted {
        wildcard: false,
        names,
    };
    client.wants(VOYAGE, &voyages);
    client.listens(Duration::from_millis(1), true).await;

    for (world, responses) in worlds {
        publish(&harbour, world);
        // Some publications come while the last one is on its way.
        for _ in 0..*responses {
            if client.hears_one(Duration::from_millis(1)).await.is_none() {
                break;
            }
            ask_for_sails(&mut client);
            if let Some(broken) = broken(&client) {
                return Some(broken);
            }
        }
    }
    while client.hears_one(PATIENCE * 2).await.is_some() {
        ask_for_sails(&mut client);
        if let Some(broken) = broken(&client) {
            return Some(broken);
        }
    }
    let expected = client.expected(&harbour.snapshot());
    (client.view != expected).then(|| format!("{:?} is not {expected:?}", client.view))
}

fn run(dialect: Dialect, manners: Manners, worlds: &[(World, usize)]) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(sail(dialect, manners, worlds))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_client_uses_is_whole_at_every_moment(
        worlds in vec((world(), 0_usize..8), 1..8),
        sotw in any::<bool>(),
    ) {
        let dialect = if sotw { Dialect::Sotw } else { Dialect::Delta };
        prop_assert_eq!(run(dialect, Manners::default(), &worlds), None);
    }
}

#[test]
fn without_order_or_deferral_what_a_client_uses_breaks() {
    let all = Manners::default();
    let no_order = Manners {
        order: false,
        ..all
    };
    let no_deferral = Manners {
        deferred_removal: false,
        ..all
    };
    let at = |boat| World {
        voyages: [boat; 3],
        charters: [boat; 2],
        edition: 0,
    };
    let worlds = [(at(0), 8), (at(1), 8)];
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        assert_eq!(run(dialect, all, &worlds), None);
        assert_ne!(run(dialect, no_order, &worlds), None);
        assert_ne!(run(dialect, no_deferral, &worlds), None);
    }
}
