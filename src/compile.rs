//! From documents to Envoy resources, one unit at a time.
//!
//! A [`Unit`] is what is compiled at once and cached: one cluster, one service's endpoints, one
//! virtual host, .. [`compile`] is a pure function of a unit and of what it reads through its
//! [`Lens`]. Which units there are follows from documents: each Service has a [`Unit::Roster`],
//! each HTTPRoute a [`Unit::Parents`], each class of gateways and each scope its contents; they
//! say which other units are wanted, and in which [`LayerKey`] the result belongs.
//!
//! The defaults are here, written out in what is compiled so that a proxy's own dump shows them:
//!
//! | what | default |
//! |---|---|
//! | connecting to an endpoint | 1 s |
//! | a request | 15 s; without bound on `grpc` ports, whose callers bring their own deadline |
//! | load balancing | least request; round robin for gRPC's own clients, which know no other |
//! | circuit breakers | 1,024 connections, pending requests, requests, and 3 retries: Envoy's own |
//! | a host nobody declared | 404 |
//! | a request that no rule of an HTTPRoute matches | 404 |
//! | waiting for routes or endpoints | without bound: the old ones serve until the new ones are there |
//!
//! Absent on purpose: when to compile and what changed (`reconcile`), canonical bytes (`snapshot`).

mod backend;
mod cluster;
mod contents;
mod domains;
mod endpoints;
mod gateway_hosts;
mod health_check;
mod hostname;
mod listener;
mod names;
mod output;
mod overlay;
mod parents;
mod patch;
mod place;
mod problems;
mod proxy_class;
mod raw;
mod roster;
mod route;
mod route_configuration;
mod unit;
mod virtual_host;
mod wire;

pub use gateway_hosts::hosts as listener_hosts;
pub use output::{Contents, Output, Placement, Product};
pub use overlay::Selects;
pub use raw::{NotRaw, Raw};
pub use unit::{
    Audience, Door, LayerKey, Lens, Phase, Port, Table, Target, Unit, UnitKind, compile,
};
