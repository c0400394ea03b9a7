//! Builds the components and joins them.

use std::{net::SocketAddr, sync::Arc};

use netloft_store::Store;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    api,
    catalog::{self, Catalog},
    check::Diagnostic,
    config::{Backend, Config, StoreConfig},
    reconcile::Reconciler,
    telemetry::Telemetry,
    xds,
};
