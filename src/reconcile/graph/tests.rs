//! What the graph promises, proved.

mod golden;
mod world;
