//! What one client, and all of them together, may take of the server.

use std::time::Duration;

/// The bounds of the API's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Connections at once. Default 2,048.
    pub connections: usize,
    /// Of those, how many one address may have. Default three quarters.
    pub of_one_address: usize,
    /// Bytes of a request's line and headers. Default 32 KiB.
    pub head_bytes: usize,
    /// Headers of a request. Default 100.
    pub head_fields: usize,
    /// How long a request's line and headers may take from their first byte, and the first byte of a
    /// new connection. Default 10 s.
    pub head: Duration,
    /// How long a connection is kept between two requests. Default 75 s.
    pub idle: Duration,
    /// In which time a body must bring [`Self::body_bytes`] more, or end. Default 10 s.
    pub body: Duration,
    /// The least that a body brings in [`Self::body`]. Default 64 KiB.
    pub body_bytes: usize,
    /// How long a client may take nothing of an answer that is there. Default 30 s.
    pub write: Duration,
    /// Bytes of bodies, received and to be sent, that are held at once. Default 256 MiB.
    pub held: usize,
}

/// A limit that cannot be honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{connections} connections to the API at once: there must be 4 to 65536")]
pub struct OutOfBounds {
    connections: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connections: 2_048,
            of_one_address: 1_536,
            head_bytes: 32 << 10,
            head_fields: 100,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(10),
            body_bytes: 64 << 10,
            write: Duration::from_secs(30),
            held: 256 << 20,
        }
    }
}

impl Config {
    /// The usual limits, with this many connections at once.
    ///
    /// # Errors
    /// [`OutOfBounds`]: they are 4 to 65,536.
    pub fn with_connections(connections: usize) -> Result<Self, OutOfBounds> {
        if !(4..=65_536).contains(&connections) {
            return Err(OutOfBounds { connections });
        }
        Ok(Self {
            connections,
            of_one_address: connections / 4 * 3,
            ..Self::default()
        })
    }

    /// What hyper may buffer of one connection: a whole head, and a chunk of a body behind it.
    pub(super) fn buffer(&self) -> usize {
        self.head_bytes + (16 << 10)
    }
}
