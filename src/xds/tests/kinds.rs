//! What follows from the facts of a type alone: how it is deleted, and in which dialect it is served.

use std::time::Duration;

use super::{
    harbour::{BOAT, CHARTER, CREW, Harbour, SIGNAL},
    language::TestStream,
};
use crate::xds::{Dialect, What};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn rule_65_what_its_parent_takes_away_is_said_to_be_gone_only_to_who_asks() {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(CREW, "cook", "1").put(CHARTER, "summer", "1");
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(CREW, &["cook"]);
    client.takes(CREW, &["cook"]).await;
    harbour.publish(|edit| {
        edit.remove(CREW, "cook");
    });
    client.hears_nothing_for(LONG).await;
    client.asks(CREW, &["cook"]);
    assert_eq!(client.takes(CREW, &[]).await.removed, ["cook"]);
    harbour.publish(|edit| {
        edit.put(CREW, "cook", "2");
    });
    client.takes(CREW, &["cook"]).await;
}

#[tokio::test(start_paused = true)]
async fn b21_a_swapped_name_leaves_the_old_one_where_it_is_in_use() {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(CREW, "cook", "1")
            .link(CHARTER, "summer", "1", &[(CREW, "cook")]);
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(CHARTER, &[]);
    client.takes(CHARTER, &["summer"]).await;
    client.asks(CREW, &["cook"]);
    client.takes(CREW, &["cook"]).await;
    harbour.publish(|edit| {
        edit.remove(CREW, "cook").put(CREW, "mate", "1");
        edit.link(CHARTER, "summer", "2", &[(CREW, "mate")]);
    });
    client.takes(CHARTER, &["summer"]).await;
    client.edits(CREW, &["mate"], &["cook"]);
    assert_eq!(client.takes(CREW, &["mate"]).await.removed, [""; 0]);
    client.hears_nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn rule_100_a_type_of_delta_alone_is_not_served_in_sotw_and_the_stream_goes_on() {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(SIGNAL, "storm", "1").put(BOAT, "ketch", "1");
    });
    let mut client = TestStream::open(&harbour, Dialect::Sotw);
    client.asks(SIGNAL, &["storm"]);
    client.asks(BOAT, &[]);
    client.takes(BOAT, &["ketch"]).await;
    client.hears_nothing_for(LONG).await;
    let ignored =
        |what: &What| matches!(what, What::Ignored { type_url } if type_url.contains("Signal"));
    assert!(harbour.log.take().iter().any(ignored));

    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(SIGNAL, &[]);
    client.takes(SIGNAL, &["storm"]).await;
}

/// A client asks for what it has, and for nothing else: that there are more types, in which nothing
/// of its own stands, is no reason to wait.
#[tokio::test(start_paused = true)]
async fn a_resumed_client_does_not_wait_for_types_that_it_never_asks_for() {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.put(BOAT, "ketch", "1").put(BOAT, "yawl", "1");
        edit.put(CREW, "cook", "1");
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(BOAT, &[]);
    let boats = client.takes(BOAT, &["ketch", "yawl"]).await;
    client.asks(CHARTER, &[]);
    let charters = client.takes(CHARTER, &[]).await;
    harbour.publish(|edit| {
        edit.remove(BOAT, "yawl");
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.resumes(BOAT, &[], &[&boats]);
    client.hears_nothing_for(Duration::from_secs(1)).await;
    client.resumes(CHARTER, &[], &[&charters]);
    client.takes(CHARTER, &[]).await;
    let gone = client.hears_within(Duration::from_secs(1)).await.unwrap();
    assert_eq!(gone.removed, ["yawl"]);
}

#[tokio::test(start_paused = true)]
async fn rule_66_who_asks_by_another_name_is_answered_by_the_own_one() {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.signal("coast/storm", "1", &["coast/gale", "coast/wind"])
            .signal("coast/rest", "1", &["coast/*"])
            .signal("river/calm", "1", &[]);
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(SIGNAL, &[]);
    let all = ["coast/rest", "coast/storm", "river/calm"];
    assert!(client.takes(SIGNAL, &all).await.aliases.is_empty());

    client.asks(
        SIGNAL,
        &["coast/wind", "coast/gale", "coast/fog", "river/fog"],
    );
    let told = client.takes(SIGNAL, &["coast/rest", "coast/storm"]).await;
    let aliases = |name: &str| told.aliases[name].clone();
    assert_eq!(aliases("coast/storm"), ["coast/gale", "coast/wind"]);
    assert_eq!(aliases("coast/rest"), ["coast/fog"]);
    // Nothing is meant by it: the name alone says so.
    assert_eq!(aliases("river/fog"), ["river/fog"]);
    assert_eq!(told.removed, [""; 0]);
    client.hears_nothing_for(LONG).await;

    // Asked and answered: a change goes to everyone alike.
    harbour.publish(|edit| {
        edit.signal("coast/storm", "2", &["coast/gale"]);
    });
    let told = client.takes(SIGNAL, &["coast/storm"]).await;
    assert!(told.aliases.is_empty());
    // The next best.
    client.asks(SIGNAL, &["coast/wind"]);
    let told = client.takes(SIGNAL, &["coast/rest"]).await;
    assert_eq!(told.aliases["coast/rest"], ["coast/wind"]);
    harbour.publish(|edit| {
        edit.remove(SIGNAL, "coast/rest");
    });
    assert_eq!(client.takes(SIGNAL, &[]).await.removed, ["coast/rest"]);
    client.hears_nothing_for(LONG).await;
    assert!(client.status(SIGNAL).is_synced());
}

#[tokio::test(start_paused = true)]
async fn rule_66_what_is_asked_for_by_another_name_alone_is_followed() {
    let harbour = Harbour::new();
    harbour.publish(|edit| {
        edit.signal("coast/storm", "1", &["coast/gale", "coast/wind"])
            .signal("coast/calm", "1", &[]);
    });
    let mut client = TestStream::open(&harbour, Dialect::Delta);
    client.asks(SIGNAL, &["coast/gale", "coast/fog"]);
    let told = client.takes(SIGNAL, &["coast/storm"]).await;
    assert_eq!(told.aliases.len(), 2);
    harbour.publish(|edit| {
        edit.signal("coast/storm", "2", &["coast/gale", "coast/wind"])
            .signal("coast/calm", "2", &[]);
    });
    client.takes(SIGNAL, &["coast/storm"]).await;
    // It comes later: the name stayed asked for.
    harbour.publish(|edit| {
        edit.signal("coast/mist", "1", &["coast/fog"]);
    });
    let told = client.takes(SIGNAL, &["coast/mist"]).await;
    assert_eq!(told.aliases["coast/mist"], ["coast/fog"]);
    client.edits(SIGNAL, &["coast/wind"], &["coast/gale"]);
    client.takes(SIGNAL, &["coast/storm"]).await;
    client.edits(SIGNAL, &[], &["coast/wind"]);
    harbour.publish(|edit| {
        edit.signal("coast/storm", "3", &["coast/gale", "coast/wind"]);
    });
    client.hears_nothing_for(LONG).await;
    harbour.publish(|edit| {
        edit.remove(SIGNAL, "coast/mist");
    });
    assert_eq!(client.takes(SIGNAL, &[]).await.removed, ["coast/mist"]);
}
