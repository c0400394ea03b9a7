//! What the graph promises, proved.

mod cost;
mod golden;
mod incremental;
mod processes;
mod world;
