//! Our own metrics, for Prometheus. Names are promises.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::xds::event::What;

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Api {
    r#type: &'static str,
}

/// Counters and gauges of this process.
#[derive(Debug)]
pub struct Metrics {
    pushes: Family<Api, Counter>,
    acks: Family<Api, Counter>,
    nacks: Family<Api, Counter>,
    bytes: Family<Api, Counter>,
    ack_seconds: Histogram,
    streams: Gauge,
    scopes: Gauge,
    waiting: Gauge,
    compiled: Counter,
    /// Time of one apply, from the request to its being durable and readable. Seconds.
    pub apply_seconds: Histogram,
}

impl Metrics {
    pub(super) fn new(registry: &mut Registry, most_scopes: usize) -> Self {
        let metrics = Self {
            pushes: Family::default(),
            acks: Family::default(),
            nacks: Family::default(),
            bytes: Family::default(),
            ack_seconds: Histogram::new(SECONDS),
            streams: Gauge::default(),
            scopes: Gauge::default(),
            waiting: Gauge::default(),
            compiled: Counter::default(),
            apply_seconds: Histogram::new(SECONDS),
        };
        registry.register(
            "netloft_xds_pushes",
            "Responses sent to proxies",
            metrics.pushes.clone(),
        );
        registry.register(
            "netloft_xds_acks",
            "Responses that proxies accepted",
            metrics.acks.clone(),
        );
        registry.register(
            "netloft_xds_nacks",
            "Responses that proxies rejected",
            metrics.nacks.clone(),
        );
        registry.register(
            "netloft_xds_sent_bytes",
            "Bytes of responses sent",
            metrics.bytes.clone(),
        );
        registry.register(
            "netloft_xds_ack_seconds",
            "Time from sending a response to its being accepted",
            metrics.ack_seconds.clone(),
        );
        registry.register(
            "netloft_xds_streams",
            "Streams of proxies now",
            metrics.streams.clone(),
        );
        registry.register(
            "netloft_scopes",
            "Kinds of proxies that are served now; see netloft_scopes_limit",
            metrics.scopes.clone(),
        );
        let limit: Gauge = Gauge::default();
        limit.set(count(most_scopes));
        registry.register(
            "netloft_scopes_limit",
            "Most kinds of proxies that are served at a time",
            limit,
        );
        registry.register(
            "netloft_xds_streams_waiting",
            "Streams of proxies that wait for netloft_scopes to fall",
            metrics.waiting.clone(),
        );
        registry.register(
            "netloft_units_compiled",
            "Units compiled since the start",
            metrics.compiled.clone(),
        );
        registry.register(
            "netloft_apply_seconds",
            "Time of one apply",
            metrics.apply_seconds.clone(),
        );
        metrics
    }

    /// What compiling has come to: scopes that are open, streams that wait for one, and units
    /// compiled since the start.
    pub fn reconciled(&self, scopes: usize, waiting: usize, compiled: u64) {
        self.scopes.set(count(scopes));
        self.waiting.set(count(waiting));
        let news = compiled.saturating_sub(self.compiled.get());
        self.compiled.inc_by(news);
    }

    pub(super) fn count(&self, what: &What) {
        match what {
            What::Opened { .. } => {
                self.streams.inc();
            }
            What::Closed => {
                self.streams.dec();
            }
            What::Sent { ty, bytes, .. } => {
                let api = Api {
                    r#type: ty.info().api,
                };
                self.pushes.get_or_create(&api).inc();
                self.bytes.get_or_create(&api).inc_by(*bytes as u64);
            }
            What::Acked { ty, took, .. } => {
                self.acks
                    .get_or_create(&Api {
                        r#type: ty.info().api,
                    })
                    .inc();
                self.ack_seconds.observe(took.as_secs_f64());
            }
            What::Rejected { ty, .. } => {
                self.nacks
                    .get_or_create(&Api {
                        r#type: ty.info().api,
                    })
                    .inc();
            }
            _ => {}
        }
    }
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
