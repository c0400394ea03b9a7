//! The protocol's rules, as tests.
//!
//! They serve invented types: what is tested must not depend on what a type means.

mod convergence;
mod cost;
mod explore;
mod harbour;
mod kinds;
mod language;
mod loopback;
mod model;
mod nonces;
mod numbered;
mod order;
mod rules;
mod scopes;
mod status;
mod whole;
pub(super) mod work;
