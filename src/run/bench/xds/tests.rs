//! The simulation without a socket, and all of it against our own server.

mod asking;
mod serving;
