//! What the streams did, kept for people: figures, rejections, proxies that went away, a journal of
//! what happened lately and when each stream took what; and what proxies report of their traffic.
//!
//! Where a proxy stands now is not kept here: `xds` knows it and is asked (status is computed on
//! read). What is kept grows neither with the mesh nor with time.

mod arrivals;
pub mod journal;
mod metrics;
mod offline;
pub mod progress;
mod rejections;
pub mod traffic;

pub use metrics::Metrics;
pub use offline::Offline;
pub use rejections::Rejection;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use prometheus_client::registry::Registry;

use crate::{
    snapshot::{Generation, TypeIx},
    xds::event::{Event, Events, StreamId, What},
};
use traffic::{Limits, Observed, Observer};

/// Takes note of what happens on streams.
#[derive(Debug)]
pub struct Telemetry {
    /// Our own metrics.
    pub metrics: Metrics,
    /// What happened lately.
    pub journal: journal::Journal,
    /// What the traffic of proxies does, by their reports.
    pub traffic: Arc<Observer>,
    // std mutex: held for one insert or one copy, never over an await.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    offline: offline::Departed,
    rejections: rejections::Recent,
    arrivals: arrivals::Arrivals,
}

impl Telemetry {
    /// Takes note from now on; its metrics go into `registry`. At most `most_scopes` scopes are open.
    #[must_use]
    pub fn new(registry: &mut Registry, most_scopes: usize) -> Arc<Self> {
        let traffic = Observer::new(Limits::default());
        registry.register_collector(Box::new(Observed(traffic.clone())));
        Arc::new(Self {
            metrics: Metrics::new(registry, most_scopes),
            journal: journal::Journal::default(),
            traffic,
            kept: Mutex::default(),
        })
    }

    /// Proxies that were connected and are not, the last to leave first.
    #[must_use]
    pub fn offline(&self) -> Vec<Offline> {
        self.kept().offline.list()
    }

    /// What `proxy` rejected lately, newest first.
    #[must_use]
    pub fn rejections_of(&self, proxy: &str) -> Vec<Rejection> {
        self.kept().rejections.of(proxy)
    }

    /// When `stream` had taken all of `types` as of `generation` or newer; none when that is not
    /// known, as where nothing had to be sent for it.
    #[must_use]
    pub fn arrived(
        &self,
        stream: StreamId,
        generation: Generation,
        types: &[TypeIx],
    ) -> Option<SystemTime> {
        self.kept().arrivals.when(stream, generation, types)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change is one insert: what a panic left behind is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Telemetry {
    fn record(&self, event: Event) {
        self.metrics.count(&event.what);
        self.kept().arrivals.note(&event);
        match &event.what {
            What::Opened { peer, .. } => self.kept().offline.came(event.stream, peer),
            What::Closed => self.kept().offline.went(event.stream, event.at),
            What::Rejected {
                ty,
                generation,
                revision,
                names,
                error,
                ..
            } => {
                tracing::warn!(proxy = %event.proxy, api = ty.info().api, %error, "a proxy rejected a response");
                self.kept().rejections.add(Rejection {
                    stream: event.stream,
                    proxy: event.proxy.clone(),
                    class: event.class.clone(),
                    at: event.at,
                    api: ty.info().api,
                    generation: *generation,
                    revision: *revision,
                    names: names.clone(),
                    error: error.clone(),
                });
            }
            _ => {}
        }
        // Last: whoever is woken by it finds all of the above.
        self.journal.note(&event);
    }
}
