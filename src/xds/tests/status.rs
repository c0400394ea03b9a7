//! What is told of a stream is true whether or not its task has run since.

use std::time::Duration;

use super::{
    harbour::{BOAT, Harbour, SCOPE, VOYAGE},
    language::TestStream,
};
use crate::{
    snapshot::Revision,
    xds::{Dialect, LOBBY, What},
};

const BOTH: [Dialect; 2] = [Dialect::Sotw, Dialect::Delta];
const BRIEF: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn what_was_published_and_not_sent_yet_is_not_synced() {
    // Rule 34.
    for dialect in BOTH {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "1");
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(BOAT, &[]);
        client.takes(BOAT, &["ketch"]).await;
        client.hears_nothing_for(BRIEF).await;
        let before = harbour.snapshot().revision;
        assert!(client.status(BOAT).is_synced());
        assert_eq!(client.status(BOAT).accepted_revision(), Some(before));

        // Nothing polls the stream here: it has no chance to look.
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "2");
        });
        let status = client.status(BOAT);
        assert!(!status.is_synced(), "{dialect:?}");
        assert_eq!(status.accepted_revision(), Some(before));
        assert_eq!(&*status.differences()[0].name, "ketch");

        client.takes(BOAT, &["ketch"]).await;
        client.hears_nothing_for(BRIEF).await;
        assert!(client.status(BOAT).is_synced());
        let now = harbour.snapshot().revision;
        assert_eq!(client.status(BOAT).accepted_revision(), Some(now));
    }
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_changes_nothing_it_wants_is_accepted_by_a_stream_that_did_not_look() {
    for dialect in BOTH {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.put(VOYAGE, "north", "1");
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &["north"]);
        client.takes(VOYAGE, &["north"]).await;
        client.hears_nothing_for(BRIEF).await;
        harbour.publish(|edit| {
            edit.put(VOYAGE, "south", "1");
        });
        let status = client.status(VOYAGE);
        assert!(status.is_synced(), "{dialect:?}");
        let now = harbour.snapshot().revision;
        assert_ne!(now, Revision(0));
        assert_eq!(status.accepted_revision(), Some(now));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_in_the_lobby_is_not_synced_nor_one_that_is_owed_its_first_answer() {
    for dialect in BOTH {
        let harbour = Harbour::new();
        *harbour.log.given.lock().unwrap() = Some(LOBBY);
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(BOAT, &[]);
        client.hears_nothing_for(BRIEF).await;
        let status = client.status(BOAT);
        assert!(!status.is_synced(), "{dialect:?}");
        assert!(status.current.is_none() && status.accepted_revision().is_none());

        // Its scope holds nothing, and that is to be said (M5).
        let stream = harbour.cache.streams()[0].id;
        harbour.cache.move_stream(stream, SCOPE, None).unwrap();
        let status = client.status(BOAT);
        assert!(status.differences().is_empty());
        assert!(!status.is_synced(), "{dialect:?}");
        client.takes(BOAT, &[]).await;
        client.hears_nothing_for(BRIEF).await;
        assert!(client.status(BOAT).is_synced());
    }
}

#[tokio::test(start_paused = true)]
async fn events_tell_whose_stream_it_is_and_the_names_with_their_hashes() {
    for dialect in BOTH {
        let harbour = Harbour::new();
        *harbour.log.given.lock().unwrap() = Some(LOBBY);
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "1").put(BOAT, "yawl", "1");
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(BOAT, &[]);
        client.hears_nothing_for(BRIEF).await;
        let opened = harbour.log.events();
        assert!(matches!(opened[0].what, What::Opened { .. }));
        assert_eq!(opened[0].class, None);

        let stream = harbour.cache.streams()[0].id;
        let class = Some("racing".into());
        harbour.cache.move_stream(stream, SCOPE, class).unwrap();
        client.takes(BOAT, &["ketch", "yawl"]).await;
        harbour.publish(|edit| {
            edit.put(BOAT, "ketch", "2").remove(BOAT, "yawl");
        });
        let heard = client.hears_something().await;
        client.reject(&heard, "ketch leaks");
        client.hears_nothing_for(BRIEF).await;

        let ketch = |generation| {
            let layers = harbour.cache.publications_after(Default::default());
            assert!(layers.iter().any(|one| one.generation == generation));
        };
        let mut told = Vec::new();
        for event in harbour.log.events() {
            assert_eq!(event.class.as_deref(), Some("racing"));
            assert_eq!(event.stream, stream);
            let (what, generation, names, gone) = match event.what {
                What::Sent {
                    generation,
                    resources,
                    gone,
                    ..
                } => ("sent", generation, resources, gone),
                What::Acked {
                    generation,
                    resources,
                    gone,
                    ..
                } => ("acked", generation, resources, gone),
                What::Rejected { names, .. } => {
                    let now = harbour.snapshot();
                    let sent = now.get(BOAT, "ketch").unwrap().hash();
                    assert_eq!(names, [("ketch".into(), Some(sent))]);
                    told.push("rejected".to_owned());
                    continue;
                }
                other => panic!("{other:?}"),
            };
            ketch(generation);
            let names: Vec<_> = names.iter().map(|one| one.name().to_string()).collect();
            told.push(format!("{what} {} -{}", names.join("+"), gone.join("+")));
        }
        let expected = [
            "sent ketch+yawl -",
            "acked ketch+yawl -",
            "sent ketch -yawl",
            "rejected",
        ];
        assert_eq!(told, expected, "{dialect:?}");
    }
}
