//! The aggregated discovery service as gRPC.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DiscoveryRequest};
use http::{HeaderValue, header::CONTENT_TYPE};
use tonic::{Status, body::Body, server::NamedService, transport::server::TcpConnectInfo};
use tower::Service;

use super::{
    cache::Cache,
    directory::Directory,
    event::Events,
    stream::{Parts, Request, Responses},
    wire::{Frames, Requests},
};

/// The aggregated discovery service, both dialects.
#[derive(Clone)]
pub struct Ads {
    parts: Parts,
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

    fn stream<R: Request>(&self, request: http::Request<Body>) -> http::Response<Body> {
        let address = request
            .extensions()
            .get::<TcpConnectInfo>()
            .and_then(TcpConnectInfo::remote_addr);
        let requests = Requests::<R, _>::new(request.into_body());
        let responses = Responses::new(self.parts.clone(), requests, address);
        let mut response = http::Response::new(Body::new(Frames::new(responses)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }
}

impl NamedService for Ads {
    const NAME: &'static str = "envoy.service.discovery.v3.AggregatedDiscoveryService";
}

impl Service<http::Request<Body>> for Ads {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default();
        let response = match method {
            "StreamAggregatedResources" => self.stream::<DiscoveryRequest>(request),
            "DeltaAggregatedResources" => self.stream::<DeltaDiscoveryRequest>(request),
            other => {
                let text = format!(
                    "{} has no method {other:?}: it has StreamAggregatedResources and \
                     DeltaAggregatedResources",
                    Self::NAME
                );
                Status::unimplemented(text).into_http()
            }
        };
        ready(Ok(response))
    }
}

impl fmt::Debug for Ads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ads")
            .field("cache", &self.parts.cache)
            .finish_non_exhaustive()
    }
}
