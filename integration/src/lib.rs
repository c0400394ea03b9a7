//! The language in which netloft's end-to-end tests are written, and what checks the source tree.
//!
//! Whole processes only: the product is run as a user runs it and seen from outside, so nothing
//! here links netloft itself.
//!
//! Absent on purpose: skipping. What a test needs and does not find fails it, with how to get it. The
//! one exception, and not where `CI` is set: gRPC libraries whose language is not on the machine.

// A test's support says what it expects by failing, and tells the reader of a failure by printing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::missing_panics_doc)]

pub mod layering;
pub mod source;

pub mod ads;
pub mod backend;
pub mod binary;
pub mod case;
pub mod dns;
pub mod documents;
pub mod envoy;
pub mod eventually;
pub mod grpc;
pub mod http;
pub mod kubectl;
pub mod load;
pub mod netloft;
pub mod ports;
pub mod process;
pub mod raw;
pub mod readme;
pub mod terminal;
pub mod transcript;
