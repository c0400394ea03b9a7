//! What the graph promises, proved.

mod edits;
mod golden;
mod incremental;
mod world;
