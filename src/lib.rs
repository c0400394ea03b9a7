//! Netloft's control plane and its command line.
//!
//! The modules stand in the order data flows; `ARCHITECTURE.md` tells the story.
#![forbid(unsafe_code)]

pub mod model; // what an operator declares (pure)
pub mod snapshot; // what proxies are given (pure)
pub mod envoy; // any message of Envoy's API in its JSON form (pure)
pub mod view; // documents at one revision, indexed (pure)
pub mod compile; // units: view -> Envoy resources (pure)
pub mod check; // text -> documents + diagnostics (pure)
pub mod catalog; // the store with types on
pub mod reconcile; // what changed -> which units -> which scopes -> publish
pub mod xds; // the protocol: aggregated discovery in both dialects
pub mod telemetry; // status per proxy from real ACKs, our own metrics
pub mod api; // REST
pub mod import; // an Envoy's own configuration to documents, and back (pure)
pub mod cli; // client verbs, one a file
pub mod run; // verbs that run something, one a file
pub mod app; // builds the components and joins them
pub mod config; // process settings, gathered
