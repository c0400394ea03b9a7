//! What an operator declares: one document kind a file.
//!
//! A kind's file holds its type, its bounds and what it refers to; the line in `kinds!` below
//! registers it everywhere (parsing, REST paths, CLI names, storage). Specs hold what was
//! declared and nothing else: defaults are applied by `compile`, so that they stay visible.
//!
//! Absent on purpose: text and positions (`check`), storage (`catalog`), defaults (`compile`).

mod checks;
mod config_map;
mod document;
mod duration;
mod envoy_patch;
mod envoy_resource;
mod fields;
mod form;
mod gateway;
mod gateway_class;
mod health_check;
mod http_route;
mod kind;
mod metadata;
mod namespace;
mod precedence;
mod proxy_class;
mod re2;
mod reference;
mod schema;
pub mod secret;
mod service;
mod workload;

pub use checks::{Checks, Fault, Finding, Report};
pub use config_map::ConfigMap;
pub use document::{Document, DocumentKey, NotADocument, Origin};
pub use duration::{Duration, InvalidDuration};
pub use envoy_patch::{EnvoyPatch, PatchOp, Selection};
pub use envoy_resource::EnvoyResource;
pub use fields::{Conflict, FieldSet, Grain, Manager, Managers, Operation};
pub use form::Form;
pub use gateway::{
    AllowedRoutes, Gateway, GatewayListener, ListenerProtocol, NamespacesFrom, RouteNamespaces,
};
pub use gateway_class::{CONTROLLER, GatewayClass, ParametersRef};
pub use health_check::HealthCheck;
pub use http_route::{
    Asks, BackendRef, Filter, HeaderMatch, HeaderModifier, HeaderValue, HttpPathModifier,
    HttpRoute, Match, MatchType, ParentRef, PathMatch, PathMatchType, QueryParamMatch, Redirect,
    Rewrite, Rule, Timeouts,
};
pub use kind::{Body, KindFacts};
pub use metadata::{DEFAULT_NAMESPACE, Metadata, SERVER_FIELDS};
pub use namespace::Namespace;
pub use precedence::Precedence;
pub use proxy_class::{
    Listen, ProxyClass, ProxyMatch, Role, SeparateStreams, StreamDialect, Visibility,
};
pub use reference::{RefRole, Reference, Target};
pub use secret::{Seal, Secret, SecretType, SecretValue};
pub use service::{InlineEndpoint, Protocol, Service, ServicePort};
pub use workload::{Health, Locality, Workload};

kind::kinds! {
    Service(Service),
    Workload(Workload),
    HttpRoute(HttpRoute),
    Gateway(Gateway),
    ProxyClass(ProxyClass),
    GatewayClass(GatewayClass),
    Namespace(Namespace),
    ConfigMap(ConfigMap),
    Secret(Secret),
    EnvoyResource(EnvoyResource),
    EnvoyPatch(EnvoyPatch),
}
