//! Text in, diagnostics out.

mod language;

mod good;
mod meant;
mod mutations;
mod order;
mod pages;
pub(crate) mod pairs;
mod rejections;
mod rendering;
mod rivals;
mod rules;
mod secrets;
