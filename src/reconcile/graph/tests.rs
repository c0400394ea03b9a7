//! What the graph promises, proved.

mod cost;
mod errors;
mod golden;
mod incremental;
mod precedence;
mod processes;
mod world;
