//! What the streams did, kept for people: figures, rejections, and proxies that went away.
//!
//! Where a proxy stands now is not kept here: `xds` knows it and is asked (status is computed on
//! read). What is kept grows neither with the mesh nor with time.

mod metrics;
mod offline;
mod rejections;

pub use metrics::Metrics;
pub use offline::Offline;
pub use rejections::Rejection;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::registry::Registry;

use crate::xds::event::{Event, Events, What};

/// Takes note of what happens on streams.
#[derive(Debug)]
pub struct Telemetry {
    /// Our own metrics.
    pub metrics: Metrics,
    // std mutex: held for one insert or one copy, never over an await.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    offline: offline::Departed,
    rejections: rejections::Recent,
}

impl Telemetry {
    /// Takes note from now on; its metrics go into `registry`.
    #[must_use]
    pub fn new(registry: &mut Registry) -> Arc<Self> {
        Arc::new(Self {
            metrics: Metrics::new(registry),
            kept: Mutex::default(),
        })
    }

    /// Proxies that were connected and are not, the last to leave first.
    #[must_use]
    pub fn offline(&self) -> Vec<Offline> {
        self.kept().offline.list()
    }

    /// What was rejected lately, newest first.
    #[must_use]
    pub fn rejections(&self) -> Vec<Rejection> {
        self.kept().rejections.list()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change is one insert: what a panic left behind is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Telemetry {
    fn record(&self, event: Event) {
        self.metrics.count(&event.what);
        match &event.what {
            What::Opened { peer, .. } => self.kept().offline.came(event.stream, peer),
            What::Closed => self.kept().offline.went(event.stream, event.at),
            What::Rejected {
                ty,
                revision,
                names,
                error,
                ..
            } => {
                tracing::warn!(proxy = %event.proxy, api = ty.info().api, %error, "a proxy rejected a response");
                self.kept().rejections.add(Rejection {
                    proxy: event.proxy.clone(),
                    at: event.at,
                    api: ty.info().api,
                    revision: *revision,
                    names: names.clone(),
                    error: error.clone(),
                });
            }
            _ => {}
        }
    }
}
