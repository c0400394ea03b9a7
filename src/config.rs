//! Process settings, gathered: each component has its own part and its own bounds.

use std::{net::SocketAddr, path::PathBuf};

use netloft_store::Retention;

use crate::{api, catalog, xds};

/// Everything one control-plane process is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where documents are kept.
    pub store: StoreConfig,
    /// How secrets are sealed.
    pub catalog: catalog::Config,
    /// REST API and dashboard. Port 0: any free one.
    pub http: SocketAddr,
    /// What clients of the REST API may take of it.
    pub api: api::Config,
    /// xDS. Port 0: any free one.
    pub grpc: SocketAddr,
    /// The protocol server.
    pub xds: xds::Config,
}

/// Where documents are kept.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Which backend.
    pub backend: Backend,
    /// How much history is kept.
    pub retention: Retention,
}

/// A store backend.
#[derive(Debug, Clone)]
pub enum Backend {
    /// Gone with the process.
    Memory,
    /// A revision log and its index under this directory.
    Sled(PathBuf),
}

/// A setting that cannot be honoured.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Anyone who reaches the address could change the mesh or read its keys.
    #[error(
        "--{flag} {address}: only loopback addresses are served until proxies and users can prove who they \
         are; use 127.0.0.1:{port}, and a tunnel (ssh -L) to reach it from elsewhere",
        port = address.port()
    )]
    NotLoopback {
        /// The flag it came by.
        flag: &'static str,
        /// The address asked for.
        address: SocketAddr,
    },
}

impl Config {
    /// Checks what one component alone cannot.
    ///
    /// # Errors
    /// [`Invalid`] names the flag and the remedy.
    pub fn check(&self) -> Result<(), Invalid> {
        for (flag, address) in [("http", self.http), ("grpc", self.grpc)] {
            if !address.ip().is_loopback() {
                return Err(Invalid::NotLoopback { flag, address });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_but_loopback_is_refused_by_its_flag() {
        let config = |http: &str, grpc: &str| Config {
            store: StoreConfig {
                backend: Backend::Memory,
                retention: Retention::default(),
            },
            catalog: catalog::Config::default(),
            http: http.parse().unwrap(),
            api: api::Config::default(),
            grpc: grpc.parse().unwrap(),
            xds: xds::Config::default(),
        };
        let refused = |http, grpc| config(http, grpc).check().err().map(|e| e.to_string());
        assert_eq!(refused("127.0.0.1:0", "[::1]:7701"), None);
        assert!(
            refused("0.0.0.0:7700", "127.0.0.1:0")
                .unwrap()
                .starts_with("--http 0.0.0.0:7700: ")
        );
        let grpc = refused("127.0.0.1:0", "192.0.2.1:7701").unwrap();
        assert!(grpc.contains("use 127.0.0.1:7701"), "{grpc}");
    }
}
