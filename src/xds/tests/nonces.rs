//! Nonces, answers and crossing requests, as raw requests.

use std::time::Duration;

use envoy_types::pb::{
    envoy::service::discovery::v3::{DeltaDiscoveryRequest, DiscoveryRequest},
    google::rpc,
};

use super::{
    harbour::{BOAT, FLEET, Harbour, SAIL, VOYAGE},
    language::{TestStream, node},
};
use crate::{
    snapshot::TypeIx,
    xds::{Dialect, OVERTAKE_AFTER, STALE_AFTER, What},
};

const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(100);

fn list(ty: TypeIx, names: &[&str], nonce: &str) -> DiscoveryRequest {
    DiscoveryRequest {
        type_url: FLEET[ty.index()].url.into(),
        resource_names: names.iter().map(|&name| name.to_owned()).collect(),
        response_nonce: nonce.into(),
        ..Default::default()
    }
}

fn edit(ty: TypeIx, names: &[&str], nonce: &str) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: FLEET[ty.index()].url.into(),
        resource_names_subscribe: names.iter().map(|&name| name.to_owned()).collect(),
        response_nonce: nonce.into(),
        ..Default::default()
    }
}

fn rejection(text: &str) -> Option<rpc::Status> {
    Some(rpc::Status {
        code: 0,
        message: text.into(),
        details: Vec::new(),
    })
}

/// Three voyages and a boat.
fn harbour() -> Harbour {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(BOAT, "ketch", "1");
        for name in ["east", "north", "south"] {
            edit.put(VOYAGE, name, "1");
        }
    });
    harbour
}

fn put(harbour: &Harbour, ty: TypeIx, name: &str, content: &str) {
    harbour.publish(|edit| {
        edit.put(ty, name, content);
    });
}

#[tokio::test(start_paused = true)]
async fn rule_16_a_first_request_is_a_first_request_whatever_nonce_it_carries() {
    let mut client = TestStream::open(&harbour(), Dialect::Sotw);
    client.send_sotw(list(VOYAGE, &["north"], "1"));
    client.takes(VOYAGE, &["north"]).await;
    let mut client = TestStream::open(&harbour(), Dialect::Delta);
    client.send_delta(edit(VOYAGE, &["north"], "1"));
    client.takes(VOYAGE, &["north"]).await;
}

#[tokio::test(start_paused = true)]
async fn rule_17_24_a_list_that_crosses_a_response_waits_for_its_answer() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.send_sotw(list(VOYAGE, &["north"], ""));
    let first = client.hears(VOYAGE, &["north"]).await;
    client.send_sotw(list(VOYAGE, &["north"], &first.nonce));
    put(&harbour, VOYAGE, "north", "2");
    let second = client.hears(VOYAGE, &["north"]).await;
    client.send_sotw(list(VOYAGE, &["north", "south"], &first.nonce));
    client.hears_nothing_for(SOON).await;
    client.send_sotw(list(VOYAGE, &["north", "south"], &second.nonce));
    client.takes(VOYAGE, &["south"]).await;
    client.hears_nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn rule_18_a_list_without_a_nonce_asks_and_acknowledges_nothing() {
    let mut client = TestStream::open(&harbour(), Dialect::Sotw);
    client.send_sotw(list(VOYAGE, &["north"], ""));
    let first = client.hears(VOYAGE, &["north"]).await;
    client.send_sotw(list(VOYAGE, &["south"], ""));
    client.hears_nothing_for(SOON).await;
    assert_eq!(client.status(VOYAGE).in_flight, 1);
    client.send_sotw(list(VOYAGE, &["south"], &first.nonce));
    client.takes(VOYAGE, &["south"]).await;
}

#[tokio::test(start_paused = true)]
async fn rule_19_a_delta_request_with_a_foreign_nonce_still_subscribes() {
    let mut client = TestStream::open(&harbour(), Dialect::Delta);
    client.send_delta(edit(VOYAGE, &["north"], ""));
    let first = client.hears(VOYAGE, &["north"]).await;
    client.send_delta(edit(VOYAGE, &["south"], "elsewhere-9"));
    client.hears_nothing_for(SOON).await;
    // Rule 67, B33: an answer may subscribe, too.
    client.send_delta(edit(VOYAGE, &["east"], &first.nonce));
    client.takes(VOYAGE, &["east", "south"]).await;
}

#[tokio::test(start_paused = true)]
async fn rule_25_27_only_error_detail_tells_a_rejection_even_an_empty_one() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.send_sotw(list(VOYAGE, &["north"], ""));
    let first = client.hears(VOYAGE, &["north"]).await;
    let mut request = list(VOYAGE, &["north"], &first.nonce);
    request.version_info = "something older".into();
    client.send_sotw(request.clone());
    client.hears_nothing_for(SOON).await;
    assert!(client.status(VOYAGE).is_synced());

    put(&harbour, VOYAGE, "north", "2");
    let second = client.hears(VOYAGE, &["north"]).await;
    request.response_nonce = second.nonce;
    request.error_detail = rejection("");
    client.send_sotw(request.clone());
    // Rule 32: once more changes nothing.
    client.send_sotw(request);
    client.hears_nothing_for(LONG).await;
    assert_eq!(client.status(VOYAGE).rejected.len(), 1);
    let rejections = harbour.log.take().into_iter();
    let rejections = rejections.filter(|what| matches!(what, What::Rejected { .. }));
    assert_eq!(rejections.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn rule_31_a_rejection_that_asks_for_more_is_given_that_alone() {
    let mut client = TestStream::open(&harbour(), Dialect::Sotw);
    client.send_sotw(list(VOYAGE, &["north"], ""));
    let first = client.hears(VOYAGE, &["north"]).await;
    let mut request = list(VOYAGE, &["north", "south"], &first.nonce);
    request.error_detail = rejection("north: no");
    client.send_sotw(request);
    client.takes(VOYAGE, &["south"]).await;
}

#[tokio::test(start_paused = true)]
async fn rule_32_the_words_of_a_rejection_are_cut_at_four_kibibytes() {
    let mut client = TestStream::open(&harbour(), Dialect::Delta);
    client.asks(VOYAGE, &["north"]);
    let first = client.hears(VOYAGE, &["north"]).await;
    client.reject(&first, &"é".repeat(4_000));
    client.hears_nothing_for(SOON).await;
    let error = &client.status(VOYAGE).rejected[0].error;
    assert_eq!(error.len(), 4 * 1024);
}

#[tokio::test(start_paused = true)]
async fn rule_85_changes_while_a_response_is_out_become_one() {
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        let harbour = harbour();
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &["north", "south"]);
        let first = client.hears(VOYAGE, &["north", "south"]).await;
        for content in ["5", "6", "7"] {
            put(&harbour, VOYAGE, "north", content);
        }
        client.hears_nothing_for(SOON).await;
        client.ack(&first);
        // Rule 42: what did not change stays out.
        let second = client.takes(VOYAGE, &["north"]).await;
        assert_eq!(second.resources["north"], "7");
        client.hears_nothing_for(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rule_98_a_change_that_is_taken_back_in_time_is_not_sent() {
    let harbour = harbour();
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(BOAT, &[]);
        let first = client.hears(BOAT, &["ketch"]).await;
        put(&harbour, BOAT, "ketch", "2");
        put(&harbour, BOAT, "ketch", "1");
        client.ack(&first);
        client.hears_nothing_for(LONG).await;
        assert!(client.status(BOAT).is_synced());
    }
}

#[tokio::test(start_paused = true)]
async fn rule_86_newer_content_overtakes_and_the_newest_answer_retires_the_older() {
    let harbour = harbour();
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(BOAT, &[]);
        client.hears(BOAT, &["ketch"]).await;
        put(&harbour, BOAT, "ketch", &format!("{dialect:?}"));
        client
            .hears_nothing_for(OVERTAKE_AFTER - Duration::from_millis(10))
            .await;
        let second = client.hears_within(SOON).await.unwrap();
        assert_eq!(client.status(BOAT).in_flight, 2);
        client.ack(&second);
        client.hears_nothing_for(LONG).await;
        assert!(client.status(BOAT).is_synced());
    }
}

#[tokio::test(start_paused = true)]
async fn rule_86_other_types_are_overtaken_only_when_the_client_seems_stuck() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(VOYAGE, &["north"]);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch"]).await;
    client.hears(VOYAGE, &["north"]).await;
    put(&harbour, VOYAGE, "north", "2");
    // B32: one type's gate holds no other.
    put(&harbour, BOAT, "ketch", "2");
    client.takes(BOAT, &["ketch"]).await;
    client.hears_nothing_for(STALE_AFTER - SOON).await;
    client.hears(VOYAGE, &["north"]).await;
    assert!(client.status(VOYAGE).stale);
}

#[tokio::test(start_paused = true)]
async fn rule_57_58_equal_versions_are_not_sent_again_others_are() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(VOYAGE, &["east", "north", "south"]);
    let first = client.takes(VOYAGE, &["east", "north", "south"]).await;
    client.asks(BOAT, &[]);
    let boats = client.takes(BOAT, &["ketch"]).await;
    drop(client);
    harbour.publish(|edit| {
        edit.put(VOYAGE, "south", "2").remove(VOYAGE, "east");
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    // Rule 58: what is claimed and not asked for is no concern.
    let mut claims = boats.clone();
    claims.versions.insert("sunk".into(), "old".into());
    client.resumes(BOAT, &[], &[&claims]);
    client.resumes(VOYAGE, &["east", "north", "south"], &[&first]);
    let change = client.takes(VOYAGE, &["south"]).await;
    assert_eq!(change.removed, ["east"]);
    // B26: what went while the client was away is said to be gone; here after the bound, since
    // what else it uses was never asked for.
    let gone = client.takes(BOAT, &[]).await;
    assert_eq!(gone.removed, ["sunk"]);
    client.hears_nothing_for(LONG).await;
    assert!(client.status(BOAT).is_synced());

    let claims = edit(VOYAGE, &["north"], "");
    let mut claims = DeltaDiscoveryRequest {
        initial_resource_versions: [("south".to_owned(), "old".to_owned())].into(),
        ..claims
    };
    // Rules 56, 59: later on claims mean nothing, and what is asked for again is sent again.
    claims.type_url = FLEET[VOYAGE.index()].url.into();
    client.send_delta(claims);
    client.takes(VOYAGE, &["north"]).await;
    client.hears_nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn d7_a_sotw_client_that_resumes_is_answered_with_the_version_it_has() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(BOAT, &[]);
    let first = client.takes(BOAT, &["ketch"]).await;
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.resumes(BOAT, &[], &[&first]);
    let again = client.takes(BOAT, &["ketch"]).await;
    // Rule 20.
    assert_eq!(again.version, first.version);
    client.hears_nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn rule_20_the_version_changes_with_any_change_of_the_type_and_only_then() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(BOAT, &[]);
    let first = client.takes(BOAT, &["ketch"]).await;
    put(&harbour, SAIL, "main", "1");
    client.hears_nothing_for(SOON).await;
    put(&harbour, BOAT, "yawl", "1");
    let second = client.takes(BOAT, &["ketch", "yawl"]).await;
    assert_ne!(second.version, first.version);
    harbour.publish(|edit| {
        edit.remove(BOAT, "yawl");
    });
    let third = client.takes(BOAT, &["ketch"]).await;
    assert_eq!(third.version, first.version);
    // Rule 40: when all goes, that is said.
    harbour.publish(|edit| {
        edit.remove(BOAT, "ketch");
    });
    client.takes(BOAT, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn rule_90_what_is_too_long_for_one_response_comes_in_several() {
    // With another voyage about, the names are not all there is, and are looked at one by one.
    for other in [false, true] {
        several_responses(other).await;
    }
}

async fn several_responses(other: bool) {
    let harbour = Harbour::new();
    let names: Vec<String> = (0..5).map(|n| format!("voyage-{n}")).collect();
    harbour.publish(|edit| {
        if other {
            edit.put(VOYAGE, "other", "1");
        }
        for name in &names {
            edit.put(VOYAGE, name, &"x".repeat(900 * 1024));
        }
    });
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        let mut client = TestStream::open(&harbour, dialect);
        client.asks(VOYAGE, &names);
        for part in [&names[..2], &names[2..4], &names[4..]] {
            let heard = client.hears(VOYAGE, part).await;
            assert!(!client.status(VOYAGE).is_synced());
            client.ack(&heard);
        }
        client.hears_nothing_for(LONG).await;
        assert!(client.status(VOYAGE).is_synced());
    }
}

#[tokio::test(start_paused = true)]
async fn rules_4_5_a_stream_ends_over_no_type_and_an_old_one_but_not_over_an_unknown_one() {
    let harbour = harbour();
    for (url, part) in [
        ("", "type_url"),
        ("type.googleapis.com/envoy.api.v2.Thing", "V3"),
    ] {
        let mut client = TestStream::open(&harbour, Dialect::Sotw);
        client.send_sotw(DiscoveryRequest {
            type_url: url.into(),
            ..Default::default()
        });
        let status = client.ends().await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        assert!(status.message().contains(part), "{status}");
    }
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.send_delta(DeltaDiscoveryRequest {
        type_url: "example.org/Submarine".into(),
        ..Default::default()
    });
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch"]).await;
    let ignored = |what: &What| matches!(what, What::Ignored { .. });
    assert!(harbour.log.take().iter().any(ignored));
}

#[tokio::test(start_paused = true)]
async fn rule_8_a_client_that_is_done_is_done_with() {
    let harbour = harbour();
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch"]).await;
    client.hangs_up();
    client.ends().await.unwrap();
    assert_eq!(harbour.cache.stream_count(), 0);
    assert_eq!(harbour.log.left(), 1);
}

#[tokio::test(start_paused = true)]
async fn rule_9_two_streams_of_one_proxy_are_two() {
    let harbour = harbour();
    let mut one = TestStream::open(&harbour, Dialect::Delta);
    let mut other = TestStream::open(&harbour, Dialect::Delta);
    one.asks(BOAT, &[]);
    other.asks(VOYAGE, &["north"]);
    one.takes(BOAT, &["ketch"]).await;
    other.takes(VOYAGE, &["north"]).await;
    drop(one);
    put(&harbour, VOYAGE, "north", "2");
    other.takes(VOYAGE, &["north"]).await;
}

#[tokio::test(start_paused = true)]
async fn rule_54_a_grpc_client_that_names_nothing_gets_nothing() {
    let harbour = harbour();
    let mut client = TestStream::open_as(&harbour, Dialect::Sotw, Some(node("gRPC Go")));
    client.asks(BOAT, &[]);
    client.hears_nothing_for(LONG).await;
    client.asks(BOAT, &["ketch"]);
    client.takes(BOAT, &["ketch"]).await;
    // Rule 70: the others come, and what is missing is said to be.
    client.asks(BOAT, &["ketch", "submarine"]);
    let heard = client.takes(BOAT, &["ketch"]).await;
    assert_eq!(heard.missing, ["submarine"]);
}

#[tokio::test(start_paused = true)]
async fn rule_90_what_changes_during_a_load_follows_it() {
    let long = "x".repeat(1_500 * 1024);
    for dialect in [Dialect::Sotw, Dialect::Delta] {
        for names in [&["a", "b", "c"][..], &["c"]] {
            let harbour = Harbour::new();
            harbour.publish(|edit| {
                for name in ["a", "b", "c"] {
                    edit.put(VOYAGE, name, &long);
                }
            });
            let mut client = TestStream::open(&harbour, dialect);
            client.asks(VOYAGE, &["a", "b", "c"]);
            let first = client.hears(VOYAGE, &["a"]).await;
            harbour.publish(|edit| {
                edit.put(VOYAGE, "a", "2").remove(VOYAGE, "b");
            });
            match dialect {
                Dialect::Sotw => client.send_sotw(list(VOYAGE, names, &first.nonce)),
                Dialect::Delta if names.len() == 3 => client.ack(&first),
                Dialect::Delta => {
                    client.edits(VOYAGE, &[], &["a", "b"]);
                    client.ack(&first);
                }
            }
            client.asks(VOYAGE, names);
            let mut view = first.resources;
            while let Some(heard) = client.hears_within(LONG).await {
                view.extend(heard.resources.clone());
                view.retain(|name, _| !heard.removed.contains(name));
                client.ack(&heard);
            }
            assert!(client.status(VOYAGE).is_synced());
            assert_eq!(view["c"], long);
            assert_eq!(view["a"] == "2", names.len() == 3, "{dialect:?} {names:?}");
        }
    }
}
