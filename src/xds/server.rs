//! The gRPC server that streams are served on: HTTP/2 as many idle, long-lived streams need it.

use std::{future::Future, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::oneshot};
use tonic::{
    body::Body,
    service::Routes,
    transport::{self, Server, server::TcpIncoming},
};

use tower::ServiceExt as _;

use super::{Manners, service::Discovery};

/// Settings of the protocol and its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Config {
    /// Time without traffic after which a connection is probed. Seconds, 10 to 3 600; default 30.
    pub keepalive_seconds: u32,
    /// Wait for the answer to a probe before the connection counts as broken. Seconds, 1 to 600;
    /// default 20.
    pub keepalive_timeout_seconds: u32,
    /// Streams that one connection may have at once, 1 to 1 000 000; default 1 000. Proxies that do
    /// not aggregate open one for each cluster.
    pub max_streams: u32,
    /// For tests only.
    pub manners: Manners,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            keepalive_seconds: 30,
            keepalive_timeout_seconds: 20,
            max_streams: 1_000,
            manners: Manners::default(),
        }
    }
}

/// A setting is out of its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}: it must be {min} to {max}")]
pub struct OutOfBounds {
    /// The setting.
    pub name: &'static str,
    /// What it is.
    pub value: u32,
    /// The least it may be.
    pub min: u32,
    /// The most it may be.
    pub max: u32,
}

impl Config {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`OutOfBounds`] for the first setting that is outside of its own.
    pub fn validate(&self) -> Result<(), OutOfBounds> {
        let settings = [
            ("keepaliveSeconds", self.keepalive_seconds, 10, 3_600),
            (
                "keepaliveTimeoutSeconds",
                self.keepalive_timeout_seconds,
                1,
                600,
            ),
            ("maxStreams", self.max_streams, 1, 1_000_000),
        ];
        let wrong = settings
            .into_iter()
            .find(|(_, value, min, max)| !(min..=max).contains(&value));
        match wrong {
            None => Ok(()),
            Some((name, value, min, max)) => Err(OutOfBounds {
                name,
                value,
                min,
                max,
            }),
        }
    }
}

/// Receive window of one stream, in bytes: a SotW request with 100,000 names takes some rounds.
const STREAM_WINDOW: u32 = 256 * 1024;
/// Receive window of a connection, in bytes.
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Longest header list of a request, in bytes.
const HEADER_LIST: u32 = 16 * 1024;
/// What is left to connections for ending by themselves at shutdown.
const GRACE: Duration = Duration::from_secs(3);

/// Serves `discovery` and whatever `more` holds on `listener` until `shutdown`; then ends all streams
/// and returns within a few seconds.
///
/// # Errors
/// [`transport::Error`] when the listener fails for good.
pub async fn serve(
    config: &Config,
    discovery: Discovery,
    more: Routes,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), transport::Error> {
    let seconds = |seconds: u32| Some(Duration::from_secs(seconds.into()));
    // Small messages matter at once: a change is worth as much as it is fresh.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let (stopping, stopped) = oneshot::channel();
    let ending = discovery.clone();
    let serving = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(config.max_streams)
        .http2_max_header_list_size(HEADER_LIST)
        .http2_keepalive_interval(seconds(config.keepalive_seconds))
        .http2_keepalive_timeout(seconds(config.keepalive_timeout_seconds))
        .add_routes(routes(&discovery, more))
        .serve_with_incoming_shutdown(incoming, async move {
            shutdown.await;
            ending.close();
            // The receiver is gone only when nobody waits any more.
            let _ = stopping.send(());
        });
    let too_long = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = serving => result,
        () = too_long => Ok(()),
    }
}

/// The paths of all services.
fn routes(discovery: &Discovery, more: Routes) -> Routes {
    let service = discovery
        .clone()
        .map_request(|request: http::Request<axum::body::Body>| request.map(Body::new));
    let named = |router: axum::Router, name: &str| {
        router.route_service(&format!("/{name}/{{*method}}"), service.clone())
    };
    discovery
        .names()
        .fold(more.into_axum_router(), named)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_outside_its_bounds_is_named() {
        type Case = (fn(&mut Config), Option<&'static str>);
        let cases: [Case; 5] = [
            (|_| {}, None),
            (|c| c.keepalive_seconds = 9, Some("keepaliveSeconds")),
            (|c| c.keepalive_seconds = 3_600, None),
            (
                |c| c.keepalive_timeout_seconds = 0,
                Some("keepaliveTimeoutSeconds"),
            ),
            (|c| c.max_streams = 0, Some("maxStreams")),
        ];
        for (number, (set, wrong)) in cases.into_iter().enumerate() {
            let mut config = Config::default();
            set(&mut config);
            let found = config.validate().map_err(|error| error.name);
            assert_eq!(found.err(), wrong, "case {number}");
        }
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused() {
        let manners = serde_json::from_str::<Config>(r#"{"manners": {"order": false}}"#).unwrap();
        assert!(!manners.manners.order && manners.manners.deferred_removal);
        let error = serde_json::from_str::<Config>(r#"{"keepalive": 1}"#).unwrap_err();
        assert!(error.to_string().contains("keepaliveSeconds"), "{error}");
    }
}
