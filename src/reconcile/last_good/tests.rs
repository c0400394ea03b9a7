//! What is written when, what is not, and what outlives whom; on a stopped clock.

mod shelf;

use shelf::Shelf;

use super::*;
use crate::snapshot::{ENDPOINTS, Resource, Snapshot, TYPES};

/// Long enough for anything that is to be written, and short of the sweep.
const SOON: Duration = Duration::from_secs(10);

/// What a proxy of these tests counts as.
const SIDECAR: &str = "sidecar default envoy 1.40";

#[tokio::test(start_paused = true)]
async fn what_the_first_proxy_of_a_class_takes_is_written_and_the_second_writes_nothing() {
    let shelf = Shelf::open().await;
    let web = resource(CLUSTER, "web", b"1");
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.proxy(2, "sidecar", "envoy", "1.40.7");
    shelf.acks(1, "sidecar", &web);
    let kept = [(SIDECAR.to_owned(), "web".to_owned(), web.hash())];
    assert_eq!(shelf.after(SOON).await, kept);
    assert_eq!(shelf.bytes(&web).await.unwrap(), web.message());
    let commits = shelf.commits();
    // As another process sends it: equal, and not the very same.
    shelf.acks(2, "sidecar", &resource(CLUSTER, "web", b"1"));
    shelf.after(SOON).await;
    assert_eq!(shelf.commits(), commits);
}

#[tokio::test(start_paused = true)]
async fn classes_that_take_the_same_share_its_bytes_and_the_last_one_takes_them_along() {
    let shelf = Shelf::open().await;
    let (old, new) = (
        resource(CLUSTER, "web", b"1"),
        resource(CLUSTER, "web", b"2"),
    );
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.proxy(2, "sidecar", "envoy", "1.36.2");
    shelf.acks(1, "sidecar", &old);
    shelf.acks(2, "sidecar", &old);
    assert_eq!(shelf.after(SOON).await.len(), 2);
    assert_eq!(shelf.blobs().await, 1);
    shelf.acks(1, "sidecar", &new);
    shelf.after(SOON).await;
    assert!(shelf.bytes(&old).await.is_some() && shelf.bytes(&new).await.is_some());
    shelf.acks(2, "sidecar", &new);
    let hashes: Vec<_> = shelf.after(SOON).await.into_iter().map(|it| it.2).collect();
    assert_eq!(hashes, [new.hash(), new.hash()]);
    assert_eq!(shelf.bytes(&old).await, None);
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_not_kept_and_neither_is_what_was_only_sent() {
    let shelf = Shelf::open().await;
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.acks(1, "sidecar", &resource(ENDPOINTS, "web", b"1"));
    shelf.sent(1, "sidecar", &resource(CLUSTER, "web", b"1"));
    assert_eq!(shelf.after(SOON).await, []);
    assert_eq!(shelf.commits(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_within_a_second_is_one_commit() {
    let shelf = Shelf::open().await;
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    for edit in 0..100_u8 {
        shelf.acks(1, "sidecar", &resource(ROUTES, "outbound", &[edit]));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shelf.after(SOON).await;
    let commits = shelf.commits();
    assert!(
        (2..=7).contains(&commits),
        "{commits} commits in five seconds"
    );
    let last = resource(ROUTES, "outbound", &[99]);
    assert_eq!(shelf.kept().await[0].2, last.hash());
    assert_eq!(shelf.blobs().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_lags_does_not_bring_back_what_was_replaced() {
    let shelf = Shelf::open().await;
    let (old, new) = (
        resource(LISTENER, "in", b"1"),
        resource(LISTENER, "in", b"2"),
    );
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.proxy(2, "sidecar", "envoy", "1.40.0");
    shelf.acks_of(Generation(2), 1, "sidecar", &new);
    shelf.acks_of(Generation(1), 2, "sidecar", &old);
    assert_eq!(shelf.after(SOON).await[0].2, new.hash());
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_is_there_after_a_restart_and_not_written_again() {
    let shelf = Shelf::open().await;
    let web = resource(CLUSTER, "web", b"1");
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.acks(1, "sidecar", &web);
    // Not even a moment passes: what is due is written on the way out.
    let shelf = shelf.restart().await;
    assert_eq!(shelf.kept().await.len(), 1);
    let commits = shelf.commits();
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.acks(1, "sidecar", &web);
    shelf.after(SOON).await;
    assert_eq!(shelf.commits(), commits);
}

#[tokio::test(start_paused = true)]
async fn a_full_store_is_asked_again_and_no_stream_waits_for_it() {
    let shelf = Shelf::open().await;
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.refuse(true);
    let before = Instant::now();
    for edit in 0..50_u8 {
        shelf.acks(1, "sidecar", &resource(ROUTES, "outbound", &[edit]));
    }
    // Telling it is a call that does not wait: no time has passed.
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(shelf.after(SWEEP / 2).await, []);
    let asked = shelf.refusals();
    assert!(
        (2..60).contains(&asked),
        "asked {asked} times in half an hour"
    );
    shelf.refuse(false);
    let kept = shelf.after(PATIENCE * 2).await;
    assert_eq!(kept[0].2, resource(ROUTES, "outbound", &[49]).hash());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_no_proxy_of_its_class_is_given_any_more_is_forgotten() {
    let shelf = Shelf::open().await;
    let (web, api) = (
        resource(CLUSTER, "web", b"1"),
        resource(CLUSTER, "api", b"2"),
    );
    shelf.gives(&[&web, &api]);
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.acks(1, "sidecar", &web);
    shelf.acks(1, "sidecar", &api);
    assert_eq!(shelf.after(SWEEP * 2).await.len(), 2);
    shelf.gives(&[&web]);
    let kept = shelf.after(SWEEP * 2).await;
    assert_eq!(kept, [(SIDECAR.to_owned(), "web".to_owned(), web.hash())]);
    assert_eq!(shelf.bytes(&api).await, None);
    // Given once more, it is kept once more.
    shelf.gives(&[&web, &api]);
    shelf.acks(1, "sidecar", &api);
    assert_eq!(shelf.after(SOON).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_class_is_remembered_for_thirty_days_without_a_proxy() {
    let shelf = Shelf::open().await;
    let web = resource(CLUSTER, "web", b"1");
    shelf.gives(&[&web]);
    shelf.proxy(1, "sidecar", "envoy", "1.40.0");
    shelf.acks(1, "sidecar", &web);
    shelf.after(SOON).await;
    let mut work = shelf.work().await;
    let day = 24 * 3_600_000;
    for (days, kept) in [(29, 1), (31, 0)] {
        work.sweep(now() + days * day).await;
        assert_eq!(work.index.len(), kept, "after {days} days");
    }
    assert_eq!(shelf.blobs().await, 0);
    assert!(work.index.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn there_is_an_end_to_the_names_that_are_kept() {
    let shelf = Shelf::open().await;
    let mut work = shelf.work().await;
    let place = |number: usize| Place {
        class: "sidecar".into(),
        type_url: CLUSTER.info().url.into(),
        name: number.to_string().into(),
    };
    let one = Arc::new(resource(CLUSTER, "0", b"1"));
    work.due = (0..MOST)
        .map(|number| (place(number), one.clone()))
        .collect();
    assert!(work.is_full());
    work.due.remove(&place(0));
    assert!(!work.is_full());
}

fn resource(ty: TypeIx, name: &str, bytes: &[u8]) -> Resource {
    let nothing = || Arc::new([]);
    Resource::new(&TYPES, ty, name.into(), bytes, nothing(), Arc::new([]))
}
