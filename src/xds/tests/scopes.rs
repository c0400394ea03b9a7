//! Scopes, publications and who is given what.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
    time::Duration,
};

use envoy_types::pb::{
    envoy::{config::core::v3::Node, service::discovery::v3::DiscoveryRequest},
    google::protobuf::{Struct, Value, value::Kind},
};

use super::{
    harbour::{BOAT, FLEET, Harbour, SCOPE},
    language::{TestStream, node},
};
use crate::{
    snapshot::{Changed, Cohort, Generation, Layer, Publication, Revision, ScopeId, Snapshot},
    xds::{Dialect, Manners, Peer, cache::REMEMBERED, engine::Habits},
};

const BOTH: [Dialect; 2] = [Dialect::Sotw, Dialect::Delta];
const LONG: Duration = Duration::from_secs(60);
const OTHER: ScopeId = ScopeId(8);

fn publication(generation: u64) -> Publication {
    Publication {
        generation: Generation(generation),
        revision: Revision(generation),
        cohort: Cohort::default(),
        changed: Vec::new(),
    }
}

/// A harbour whose other scope has a yawl where its own has a ketch.
fn two_scopes() -> Harbour {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(BOAT, "ketch", "1").put(BOAT, "shared", "1");
    });
    let mut edit = Layer::default().edit();
    for name in ["shared", "yawl"] {
        let resource = super::harbour::resource(BOAT, name, "1", &[]);
        edit.insert(Arc::new(resource));
    }
    let layers = [edit.finish().unwrap()].into();
    let snapshot = Snapshot::new(Generation(9), Revision(9), layers);
    harbour
        .cache
        .publish(publication(9), vec![(OTHER, snapshot)]);
    harbour
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_moves_is_given_the_difference_between_its_scopes() {
    for dialect in BOTH {
        let harbour = two_scopes();
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(BOAT, &[]);
        client.takes(BOAT, &["ketch", "shared"]).await;
        let stream = harbour.cache.streams()[0].id;
        harbour.cache.move_stream(stream, OTHER, None).unwrap();
        match dialect {
            Dialect::Sotw => {
                client.takes(BOAT, &["shared", "yawl"]).await;
            }
            Dialect::Delta => {
                let heard = client.takes(BOAT, &["yawl"]).await;
                assert_eq!(heard.removed, ["ketch"]);
            }
        }
        client.hears_nothing_for(LONG).await;
        assert_eq!(harbour.cache.stream(stream).unwrap().scope, OTHER);
        // What its old scope is given is no concern of it any more.
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "2");
        });
        client.hears_nothing_for(LONG).await;
        assert!(
            harbour
                .cache
                .move_stream(stream, ScopeId(99), None)
                .is_err()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_what_it_has_when_its_scope_is_dropped() {
    let harbour = two_scopes();
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch", "shared"]).await;
    harbour.cache.drop_scope(SCOPE);
    client.hears_nothing_for(LONG).await;
    assert!(client.status(BOAT).is_synced());
    // Another one is told to come back.
    let mut late = TestStream::open(&harbour, Dialect::Delta);
    late.asks(BOAT, &[]);
    let status = late.ends().await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable);
    assert_eq!(harbour.log.left(), 1, "who was admitted also leaves");
}

#[tokio::test(start_paused = true)]
async fn rule_12_a_node_that_changes_is_admitted_anew_but_not_under_another_id() {
    let harbour = two_scopes();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch", "shared"]).await;
    let says = |node: Node| DiscoveryRequest {
        node: Some(node),
        type_url: FLEET[BOAT.index()].url.into(),
        ..Default::default()
    };
    *harbour.log.given.lock().unwrap() = Some(OTHER);
    client.send_sotw(says(node("envoy")));
    let stranger = Node {
        id: "somebody-else".into(),
        ..node("envoy")
    };
    client.send_sotw(says(stranger));
    client.hears_nothing_for(LONG).await;

    let color = Value {
        kind: Some(Kind::StringValue("blue".into())),
    };
    let metadata = Struct {
        fields: [("color".to_owned(), color)].into(),
    };
    client.send_sotw(says(Node {
        metadata: Some(metadata),
        ..node("envoy")
    }));
    client.takes(BOAT, &["shared", "yawl"]).await;
    let peer = &harbour.cache.streams()[0].peer;
    assert_eq!(peer.metadata["color"], "blue");
    assert_eq!(peer.proxy.as_str(), "proxy-1");
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_publication_wakes_the_streams_of_the_scopes_it_changes_and_no_others() {
    let harbour = two_scopes();
    let seats = [SCOPE, OTHER].map(|scope| {
        let id = harbour.cache.next_stream();
        let peer = Peer::read(Some(&node("envoy")), id, None, Dialect::Delta).unwrap();
        let habits = Habits {
            dialect: Dialect::Delta,
            legacy_wildcard: true,
            placeholders: true,
            only: None,
        };
        let seat = harbour.cache.enter(Arc::new(peer), scope, habits).unwrap();
        let bell = Arc::new(Bell::default());
        seat.register(&bell.clone().into());
        (seat, bell)
    });
    let before = seats.each_ref().map(|(seat, _)| seat.news(None).unwrap());
    let mut publication = publication(10);
    publication.changed = vec![Changed {
        scope: SCOPE,
        ty: BOAT,
        names: ["ketch".into()].into(),
    }];
    let snapshots = before.each_ref().map(|old| {
        let layers = old.layers().cloned().collect();
        Snapshot::new(Generation(10), Revision(10), layers)
    });
    let scopes = [SCOPE, OTHER].into_iter();
    let snapshots = scopes.zip(snapshots).collect();
    harbour.cache.publish(publication, snapshots);
    let woken = seats
        .each_ref()
        .map(|(_, bell)| bell.0.load(Ordering::Relaxed));
    assert_eq!(woken, [1, 0]);
    // Who looks all the same finds the new revision.
    for ((seat, _), old) in seats.iter().zip(&before) {
        assert_eq!(seat.news(Some(old)).unwrap().revision, Revision(10));
    }
}

#[test]
fn the_last_thousand_publications_are_remembered() {
    let harbour = Harbour::of(&FLEET, Manners::default());
    for generation in 1..=REMEMBERED as u64 + 10 {
        harbour.cache.publish(publication(generation), Vec::new());
    }
    let all = harbour.cache.publications_after(Generation(0));
    assert_eq!(all.len(), REMEMBERED);
    assert_eq!(all[0].generation, Generation(11));
    let newest = harbour.cache.publications_after(Generation(1_008));
    let newest: Vec<_> = newest.iter().map(|p| p.generation.0).collect();
    assert_eq!(newest, [1_009, 1_010]);
    assert_eq!(*harbour.cache.watch().borrow(), Generation(1_010));
}

#[tokio::test(start_paused = true)]
async fn when_the_server_closes_each_stream_ends_and_new_ones_are_turned_away() {
    let harbour = two_scopes();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch", "shared"]).await;
    harbour.cache.close();
    let mut late = TestStream::open(&harbour, Dialect::Sotw);
    late.asks(BOAT, &[]);
    for client in [&mut client, &mut late] {
        let status = client.ends().await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable);
    }
}
