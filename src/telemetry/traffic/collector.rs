//! What is observed, for Prometheus: read when it is asked for.

use std::sync::Arc;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

use super::observer::Observer;

/// Reads an [`Observer`]. Its labels are bounded as its series are.
#[derive(Debug)]
pub(in crate::telemetry) struct Observed(pub(in crate::telemetry) Arc<Observer>);

impl Collector for Observed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kept = self.0.kept();
        let counter = |value| ConstCounter::<u64>::new(value);
        for (name, help, value) in [
            (
                "netloft_observed_series_dropped",
                "Series that made room for others",
                kept.dropped,
            ),
            (
                "netloft_observed_points_refused",
                "Points reported that there was no room for",
                kept.refused,
            ),
        ] {
            let value = counter(value);
            value.encode(encoder.encode_descriptor(name, help, None, value.metric_type())?)?;
        }
        for (name, help, value) in [
            (
                "netloft_observed_series",
                "Pairs of a proxy and a cluster that are kept",
                kept.series,
            ),
            ("netloft_observed_bytes", "History that is kept", kept.bytes),
        ] {
            let value = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            value.encode(encoder.encode_descriptor(name, help, None, value.metric_type())?)?;
        }
        let help = "Requests that proxies sent to a cluster, by the first digit of the status";
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let kind = counter(0).metric_type();
        let mut family = encoder.encode_descriptor("netloft_requests", help, None, kind)?;
        self.0.read(|fleet| {
            for (proxy, cluster, counts) in fleet.totals() {
                for (code_class, count) in requests.into_iter().zip(counts.classes) {
                    if count == 0 {
                        continue;
                    }
                    let labels = [
                        ("proxy", proxy.as_str()),
                        ("cluster", cluster),
                        ("code_class", code_class),
                    ];
                    counter(count).encode(family.encode_family(&labels)?)?;
                }
            }
            Ok(())
        })
    }
}
