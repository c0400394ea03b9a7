//! What the graph promises, proved.

mod cost;
mod edits;
mod golden;
mod incremental;
mod world;
