//! REST: documents in Kubernetes' shape under `/apis`, what that shape lacks under `/v1`.
//!
//! Absent on purpose: what a document means (`check`, `compile`), and every kind of state of its
//! own: status is computed when it is read.

mod apply;
mod aside;
mod body;
mod compiled;
mod conditions;
mod docs;
mod error;
mod events;
mod extract;
mod guard;
mod health;
mod kubernetes;
mod openapi;
mod owner;
mod past;
mod plan;
mod pretty;
mod proxies;
mod resources;
mod revisions;
mod route;
mod routes;
mod schema;
mod server;
mod stats;
#[cfg(test)]
mod tests;
pub mod types;
mod wait;
mod world;
mod write;

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use axum::{Router, extract::DefaultBodyLimit, middleware};
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::{
    catalog::{Catalog, Current},
    check::limits,
    snapshot::{Problem, Revision},
    telemetry::Telemetry,
    view::Change,
    xds::cache::Cache,
};

pub use apply::{Files, Invalid, Request, apply};
pub use conditions::Memory as Conditions;
pub use events::chronicle;
pub use owner::NotPruned;
pub use plan::Forecast;
pub use server::{Config, OutOfBounds, serve};

/// Largest body of an apply, in bytes.
pub const MAX_APPLY: usize = 64 << 20;

/// What compiling has come to, asked for on each read.
#[async_trait]
pub trait Compiled: std::fmt::Debug + Send + Sync {
    /// The newest revision that is published to proxies; none before the first.
    fn revision(&self) -> Option<Revision>;
    /// What did not compile as declared.
    fn problems(&self) -> Arc<[Problem]>;
    /// Waits until documents of `revision` or newer are published, and every proxy is given what it
    /// is to have of them; false when that will not be.
    async fn reached(&self, revision: Revision) -> bool;
    /// What would follow from `changes` to the documents of `current`; none when the server stops.
    async fn plan(&self, current: Arc<Current>, changes: Vec<Change>) -> Option<Forecast>;
}

/// What requests are answered from.
#[derive(Debug, Clone)]
pub struct State {
    /// Documents.
    pub catalog: Arc<Catalog>,
    /// Streams and what they are given.
    pub cache: Arc<Cache>,
    /// What streams did.
    pub telemetry: Arc<Telemetry>,
    /// What was compiled.
    pub compiled: Arc<dyn Compiled>,
    /// Since when the conditions of documents hold.
    pub conditions: Arc<Conditions>,
    /// Where proxies find xDS.
    pub grpc: SocketAddr,
    /// Metrics of all components.
    pub registry: Arc<Registry>,
    /// Becomes true when the server is to stop: what waits then answers.
    pub stopping: watch::Receiver<bool>,
    /// Tells this run of the server from others: cursors of events hold for one run.
    pub process: Arc<str>,
}

impl State {
    /// Returns when the server is to stop.
    async fn stopping(&self) {
        let mut stopping = self.stopping.clone();
        // Nobody who could say so is left: it has stopped.
        let _ = stopping.wait_for(|stop| *stop).await;
    }
}

/// The whole API.
pub fn router(state: State) -> Router {
    let routed = |routes: Vec<route::Route>| {
        let routes = routes.into_iter();
        routes.fold(Router::new(), |router, route| {
            router.route(&route.path, route.serve)
        })
    };
    // Of many documents an apply may consist, of one everything else.
    let one = DefaultBodyLimit::max(limits::DOCUMENT_BYTES);
    routed(routes::own())
        .merge(routed(kubernetes::routes()).layer(one))
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(DefaultBodyLimit::max(MAX_APPLY))
        .layer(middleware::from_fn(pretty::pretty))
        .layer(middleware::from_fn(guard::loopback_only))
        .with_state(state)
}
