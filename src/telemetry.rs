//! Status of each proxy from real ACKs, and our own metrics.
