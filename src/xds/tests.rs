//! The protocol's rules, as tests.
//!
//! They serve invented types: what is tested must not depend on what a type means.

mod convergence;
mod cost;
mod harbour;
mod kinds;
mod language;
mod loopback;
mod model;
mod nonces;
mod order;
mod rules;
mod scopes;
mod status;
mod whole;
pub(super) mod work;
