//! The gRPC service, without a socket.

use std::sync::Arc;

use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_client::MetricsServiceClient,
    },
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point::Value as Number,
    },
};
use proptest::prelude::*;
use tonic::{Code, Request, Status, codec::CompressionEncoding};
use tower::Service as _;

use super::*;
use crate::telemetry::traffic::{Observer, Receiver, read};

fn metric(name: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn point(value: i64) -> Vec<NumberDataPoint> {
    vec![NumberDataPoint {
        value: Some(Number::AsInt(value)),
        ..NumberDataPoint::default()
    }]
}

fn sum(name: &str, value: i64, temporality: AggregationTemporality) -> Metric {
    metric(
        name,
        Data::Sum(Sum {
            data_points: point(value),
            aggregation_temporality: temporality.into(),
            is_monotonic: true,
        }),
    )
}

fn gauge(name: &str, value: i64) -> Metric {
    let data_points = point(value);
    metric(name, Data::Gauge(Gauge { data_points }))
}

fn request(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

fn usual() -> Vec<Metric> {
    vec![
        gauge("cluster.web.membership_total", 2),
        sum(
            "cluster.web.upstream_rq_completed",
            7,
            AggregationTemporality::Delta,
        ),
        sum(
            "cluster.web.upstream_rq_5xx",
            2,
            AggregationTemporality::Delta,
        ),
        sum("netloft.rest", 99, AggregationTemporality::Delta),
    ]
}

async fn export(
    observer: &Arc<Observer>,
    proxy: Option<&str>,
    metrics: Vec<Metric>,
    gzip: bool,
) -> Result<ExportMetricsServiceResponse, Status> {
    let mut client = MetricsServiceClient::new(Receiver::new(observer.clone()));
    if gzip {
        client = client.send_compressed(CompressionEncoding::Gzip);
    }
    let mut request = Request::new(request(metrics));
    if let Some(proxy) = proxy {
        let metadata = request.metadata_mut();
        metadata.insert("netloft-proxy", proxy.parse().unwrap());
        metadata.insert("netloft-cluster", "edge".parse().unwrap());
    }
    Ok(client.export(request).await?.into_inner())
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_is_counted_plain_or_packed() {
    for gzip in [false, true] {
        let observer = Observer::new(Limits::default());
        let answer = export(&observer, Some("edge-1"), usual(), gzip)
            .await
            .unwrap();
        assert_eq!(answer.partial_success, None);
        let told = observer.traffic(std::time::Duration::from_secs(60));
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].counts.requests, 7);
        assert_eq!(told[0].counts.classes, [0, 0, 0, 0, 2]);
        assert_eq!(told[0].gauges.endpoints, Some(2));
        let proxies = observer.proxies();
        assert_eq!(
            (proxies[0].proxy.as_str(), &*proxies[0].group),
            ("edge-1", "edge")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_without_a_name_is_refused_with_the_remedy() {
    let observer = Observer::new(Limits::default());
    for (proxy, words) in [(None, "netloft overlay"), (Some("a b"), "without spaces")] {
        let refused = export(&observer, proxy, usual(), false).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(words), "{refused}");
    }
    assert!(observer.proxies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_and_the_rest_is_taken() {
    let observer = Observer::new(Limits::default());
    let mut metrics = usual();
    metrics.push(sum(
        "cluster.web.upstream_rq_retry",
        -1,
        AggregationTemporality::Delta,
    ));
    metrics.push(sum(
        "cluster.web.upstream_rq_4xx",
        1,
        AggregationTemporality::Unspecified,
    ));
    metrics.push(gauge("cluster.web.upstream_rq_3xx", 1));
    metrics.push(sum(
        &format!("cluster.{}.upstream_rq_2xx", "x".repeat(600)),
        1,
        AggregationTemporality::Delta,
    ));
    let answer = export(&observer, Some("edge-1"), metrics, false)
        .await
        .unwrap();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_data_points, 4);
    assert!(
        partial.error_message.contains("upstream_rq_retry"),
        "{}",
        partial.error_message
    );
    let told = observer.traffic(std::time::Duration::from_secs(60));
    assert_eq!((told.len(), told[0].counts.requests), (1, 7));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_too_large_is_refused_packed_or_not() {
    let observer = Observer::new(Limits::default());
    let large = vec![gauge(&format!("cluster.{}.x", "x".repeat(5 << 20)), 1)];
    for (gzip, code) in [(false, Code::OutOfRange), (true, Code::ResourceExhausted)] {
        let refused = export(&observer, Some("edge-1"), large.clone(), gzip)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
    export(&observer, Some("edge-1"), usual(), false)
        .await
        .unwrap();
}

prop_compose! {
    fn any_metric()(
        cluster in "[a-z.]{0,6}",
        stat in prop_oneof![
            Just("upstream_rq_completed"), Just("upstream_rq_2xx"), Just("upstream_rq_time"),
            Just("membership_total"), Just("upstream_cx_active"), Just("other"), Just(""),
        ],
        kind in 0_u8..4,
        int in any::<i64>(),
        float in any::<f64>(),
        temporality in -1..4,
        counts in proptest::collection::vec(any::<u64>(), 0..30),
        bounds in proptest::collection::vec(any::<f64>(), 0..30),
    ) -> Metric {
        let value = if kind == 0 { Number::AsDouble(float) } else { Number::AsInt(int) };
        let data_points = vec![NumberDataPoint { value: Some(value), ..NumberDataPoint::default() }];
        let data = match kind {
            0 | 1 => Data::Sum(Sum { data_points, aggregation_temporality: temporality, is_monotonic: true }),
            2 => Data::Gauge(Gauge { data_points }),
            _ => Data::Histogram(Histogram {
                data_points: vec![HistogramDataPoint {
                    sum: Some(float),
                    bucket_counts: counts,
                    explicit_bounds: bounds,
                    ..HistogramDataPoint::default()
                }],
                aggregation_temporality: temporality,
            }),
        };
        metric(&format!("cluster.{cluster}.{stat}"), data)
    }
}

proptest! {
    #[test]
    fn nothing_that_is_reported_breaks_what_is_kept(
        reports in proptest::collection::vec(proptest::collection::vec(any_metric(), 0..20), 1..10),
    ) {
        let mut fleet = Fleet::new(Limits::default());
        for (second, metrics) in (0_u64..).step_by(5).zip(reports) {
            let report = read(&request(metrics));
            fleet.add(&id("edge"), "", None, report, second).unwrap();
            for told in fleet.traffic(60, second) {
                let quantile = told.counts.latency.quantile(0.99);
                prop_assert!(quantile.is_none_or(|ms| ms.is_finite() && ms >= 0.0), "{quantile:?}");
            }
        }
    }
}

/// A call of the receiver whose body never ends.
fn endless() -> http::Request<tonic::body::Body> {
    let frames = futures_util::stream::pending::<Result<http_body::Frame<bytes::Bytes>, Status>>();
    let body = tonic::body::Body::new(http_body_util::StreamBody::new(frames));
    let path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    let request = http::Request::post(path).header("content-type", "application/grpc");
    request.header("netloft-proxy", "edge").body(body).unwrap()
}

fn code_of(answer: &http::Response<tonic::body::Body>) -> Option<Code> {
    Status::from_header_map(answer.headers()).map(|status| status.code())
}

#[tokio::test(start_paused = true)]
async fn more_reports_than_there_are_places_are_told_to_try_again_and_slow_ones_lose_theirs() {
    let mut receiver = Receiver::new(Observer::new(Limits::default()));
    let slow: Vec<_> = (0..32)
        .map(|_| tokio::spawn(receiver.call(endless())))
        .collect();
    let refused = receiver.call(endless()).await.unwrap();
    assert_eq!(code_of(&refused), Some(Code::Unavailable));
    for one in slow {
        let answer = one.await.unwrap().unwrap();
        assert_eq!(code_of(&answer), Some(Code::DeadlineExceeded));
    }
    // Their places are free again: this one waits for its own body until it is too late.
    let answer = receiver.call(endless()).await.unwrap();
    assert_eq!(code_of(&answer), Some(Code::DeadlineExceeded));
}
