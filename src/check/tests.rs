//! Text in, diagnostics out.

mod language;

mod good;
mod mutations;
mod order;
mod rendering;
mod rules;
