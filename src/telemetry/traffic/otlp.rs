//! OpenTelemetry's metrics as a report.
//!
//! opentelemetry.proto.metrics.v1. What is not of a cluster, or not kept, is passed over in silence;
//! what is called something it cannot be is rejected, and the rest of its report is taken.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, HistogramDataPoint, Metric, NumberDataPoint, metric::Data,
        number_data_point,
    },
};

use super::{
    latency::Latency,
    report::{Report, Value},
    stat,
};

/// What `request` says of clusters.
#[must_use]
pub fn read(request: &ExportMetricsServiceRequest) -> Report {
    let mut report = Report::default();
    let scopes = request
        .resource_metrics
        .iter()
        .flat_map(|one| &one.scope_metrics);
    for metric in scopes.flat_map(|scope| &scope.metrics) {
        read_metric(metric, &mut report);
    }
    report
}

fn read_metric(metric: &Metric, report: &mut Report) {
    let mut take = |attributes: &[KeyValue], value: &dyn Fn() -> Result<Value, String>| {
        let tag = |name: &str| tag(attributes, name);
        let Some((cluster, stat)) = stat::read(&metric.name, tag) else {
            return;
        };
        match value() {
            Ok(value) => report.add(cluster, stat, value),
            Err(why) => report.reject(|| format!("{}: {why}", metric.name)),
        }
    };
    match &metric.data {
        Some(Data::Gauge(gauge)) => {
            for point in &gauge.data_points {
                take(&point.attributes, &|| number(point).map(Value::Now));
            }
        }
        Some(Data::Sum(sum)) => {
            let delta = is_delta(sum.aggregation_temporality);
            for point in &sum.data_points {
                take(&point.attributes, &|| {
                    let as_value = if delta? { Value::Delta } else { Value::Total };
                    number(point).map(as_value)
                });
            }
        }
        Some(Data::Histogram(histogram)) => {
            let delta = is_delta(histogram.aggregation_temporality);
            for point in &histogram.data_points {
                take(&point.attributes, &|| {
                    let as_value = if delta? {
                        Value::Times
                    } else {
                        Value::AllTimes
                    };
                    times(point).map(as_value)
                });
            }
        }
        // None of Envoy's.
        Some(Data::ExponentialHistogram(_) | Data::Summary(_)) | None => {}
    }
}

fn is_delta(temporality: i32) -> Result<bool, &'static str> {
    match AggregationTemporality::try_from(temporality) {
        Ok(AggregationTemporality::Delta) => Ok(true),
        Ok(AggregationTemporality::Cumulative) => Ok(false),
        _ => Err("it is not told whether it is a delta or a total"),
    }
}

fn number(point: &NumberDataPoint) -> Result<u64, String> {
    match point.value {
        Some(number_data_point::Value::AsInt(value)) => {
            u64::try_from(value).map_err(|_| format!("{value} is less than nothing"))
        }
        Some(number_data_point::Value::AsDouble(value)) if value >= 0.0 && value.is_finite() => {
            // `as` cuts what is out of bounds to the nearest that is within.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let value = value.round() as u64;
            Ok(value)
        }
        Some(number_data_point::Value::AsDouble(value)) => Err(format!("{value} counts nothing")),
        None => Err("it has no value".to_owned()),
    }
}

fn times(point: &HistogramDataPoint) -> Result<Latency, String> {
    Latency::read(&point.bucket_counts, &point.explicit_bounds, point.sum)
        .map_err(|error| error.to_string())
}

fn tag<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|one| one.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}
