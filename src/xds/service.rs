//! The discovery services as gRPC: the aggregated one, and one for each type.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, header::CONTENT_TYPE};
use tonic::{Status, body::Body, transport::server::TcpConnectInfo};
use tower::Service;

use super::{
    Dialect,
    cache::Cache,
    directory::Directory,
    event::Events,
    stream::{Parts, Responses},
    wire::{Frames, Requests},
};
use crate::snapshot::TypeIx;

/// The aggregated discovery service.
const AGGREGATED: &str = "envoy.service.discovery.v3.AggregatedDiscoveryService";

/// The discovery services, both dialects.
#[derive(Clone)]
pub struct Discovery {
    parts: Parts,
}

impl Discovery {
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

    /// The names of the services, as gRPC paths begin with.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let types = self.parts.cache.shared.types.iter();
        std::iter::once(AGGREGATED).chain(types.map(|info| info.service))
    }

    fn serve(&self, request: http::Request<Body>) -> http::Response<Body> {
        let path = request.uri().path().trim_start_matches('/').to_owned();
        let (service, method) = path.split_once('/').unwrap_or((&path, ""));
        let types = (0_u8..).map(TypeIx).zip(self.parts.cache.shared.types);
        let only = types.into_iter().find(|(_, info)| info.service == service);
        let noun = only.map_or("AggregatedResources", |(_, info)| info.method);
        let in_sotw = only.is_none_or(|(_, info)| !info.delta_only);
        let only = only.map(|(ty, _)| ty);
        match method.strip_suffix(noun) {
            Some("Stream") if in_sotw => self.stream(Dialect::Sotw, request, only),
            Some("Delta") => self.stream(Dialect::Delta, request, only),
            // Rule 7.
            Some("Fetch") => Status::unimplemented(format!(
                "{method}: resources are streamed here, with Stream{noun} or Delta{noun}"
            ))
            .into_http(),
            _ if !in_sotw => Status::unimplemented(format!(
                "{service} has no method {method:?}: it has Delta{noun}"
            ))
            .into_http(),
            _ => Status::unimplemented(format!(
                "{service} has no method {method:?}: it has Stream{noun} and Delta{noun}"
            ))
            .into_http(),
        }
    }

    fn stream(
        &self,
        dialect: Dialect,
        request: http::Request<Body>,
        only: Option<TypeIx>,
    ) -> http::Response<Body> {
        let address = request
            .extensions()
            .get::<TcpConnectInfo>()
            .and_then(TcpConnectInfo::remote_addr);
        let requests = Requests::new(dialect, request.into_body());
        let responses = Responses::new(self.parts.clone(), dialect, requests, address, only);
        let mut response = http::Response::new(Body::new(Frames::new(responses)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }
}

impl Service<http::Request<Body>> for Discovery {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        ready(Ok(self.serve(request)))
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery")
            .field("cache", &self.parts.cache)
            .finish_non_exhaustive()
    }
}
