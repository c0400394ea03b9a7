//! OpenTelemetry's metrics service: where proxies report.
//!
//! opentelemetry.proto.collector.metrics.v1, over gRPC. Who reports stands in the call's metadata
//! ([`netloft_proto::report`]). What is wrong with single points is answered as a partial success;
//! what cannot be read at all is refused for good, and what there is no room for at the moment may
//! be tried again.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use netloft_proto::{ProxyId, proxy_id, report};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use tokio::sync::Semaphore;
use tonic::{
    Request, Response, Status, body::Body, codec::CompressionEncoding, metadata::MetadataMap,
    server::NamedService,
};
use tower::Service;

use super::{observer::Observer, otlp};

/// Largest report, in bytes, unpacked: that of an Envoy of some 5,000 clusters.
const LARGEST: usize = 4 << 20;
/// Reports that are received at the same time; each may hold [`LARGEST`] of memory.
const AT_ONCE: usize = 32;
/// Time in which a report must arrive: Envoy gives up after as much.
const PATIENCE: Duration = Duration::from_secs(5);

/// The metrics service over an [`Observer`].
#[derive(Debug, Clone)]
pub struct Receiver {
    inner: MetricsServiceServer<Reports>,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Reports(Arc<Observer>);

impl Receiver {
    /// Hands to `observer` what is reported.
    #[must_use]
    pub fn new(observer: Arc<Observer>) -> Self {
        Self {
            inner: MetricsServiceServer::new(Reports(observer))
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(LARGEST),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[tonic::async_trait]
impl MetricsService for Reports {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let metadata = request.metadata();
        let named = |key: &'static str| text(metadata, key);
        let proxy = named(report::PROXY)?.ok_or_else(|| {
            Status::invalid_argument(format!(
                "the metadata names no {}: `netloft overlay --id NAME` writes a sink that does",
                report::PROXY
            ))
        })?;
        let invalid = |error: proxy_id::InvalidProxyId| {
            Status::invalid_argument(format!("{}: {error}", report::PROXY))
        };
        let proxy = ProxyId::new(proxy).map_err(invalid)?;
        let group = named(report::CLUSTER)?.unwrap_or_default();
        if group.len() > proxy_id::MAX_LEN {
            return Err(Status::invalid_argument(format!(
                "{}: {} bytes are more than {}",
                report::CLUSTER,
                group.len(),
                proxy_id::MAX_LEN
            )));
        }
        let read = otlp::read(request.get_ref());
        let outcome = self
            .0
            .take(&proxy, group, request.remote_addr(), read)
            .map_err(|full| Status::resource_exhausted(full.to_string()))?;
        let partial_success = outcome
            .reason
            .map(|error_message| ExportMetricsPartialSuccess {
                rejected_data_points: i64::try_from(outcome.rejected).unwrap_or(i64::MAX),
                error_message,
            });
        Ok(Response::new(ExportMetricsServiceResponse {
            partial_success,
        }))
    }
}

fn text<'a>(metadata: &'a MetadataMap, key: &'static str) -> Result<Option<&'a str>, Status> {
    let value = metadata.get(key).map(|value| value.to_str());
    value
        .transpose()
        .map_err(|_| Status::invalid_argument(format!("{key} holds printable ASCII")))
}

impl Service<http::Request<Body>> for Receiver {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let full = format!("{AT_ONCE} reports are being received: try again");
            return Box::pin(async { Ok(Status::unavailable(full).into_http()) });
        };
        // Always ready, as this is.
        let answer = self.inner.call(request);
        Box::pin(async move {
            let _place = place;
            match tokio::time::timeout(PATIENCE, answer).await {
                Ok(answer) => answer,
                Err(_) => {
                    let late = format!("the report did not arrive within {PATIENCE:?}");
                    Ok(Status::deadline_exceeded(late).into_http())
                }
            }
        })
    }
}

impl NamedService for Receiver {
    const NAME: &'static str = <MetricsServiceServer<Reports> as NamedService>::NAME;
}
