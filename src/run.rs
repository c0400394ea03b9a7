//! Verbs that run something, one a file.

pub mod history;
pub mod up;
