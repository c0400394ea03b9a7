//! Make before break, rule by rule (ADR 4, letters a to e), and endpoints behind clusters.

use std::time::Duration;

use super::{
    harbour::{BOAT, CHARTER, Harbour, SAIL, VOYAGE},
    language::{Heard, TestStream},
};
use crate::xds::{Dialect, Manners, PATIENCE, Reason, What};

const BOTH: [Dialect; 2] = [Dialect::Sotw, Dialect::Delta];
const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(100);

/// A voyage by the ketch, which carries the main sail; the client has taken all of it.
async fn at_sea(dialect: Dialect, manners: Manners) -> (Harbour, TestStream) {
    let harbour = Harbour::with(manners);
    harbour.publish(|edit| {
        edit.link(BOAT, "ketch", "1", &[(SAIL, "main")])
            .put(SAIL, "main", "1")
            .link(VOYAGE, "north", "1", &[(BOAT, "ketch")]);
    });
    let mut client = TestStream::open(&harbour, dialect);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch"]).await;
    client.asks(SAIL, &["main"]);
    client.takes(SAIL, &["main"]).await;
    client.asks(VOYAGE, &["north"]);
    client.takes(VOYAGE, &["north"]).await;
    client.hears_nothing_for(LONG).await;
    harbour.log.take();
    (harbour, client)
}

/// The voyage changes to a new boat, and the old one goes, in one publication.
fn change_boats(harbour: &Harbour) {
    harbour.publish(|edit| {
        edit.link(BOAT, "yawl", "1", &[(SAIL, "genoa")])
            .put(SAIL, "genoa", "1")
            .link(VOYAGE, "north", "2", &[(BOAT, "yawl")])
            .remove(BOAT, "ketch")
            .remove(SAIL, "main");
    });
}

/// Names of boats in a response that adds one, where the other is to stay.
fn with_old(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sotw => &["ketch", "yawl"],
        Dialect::Delta => &["yawl"],
    }
}

fn is_last_of_ketch(dialect: Dialect, heard: &Heard) {
    assert_eq!(heard.ty, BOAT);
    match dialect {
        Dialect::Sotw => assert_eq!(heard.resources.keys().collect::<Vec<_>>(), ["yawl"]),
        Dialect::Delta => assert_eq!(heard.removed, ["ketch"]),
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_makes_before_it_breaks() {
    // Rules 75, 76.
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        change_boats(&harbour);
        let boats = client.hears(BOAT, with_old(dialect)).await;
        assert!(boats.removed.is_empty());
        // (b) The voyage waits for the answer about its boat, not for its sail to be asked for.
        client.hears_nothing_for(SOON).await;
        let held = client.status(VOYAGE).held;
        assert_eq!(held[0].reason, Reason::NotAcknowledged);
        assert_eq!(&*held[0].on.name, "yawl");
        // (a) The sail comes while the boat is not acknowledged: it is what the client waits for.
        client.asks(SAIL, &["main", "genoa"]);
        client.takes(SAIL, &["genoa"]).await;
        client.hears_nothing_for(SOON).await;
        client.ack(&boats);
        let voyage = client.hears(VOYAGE, &["north"]).await;
        // (c) The old boat stays while the client may still sail it.
        client.hears_nothing_for(SOON).await;
        client.ack(&voyage);
        let last = client.hears_something().await;
        is_last_of_ketch(dialect, &last);
        // The sail of the old boat outlives it.
        client.hears_nothing_for(SOON).await;
        client.ack(&last);
        client.hears_something().await;
        assert!(client.status(VOYAGE).is_synced());
    }
}

#[tokio::test(start_paused = true)]
async fn b_a_wait_ends_after_five_seconds_and_is_reported() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        change_boats(&harbour);
        let boats = client.hears(BOAT, with_old(dialect)).await;
        client.hears_nothing_for(PATIENCE - SOON).await;
        client.takes(VOYAGE, &["north"]).await;
        assert_eq!(client.status(VOYAGE).overdue.len(), 1);
        let overdue = |what: &What| {
            matches!(
                what,
                What::Held {
                    ty: VOYAGE,
                    overdue: true,
                    ..
                }
            )
        };
        assert!(harbour.log.take().iter().any(overdue));
        client.ack(&boats);
        is_last_of_ketch(dialect, &client.hears_something().await);
    }
}

#[tokio::test(start_paused = true)]
async fn b_when_the_new_boat_is_rejected_the_old_voyage_stays_and_others_go_on() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        harbour.publish(|edit| {
            edit.put(BOAT, "wreck", "bad")
                .link(VOYAGE, "north", "2", &[(BOAT, "wreck")])
                .link(CHARTER, "summer", "1", &[(BOAT, "ketch")])
                .put(SAIL, "main", "2");
        });
        client.asks(CHARTER, &[]);
        let boats = client.hears_something().await;
        client.reject(&boats, "wreck: it leaks");
        client.takes(SAIL, &["main"]).await;
        client.takes(CHARTER, &["summer"]).await;
        client.hears_nothing_for(LONG).await;
        assert_eq!(client.status(VOYAGE).held[0].reason, Reason::Rejected);
        let differences = client.status(BOAT).differences();
        let differing: Vec<_> = differences.iter().map(|d| &*d.name).collect();
        assert_eq!(differing, ["wreck"], "it named the wreck and took the rest");
        // Mended, it goes on.
        harbour.publish(|edit| {
            edit.put(BOAT, "wreck", "2");
        });
        let boats = client.hears_something().await;
        client.ack(&boats);
        let voyage = client.takes(VOYAGE, &["north"]).await;
        assert_eq!(voyage.resources["north"], "2");
    }
}

#[tokio::test(start_paused = true)]
async fn b_in_sotw_a_boat_beside_a_rejected_one_is_not_taken_for_rejected() {
    let (harbour, mut client) = at_sea(Dialect::Sotw, Manners::default()).await;
    harbour.publish(|edit| {
        edit.put(BOAT, "wreck", "bad");
    });
    let boats = client.hears_something().await;
    client.reject(&boats, "wreck: it leaks");
    harbour.publish(|edit| {
        edit.put(BOAT, "yawl", "1")
            .link(VOYAGE, "north", "2", &[(BOAT, "yawl")]);
    });
    // The wreck is in the response still, and so are the words.
    let boats = client.hears(BOAT, &["ketch", "wreck", "yawl"]).await;
    client.reject(&boats, "wreck: it leaks");
    client.takes(VOYAGE, &["north"]).await;
}

#[tokio::test(start_paused = true)]
async fn c_a_removal_goes_after_five_seconds_without_an_answer() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        harbour.publish(|edit| {
            edit.link(VOYAGE, "north", "2", &[]).remove(BOAT, "ketch");
        });
        client.hears(VOYAGE, &["north"]).await;
        client.hears_nothing_for(PATIENCE - SOON).await;
        let boats = client.hears_something().await;
        assert_eq!((boats.ty, boats.resources.len()), (BOAT, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn c_a_boat_stays_while_the_voyage_that_left_it_is_rejected() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        harbour.publish(|edit| {
            edit.link(VOYAGE, "north", "bad", &[]).remove(BOAT, "ketch");
        });
        let voyage = client.hears(VOYAGE, &["north"]).await;
        client.reject(&voyage, "no harbour");
        client.hears_nothing_for(LONG).await;
        assert_eq!(
            client.status(BOAT).held[0].reason,
            Reason::InUseAfterRejection
        );
        harbour.publish(|edit| {
            edit.link(VOYAGE, "north", "3", &[]);
        });
        client.takes(VOYAGE, &["north"]).await;
        let boats = client.hears_something().await;
        assert_eq!((boats.ty, boats.resources.len()), (BOAT, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn c_a_boat_stays_while_the_voyage_that_leaves_it_waits_for_a_rejected_one() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        harbour.publish(|edit| {
            edit.put(BOAT, "wreck", "bad")
                .link(VOYAGE, "north", "2", &[(BOAT, "wreck")])
                .remove(BOAT, "ketch");
        });
        let boats = client.hears_something().await;
        assert!(boats.removed.is_empty());
        client.reject(&boats, "wreck: it leaks");
        client.hears_nothing_for(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn c_what_nobody_names_goes_at_once() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        harbour.publish(|edit| {
            edit.put(BOAT, "spare", "1");
        });
        let boats = client.hears_something().await;
        client.ack(&boats);
        harbour.publish(|edit| {
            edit.remove(BOAT, "spare");
        });
        let boats = client.hears_within(SOON).await.unwrap();
        assert!(!boats.resources.contains_key("spare"));
    }
}

#[tokio::test(start_paused = true)]
async fn d_streams_that_name_what_they_hold_are_exempt() {
    for dialect in BOTH {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "1")
                .link(VOYAGE, "north", "1", &[(BOAT, "ketch")]);
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &["north"]);
        client.takes(VOYAGE, &["north"]).await;
        client.asks(BOAT, &["ketch"]);
        client.takes(BOAT, &["ketch"]).await;
        change_boats(&harbour);
        // The voyage tells it which boat to ask for.
        let gone = client.hears_within(SOON).await.unwrap();
        assert_eq!((gone.ty, gone.resources.len()), (BOAT, 0));
        client.hears(VOYAGE, &["north"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn b_the_first_load_needs_no_answers() {
    for dialect in BOTH {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "1")
                .link(VOYAGE, "north", "1", &[(BOAT, "ketch")]);
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &["north"]);
        client.asks(BOAT, &[]);
        client.hears(BOAT, &["ketch"]).await;
        client.hears(VOYAGE, &["north"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rule_77_a_sail_follows_its_boat_unchanged_and_before_any_answer() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        for content in ["2", "3"] {
            harbour.publish(|edit| {
                edit.link(BOAT, "ketch", content, &[(SAIL, "main")]);
            });
            let boats = client.hears(BOAT, &["ketch"]).await;
            let sails = client.hears(SAIL, &["main"]).await;
            assert_eq!(sails.resources["main"], "1");
            client.ack(&sails);
            client.ack(&boats);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn rule_78_a_sail_follows_its_boat_over_a_reconnect() {
    for sails_first in [true, false] {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.link(BOAT, "ketch", "1", &[(SAIL, "main")])
                .put(SAIL, "main", "1");
        });
        let mut client = TestStream::open(&harbour, Dialect::Delta);
        client.asks(BOAT, &[]);
        let boats = client.takes(BOAT, &["ketch"]).await;
        client.asks(SAIL, &["main"]);
        let sails = client.takes(SAIL, &["main"]).await;
        drop(client);
        harbour.publish(|edit| {
            edit.link(BOAT, "ketch", "2", &[(SAIL, "main")]);
        });
        let mut client = TestStream::open(&harbour, Dialect::Delta);
        if sails_first {
            client.resumes(SAIL, &["main"], &[&sails]);
            client.hears_nothing_for(SOON).await;
            client.resumes(BOAT, &[], &[&boats]);
            client.hears(BOAT, &["ketch"]).await;
        } else {
            client.resumes(BOAT, &[], &[&boats]);
            client.hears(BOAT, &["ketch"]).await;
            client.resumes(SAIL, &["main"], &[&sails]);
        }
        client.hears(SAIL, &["main"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rule_79_a_boat_that_changes_twice_is_followed_twice() {
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, Manners::default()).await;
        harbour.publish(|edit| {
            edit.link(BOAT, "ketch", "2", &[(SAIL, "main")]);
        });
        client.hears(BOAT, &["ketch"]).await;
        client.takes(SAIL, &["main"]).await;
        harbour.publish(|edit| {
            edit.link(BOAT, "ketch", "3", &[(SAIL, "main")]);
        });
        // M4, rule 86: it overtakes the one that is not answered.
        let boats = client.hears(BOAT, &["ketch"]).await;
        client.takes(SAIL, &["main"]).await;
        client.ack(&boats);
        client.hears_nothing_for(LONG).await;
        assert_eq!(client.status(BOAT).in_flight, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn rule_81_a_sail_that_goes_while_its_boat_stays_is_told_at_once() {
    let (harbour, mut client) = at_sea(Dialect::Delta, Manners::default()).await;
    harbour.publish(|edit| {
        edit.remove(SAIL, "main");
    });
    let sails = client.hears_within(SOON).await.unwrap();
    assert_eq!(sails.removed, ["main"]);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_client_keeps_what_it_may_still_use() {
    let (harbour, mut client) = at_sea(Dialect::Delta, Manners::default()).await;
    let snapshot = harbour.snapshot();
    drop(client);
    change_boats(&harbour);
    let earlier = |ty| Heard {
        ty,
        nonce: String::new(),
        version: String::new(),
        resources: Default::default(),
        versions: snapshot
            .iter(ty)
            .map(|resource| (resource.name().to_string(), resource.version().to_string()))
            .collect(),
        removed: Vec::new(),
        aliases: Default::default(),
        missing: Vec::new(),
    };
    client = TestStream::open(&harbour, Dialect::Delta);
    client.resumes(BOAT, &[], &[&earlier(BOAT)]);
    let boats = client.hears(BOAT, &["yawl"]).await;
    assert!(boats.removed.is_empty());
    client.resumes(SAIL, &["main", "genoa"], &[&earlier(SAIL)]);
    client.takes(SAIL, &["genoa"]).await;
    client.resumes(VOYAGE, &["north"], &[&earlier(VOYAGE)]);
    client.hears_nothing_for(SOON).await;
    client.ack(&boats);
    client.takes(VOYAGE, &["north"]).await;
    // No charter was asked for, which might use the ketch: the bound ends that wait.
    let last = client.hears_something().await;
    is_last_of_ketch(Dialect::Delta, &last);
}

/// What must be noticed by those who test with real traffic is noticed here first.
#[tokio::test(start_paused = true)]
async fn each_switch_breaks_what_it_names() {
    let all = Manners::default();
    let no_order = Manners {
        order: false,
        ..all
    };
    let no_deferral = Manners {
        deferred_removal: false,
        ..all
    };
    let no_push = Manners {
        endpoints_behind_clusters: false,
        ..all
    };
    for dialect in BOTH {
        let (harbour, mut client) = at_sea(dialect, no_order).await;
        change_boats(&harbour);
        client.hears(VOYAGE, &["north"]).await;

        let (harbour, mut client) = at_sea(dialect, no_deferral).await;
        change_boats(&harbour);
        is_last_of_ketch(dialect, &client.hears_something().await);

        let (harbour, mut client) = at_sea(dialect, no_push).await;
        harbour.publish(|edit| {
            edit.link(BOAT, "ketch", "2", &[(SAIL, "main")]);
        });
        client.takes(BOAT, &["ketch"]).await;
        client.hears_nothing_for(LONG).await;
    }
}
