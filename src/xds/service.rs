//! The aggregated discovery service as gRPC.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DiscoveryRequest};
use futures_util::future::BoxFuture;
use tonic::{
    Status, Streaming,
    body::Body,
    server::{Grpc, NamedService, StreamingService},
};
use tower::Service;

use super::{
    cache::Cache,
    codec::ReadyBytes,
    directory::Directory,
    event::Events,
    response::Response,
    stream::{Parts, Request, Responses},
};

/// Longest request, in bytes; a longer one ends the stream with OUT_OF_RANGE. A SotW request lists
/// every name it wants (rule 89).
pub const MAX_REQUEST: usize = 16 * 1024 * 1024;

/// The aggregated discovery service, both dialects.
#[derive(Clone)]
pub struct Ads {
    parts: Parts,
}

struct Method<R> {
    parts: Parts,
    request: PhantomData<R>,
}

impl Ads {
    /// Serves the scopes of `cache` to those whom `directory` admits, and tells `events`.
    #[must_use]
    pub fn new(cache: Arc<Cache>, directory: Arc<dyn Directory>, events: Arc<dyn Events>) -> Self {
        Self {
            parts: Parts {
                cache,
                directory,
                events,
            },
        }
    }

    /// Ends all streams.
    pub(super) fn close(&self) {
        self.parts.cache.close();
    }

    fn stream<R: Request>(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<Body>, Infallible>> {
        let method = Method::<R> {
            parts: self.parts.clone(),
            request: PhantomData,
        };
        Box::pin(async move {
            let mut grpc = Grpc::new(ReadyBytes::<R>::default())
                .apply_max_message_size_config(Some(MAX_REQUEST), None);
            Ok(grpc.streaming(method, request).await)
        })
    }
}

impl<R: Request> StreamingService<R> for Method<R> {
    type Response = Response;
    type ResponseStream = Responses<Streaming<R>>;
    type Future = Ready<Result<tonic::Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<R>>) -> Self::Future {
        let address = request.remote_addr();
        let responses = Responses::new(self.parts.clone(), request.into_inner(), address);
        ready(Ok(tonic::Response::new(responses)))
    }
}

impl NamedService for Ads {
    const NAME: &'static str = "envoy.service.discovery.v3.AggregatedDiscoveryService";
}

impl Service<http::Request<Body>> for Ads {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default();
        match method {
            "StreamAggregatedResources" => self.stream::<DiscoveryRequest>(request),
            "DeltaAggregatedResources" => self.stream::<DeltaDiscoveryRequest>(request),
            other => {
                let text = format!(
                    "{} has no method {other:?}: it has StreamAggregatedResources and \
                     DeltaAggregatedResources",
                    Self::NAME
                );
                let response = Status::unimplemented(text).into_http();
                Box::pin(ready(Ok(response)))
            }
        }
    }
}

impl fmt::Debug for Ads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ads")
            .field("cache", &self.parts.cache)
            .finish_non_exhaustive()
    }
}
