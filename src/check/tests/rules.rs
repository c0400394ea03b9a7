//! One bad file for each code, at least: which code, where, and what is told.

mod bounds;
mod raw;
mod references;
mod schema;
mod syntax;

use std::collections::BTreeSet;

use super::language::refuses;
use crate::check::Code;

/// A text with a mark around what is underlined, and what is told of it.
type Row = (Code, &'static str, &'static [&'static str]);

#[track_caller]
fn holds(rows: &[Row]) {
    let wrong = rows
        .iter()
        .filter_map(|(code, text, says)| refuses(text, *code, says).err());
    let wrong: Vec<String> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn every_code_is_told_by_some_text() {
    let rows = [
        syntax::ROWS,
        schema::ROWS,
        bounds::ROWS,
        references::ROWS,
        raw::ROWS,
    ];
    let mut told: BTreeSet<Code> = rows.iter().copied().flatten().map(|row| row.0).collect();
    told.extend(syntax::MADE);
    told.extend(raw::MADE);
    let all = Code::ALL.iter().filter(|code| !code.is_found_later());
    let untold: Vec<&Code> = all.filter(|code| !told.contains(code)).collect();
    assert!(untold.is_empty(), "{untold:?}");
}
