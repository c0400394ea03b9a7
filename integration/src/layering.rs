//! Which part of netloft may name which other: the rules that `tests/layering.rs` holds it to.
//!
//! Each rule is a function from a [`Tree`](crate::source::Tree) to the sentences that say where it
//! is broken; the table of arrows and a planted violation of every rule stand in the test.
//!
//! Absent on purpose: a way to excuse one place. Either the table says it, or the code is wrong.

mod arrows;
mod confined;
mod crates;
mod table;

pub use arrows::{arrows, hidden};
pub use confined::{impure, messages_encoded, types_known};
pub use crates::{Dependencies, crate_arrows, workspace};
pub use table::Table;

fn written(path: &[String]) -> String {
    path.join("::").replace("::::", "::")
}

fn starts_with(path: &[String], prefix: &str) -> bool {
    let mut path = path.iter();
    prefix
        .split("::")
        .all(|part| path.next().is_some_and(|name| name == part))
}
