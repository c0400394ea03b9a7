//! How long scopes live, how many there are, and who waits; on a stopped clock.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{snapshot::TYPES, xds::Manners};

fn node(class: &str, label: &str) -> Node {
    Node {
        id: "proxy".into(),
        cluster: "".into(),
        metadata: BTreeMap::new(),
        class: Some(class.into()),
        namespace: None,
        labels: [("instance".into(), label.into())].into(),
        user_agent: "envoy".into(),
        features: BTreeSet::new(),
    }
}

struct Running {
    reconciler: Reconciler,
    // The loop ends when this is dropped.
    _documents: watch::Sender<Arc<Current>>,
}

impl Running {
    fn with_room_for(most: usize) -> Self {
        let (sender, documents) = watch::channel(Arc::default());
        let cache = Arc::new(Cache::new(&TYPES, Manners::default()));
        let (reconciler, run) = Reconciler::with(documents, cache, most);
        tokio::spawn(run);
        Self {
            reconciler,
            _documents: sender,
        }
    }

    fn comes(&self, stream: u64, class: &str) {
        let (stream, node) = (StreamId(stream), node(class, ""));
        let command = Command::Seat { stream, node };
        self.reconciler.commands.send(command).unwrap();
    }

    fn leaves(&self, stream: u64) {
        let stream = StreamId(stream);
        let command = Command::Leave { stream };
        self.reconciler.commands.send(command).unwrap();
    }

    /// Waits until there are so many scopes, streams in them, and streams that wait for one.
    async fn becomes(&self, scopes: usize, streams: usize, waiting: usize) -> Figures {
        let mut figures = self.reconciler.watch();
        let there =
            |now: &Figures| (now.scopes, now.streams, now.waiting) == (scopes, streams, waiting);
        let wait = figures.wait_for(there);
        let found = tokio::time::timeout(SCOPE_LINGERS * 10, wait).await;
        match found {
            Ok(figures) => figures.unwrap().clone(),
            Err(_) => panic!("{:?}", self.reconciler.figures()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_scope_outlives_its_last_stream_by_a_minute() {
    let running = Running::with_room_for(10);
    running.comes(1, "a");
    running.comes(2, "a");
    running.becomes(1, 2, 0).await;
    running.leaves(1);
    running.becomes(1, 1, 0).await;
    tokio::time::sleep(SCOPE_LINGERS * 3).await;
    running.becomes(1, 1, 0).await;

    let left = Instant::now();
    running.leaves(2);
    running.becomes(0, 0, 0).await;
    let lingered = left.elapsed();
    let slack = Duration::from_secs(1);
    assert!(lingered >= SCOPE_LINGERS && lingered < SCOPE_LINGERS + slack);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_is_back_within_the_minute_finds_its_scope_as_it_was() {
    let running = Running::with_room_for(10);
    running.comes(1, "a");
    let compiled = running.becomes(1, 1, 0).await.compiled;
    running.leaves(1);
    running.becomes(1, 0, 0).await;
    tokio::time::sleep(SCOPE_LINGERS - Duration::from_secs(1)).await;
    running.comes(2, "a");
    running.becomes(1, 1, 0).await;
    // The first one's minute is over, and means nothing any more.
    tokio::time::sleep(SCOPE_LINGERS * 3).await;
    assert_eq!(running.becomes(1, 1, 0).await.compiled, compiled);
}

#[tokio::test(start_paused = true)]
async fn a_stream_beyond_the_last_scope_waits_until_one_is_free() {
    let running = Running::with_room_for(2);
    running.comes(1, "a");
    running.comes(2, "b");
    running.comes(3, "c");
    running.comes(4, "d");
    running.becomes(2, 2, 2).await;
    // Those that have a scope already are not held up, nor those who fit into one.
    running.comes(5, "b");
    running.becomes(2, 3, 2).await;
    running.leaves(4);
    running.becomes(2, 3, 1).await;
    running.leaves(1);
    running.becomes(2, 2, 1).await;
    tokio::time::sleep(SCOPE_LINGERS - Duration::from_secs(1)).await;
    running.becomes(2, 2, 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    running.becomes(2, 3, 0).await;
}

#[tokio::test(start_paused = true)]
async fn what_proxies_say_of_themselves_is_forgotten_with_them() {
    let cache = Arc::new(Cache::new(&TYPES, Manners::default()));
    let figures = watch::Sender::new(Figures::default());
    let mut state = State::new(cache, figures, 10);
    state.take_in(Arc::default());
    state.seat(StreamId(0), node("a", "stays"));
    for n in 1..=10_000 {
        // Says something else of itself while it is there, too.
        for label in [format!("{n}"), format!("{n} again"), format!("{n} again")] {
            state.seat(StreamId(n), node("a", &label));
        }
        assert_eq!(state.graph.seats(), 2);
        state.rise(StreamId(n));
    }
    assert_eq!(state.graph.scopes().count(), 1, "labels that nobody reads");
    assert_eq!((state.graph.seats(), state.alike.len()), (1, 1));
    state.rise(StreamId(0));
    assert_eq!((state.graph.seats(), state.alike.len()), (0, 0));
}
