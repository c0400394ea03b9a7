//! Verbs that run something, one a file.

pub mod bench;
pub mod history;
pub mod up;
