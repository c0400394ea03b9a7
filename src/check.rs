//! Text to documents and diagnostics, in four stages.
