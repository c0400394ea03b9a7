//! Builds the components and joins them.

mod grpc;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use netloft_store::{Epoch, Store, memory::Memory, sled};
use prometheus_client::registry::Registry;
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::{
    api::{self, types::File},
    catalog::{self, Catalog},
    check::Diagnostic,
    config::{Backend, Config, StoreConfig},
    reconcile::{Figures, Keeper, MAX_SCOPES, Reconciler},
    snapshot::{Problem, Revision, TYPES},
    telemetry::{Telemetry, traffic::Receiver},
    view::Change,
    xds,
};

/// A running control plane.
#[derive(Debug)]
pub struct App {
    http: SocketAddr,
    grpc: SocketAddr,
    catalog: Arc<Catalog>,
    keeper: Keeper,
    stop: watch::Sender<bool>,
    serving: JoinHandle<Result<(), Error>>,
}

/// Why the control plane does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting cannot be honoured.
    #[error(transparent)]
    Setting(#[from] xds::OutOfBounds),
    /// The store does not open.
    #[error("the store does not open: {0}")]
    Store(#[from] netloft_store::Error),
    /// The documents cannot be read or written.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// The documents to apply first are not as their owner has them.
    #[error(transparent)]
    Owner(#[from] api::NotPruned),
    /// The documents to apply first are not right.
    #[error("the documents to apply are not right; nothing was changed")]
    Invalid {
        /// All that is wrong.
        diagnostics: Vec<Diagnostic>,
        /// The files it is about.
        files: Vec<File>,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A part of it ended by itself.
    #[error("{0} stopped: {1}")]
    Stopped(&'static str, String),
}

/// What the reconciler has come to, for the API.
#[derive(Debug)]
struct Published(Reconciler);

#[async_trait]
impl api::Compiled for Published {
    fn revision(&self) -> Option<Revision> {
        let figures = self.0.figures();
        (figures.generation.0 > 0).then_some(figures.revision)
    }

    fn problems(&self) -> Arc<[Problem]> {
        self.0.figures().problems
    }

    async fn reached(&self, revision: Revision) -> bool {
        self.0.reached(revision).await
    }

    async fn plan(
        &self,
        current: Arc<catalog::Current>,
        changes: Vec<Change>,
    ) -> Option<api::Forecast> {
        let forecast = self.0.plan(current, changes).await?;
        let compiled = forecast.compiled.iter();
        let moved = forecast.moved.into_iter();
        Some(api::Forecast {
            compiled: compiled
                .map(|(kind, count)| (format!("{kind:?}"), *count))
                .collect(),
            changed: forecast.changed,
            scopes: forecast.scopes,
            moved: moved
                .map(|one| (one.stream, one.before, one.after))
                .collect(),
            problems_before: forecast.problems_before,
            problems_after: forecast.problems_after,
        })
    }
}

impl App {
    /// Starts everything, with `files` applied and published before anyone is served.
    ///
    /// # Errors
    /// [`Error`]; then nothing is left running.
    pub async fn start(config: Config, files: Vec<File>) -> Result<Self, Error> {
        config.xds.validate()?;
        let http = listen(config.http).await?;
        let grpc = listen(config.grpc).await?;
        let store = open(config.store).await?;
        let catalog = Arc::new(Catalog::open(store, &config.catalog).await?);
        if !files.is_empty() {
            apply(&catalog, files).await?;
        }
        let mut registry = Registry::default();
        let telemetry = Telemetry::new(&mut registry, MAX_SCOPES);
        let cache = Arc::new(xds::Cache::new(&TYPES, config.xds.manners));
        let reconciler = Reconciler::start(catalog.watch(), cache.clone())
            .map_err(|error| Error::Stopped("reconciling", error.to_string()))?;
        if !reconciler.reached(catalog.current().revision).await {
            return Err(Error::Stopped(
                "reconciling",
                "before the first publication".to_owned(),
            ));
        }
        let addresses = (address(&http)?, address(&grpc)?);
        let (stop, stopping) = watch::channel(false);
        let state = api::State {
            catalog: catalog.clone(),
            cache: cache.clone(),
            telemetry: telemetry.clone(),
            compiled: Arc::new(Published(reconciler.clone())),
            conditions: Arc::default(),
            grpc: addresses.1,
            registry: Arc::new(registry),
            stopping: stopping.clone(),
            process: format!("{:08x}", uuid::Uuid::new_v4().as_fields().0).into(),
        };
        // Ends with the catalog.
        tokio::spawn(api::chronicle(
            catalog.clone(),
            cache.clone(),
            telemetry.clone(),
        ));
        // Ends with the loop.
        tokio::spawn(figures(reconciler.watch(), telemetry.clone()));
        let keeper = Keeper::start(catalog.clone(), cache.clone()).await?;
        let sinks: [Arc<dyn xds::Events>; 2] = [telemetry, keeper.events()];
        let discovery = xds::Discovery::new(cache, Arc::new(reconciler), Arc::new(sinks));
        let settings = (config.api, config.xds);
        let serving = tokio::spawn(serve(settings, discovery, state, (http, grpc), stopping));
        Ok(Self {
            http: addresses.0,
            grpc: addresses.1,
            catalog,
            keeper,
            stop,
            serving,
        })
    }

    /// Where REST is.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where xDS is.
    #[must_use]
    pub fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Waits until a server ends by itself, and tells why.
    pub async fn failed(&mut self) -> Error {
        match (&mut self.serving).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => Error::Stopped("serving", "it was told to".to_owned()),
            Err(error) => Error::Stopped("serving", error.to_string()),
        }
    }

    /// Ends streams and requests, then closes the store.
    ///
    /// # Errors
    /// What failed while stopping; everything is stopped all the same.
    pub async fn stop(self) -> Result<(), Error> {
        // Nobody is left to be told when the servers have ended already.
        let _ = self.stop.send(true);
        let served = self.serving.await;
        self.keeper.finish().await;
        self.catalog.store().close().await?;
        match served {
            Ok(result) => result,
            Err(error) => Err(Error::Stopped("serving", error.to_string())),
        }
    }
}

/// What is left at shutdown to requests, half-sent ones too, before they are cut off and the streams
/// end.
const ANSWERS: Duration = Duration::from_secs(1);

async fn serve(
    (config, streams): (api::Config, xds::Config),
    discovery: xds::Discovery,
    state: api::State,
    (http, grpc): (TcpListener, TcpListener),
    stopping: watch::Receiver<bool>,
) -> Result<(), Error> {
    let stopped = |mut stopping: watch::Receiver<bool>| async move {
        // A sender that is gone means the same.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let reports = Receiver::new(state.telemetry.traffic.clone());
    let stop = stopped(stopping.clone());
    let rest = api::serve(config, http, api::router(state), stop, ANSWERS);
    let (answered, all_answered) = oneshot::channel();
    let rest = async {
        rest.await;
        // Nobody waits for it when the streams ended first.
        let _ = answered.send(());
        Ok(())
    };
    let more = tonic::service::Routes::new(reports);
    let beside = grpc::beside(more, discovery.names()).await;
    let (more, health) = beside.map_err(|error| Error::Stopped("gRPC", error.to_string()))?;
    // Whoever asks how proxies stand is answered while they are still there: else a proxy that we
    // send away would count as one that left by itself.
    let last = async move {
        stopped(stopping).await;
        health.stops().await;
        // Either way it is time: all are answered, or somebody does not take the answer.
        let _ = tokio::time::timeout(ANSWERS, all_answered).await;
    };
    let streams = xds::serve(&streams, discovery, more, grpc, last);
    let streams = async {
        streams
            .await
            .map_err(|error| Error::Stopped("xDS", error.to_string()))
    };
    tokio::try_join!(rest, streams).map(|((), ())| ())
}

/// Shows what reconciling has come to.
async fn figures(mut figures: watch::Receiver<Figures>, telemetry: Arc<Telemetry>) {
    loop {
        let (scopes, waiting, compiled) = {
            let now = figures.borrow_and_update();
            (now.scopes, now.waiting, now.compiled)
        };
        telemetry.metrics.reconciled(scopes, waiting, compiled);
        if figures.changed().await.is_err() {
            return;
        }
    }
}

async fn open(config: StoreConfig) -> Result<Arc<dyn Store>, Error> {
    match config.backend {
        Backend::Memory => Ok(Arc::new(Memory::new(Epoch::random(), config.retention))),
        Backend::Sled(dir) => {
            let mut settings = sled::Config::new(dir);
            settings.retention = config.retention;
            let opened = tokio::task::spawn_blocking(move || sled::Sled::open(&settings)).await;
            let store = opened
                .map_err(|error| Error::Stopped("opening the store", error.to_string()))??;
            Ok(Arc::new(store))
        }
    }
}

async fn apply(catalog: &Catalog, files: Vec<File>) -> Result<(), Error> {
    let request = api::Request {
        author: "netloft up".to_owned(),
        message: "--apply".to_owned(),
        ..api::Request::default()
    };
    match api::apply(catalog, &files, &request).await {
        Ok((applied, warnings)) => {
            tracing::info!(revision = %applied.revision, "applied {} documents", applied.outcomes.len());
            warnings
                .iter()
                .for_each(|warning| tracing::warn!("{warning}"));
            Ok(())
        }
        Err(api::Invalid::Documents(diagnostics)) => Err(Error::Invalid { diagnostics, files }),
        Err(api::Invalid::Owner(reason)) => Err(reason.into()),
        Err(api::Invalid::Catalog(error)) => Err(error.into()),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|reason| Error::Listen { address, reason })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener
        .local_addr()
        .map_err(|error| Error::Stopped("listening", error.to_string()))
}
