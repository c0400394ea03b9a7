//! Ports for processes that are told where to listen.
//!
//! Envoy listens with `SO_REUSEPORT`: two Envoys on one port share its connections without a word.
//! So a port is not only free when taken, it is reserved from all other tests of this machine until
//! the test ends. All lie below the range from which systems take ports for outgoing connections.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// Below Linux's ephemeral ports, 32768 and up, and above what is commonly served.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port of 127.0.0.1 that is this test's until dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    // Locked as long as it is open: also a killed test gives its ports back.
    _reserved: File,
}

impl Port {
    /// Reserves a port on which nothing listens.
    #[must_use]
    pub fn reserve() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let folder = std::env::temp_dir().join("netloft-test-ports");
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        // Test processes start at different places, so that they seldom try the same port.
        let start = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or(0);
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let number = FIRST + start.wrapping_mul(7).wrapping_add(step) % COUNT;
            let Ok(file) = File::create(folder.join(number.to_string())) else {
                continue;
            };
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, number));
            if file.try_lock().is_ok() && TcpListener::bind(address).is_ok() {
                return Self {
                    number,
                    _reserved: file,
                };
            }
        }
        panic!("no free port between {FIRST} and {}", FIRST + COUNT);
    }

    /// The port's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once_until_it_is_dropped() {
        let ports: Vec<Port> = (0..50).map(|_| Port::reserve()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 50);
        assert!(
            numbers
                .iter()
                .all(|number| (FIRST..FIRST + COUNT).contains(number))
        );
    }
}
