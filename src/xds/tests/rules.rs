//! Each rule in both dialects, where both have it.

use std::time::Duration;

use super::{
    harbour::{BOAT, CHARTER, Harbour, NO_SAIL, SAIL, VOYAGE},
    language::{TestStream, node},
};
use crate::xds::{Dialect, Refusal};

const BOTH: [Dialect; 2] = [Dialect::Sotw, Dialect::Delta];
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn m5_an_empty_wildcard_is_answered() {
    // Rule 68.
    for dialect in BOTH {
        let mut client = TestStream::open(&Harbour::new(), dialect);
        client.asks(BOAT, &[]);
        client.takes(BOAT, &[]).await;
        client.hears_nothing_for(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_world_is_sent_in_order_and_an_ack_is_not_answered() {
    // Rules 1, 26, 37, 74: whatever order it is asked for in.
    for dialect in BOTH {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.link(BOAT, "ketch", "1", &[(SAIL, "main")])
                .put(SAIL, "main", "1")
                .link(CHARTER, "summer", "1", &[(VOYAGE, "north")])
                .link(VOYAGE, "north", "1", &[(BOAT, "ketch")]);
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &["north"]);
        client.asks(CHARTER, &[]);
        client.asks(SAIL, &["main"]);
        client.asks(BOAT, &[]);
        for (ty, name) in [
            (BOAT, "ketch"),
            (SAIL, "main"),
            (CHARTER, "summer"),
            (VOYAGE, "north"),
        ] {
            client.takes(ty, &[name]).await;
        }
        client.hears_nothing_for(LONG).await;
        for ty in [BOAT, SAIL, CHARTER, VOYAGE] {
            assert!(client.status(ty).is_synced(), "{dialect:?} {ty:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn rule_27_a_rejected_version_is_not_sent_again_until_it_changes() {
    for dialect in BOTH {
        let harbour = Harbour::new();
        harbour.publish(|edit| {
            edit.put(VOYAGE, "north", "1");
        });
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &["north"]);
        let first = client.takes(VOYAGE, &["north"]).await;
        harbour.publish(|edit| {
            edit.put(VOYAGE, "north", "bad");
        });
        let second = client.hears(VOYAGE, &["north"]).await;
        client.reject(&second, "bad weather");
        client.hears_nothing_for(LONG).await;
        let status = client.status(VOYAGE);
        assert_eq!(&*status.rejected[0].error, "bad weather");
        assert!(status.rejected[0].has_earlier);
        assert_eq!(
            status.accepted.as_ref().unwrap().version(VOYAGE).to_wire(),
            first.version
        );

        // Rule 28: new content is sent at once.
        harbour.publish(|edit| {
            edit.put(VOYAGE, "north", "2");
        });
        let third = client.takes(VOYAGE, &["north"]).await;
        assert_eq!(third.resources["north"], "2");
        client.hears_nothing_for(LONG).await;
        assert!(client.status(VOYAGE).is_synced());
    }
}

#[tokio::test(start_paused = true)]
async fn m6_a_sotw_envoy_is_given_a_placeholder_for_what_is_missing_and_delta_is_told() {
    let harbour = Harbour::new();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(SAIL, &["main"]);
    let heard = client.takes(SAIL, &["main"]).await;
    assert_eq!(heard.resources["main"], NO_SAIL);
    client.hears_nothing_for(LONG).await;

    let mut grpc = TestStream::open_as(&harbour, Dialect::Sotw, Some(node("gRPC C-core")));
    grpc.asks(SAIL, &["main"]);
    assert_eq!(grpc.takes(SAIL, &[]).await.missing, ["main"]);

    let mut delta = TestStream::open(&harbour, Dialect::Delta);
    delta.asks(SAIL, &["main"]);
    assert_eq!(delta.takes(SAIL, &[]).await.removed, ["main"]);

    // Rule 38, 60: the name stays subscribed.
    harbour.publish(|edit| {
        edit.put(SAIL, "main", "1");
    });
    for client in [&mut client, &mut grpc, &mut delta] {
        client.takes(SAIL, &["main"]).await;
        client.hears_nothing_for(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_is_told_why() {
    let harbour = Harbour::new();
    let mut nobody = TestStream::open_as(&harbour, Dialect::Delta, None);
    nobody.asks(BOAT, &[]);
    let status = nobody.ends().await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "rule 10");
    assert!(status.message().contains("node.id"), "{status}");

    *harbour.log.refusal.lock().unwrap() = Some(Refusal::NotReady("loading".into()));
    let mut early = TestStream::open(&harbour, Dialect::Sotw);
    early.asks(BOAT, &[]);
    let status = early.ends().await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable, "rule 73");
}
