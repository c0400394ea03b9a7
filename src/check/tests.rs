//! Text in, diagnostics out.

mod language;

mod good;
mod mutations;
mod order;
mod pages;
pub(crate) mod pairs;
mod rejections;
mod rendering;
mod rules;
mod secrets;
