//! Steady traffic beside a change, and the judgement "0 failed".
//!
//! Requests start at a fixed rate whatever became of those before, half of them on new connections
//! and half on kept ones. Nothing is retried: one refused connection is one failed request.

mod client;
mod errors;
mod report;

use std::{net::SocketAddr, time::Duration};

use tokio::{sync::watch, task::JoinHandle};

pub use report::{Outcome, Report};

use crate::{envoy::Envoy, load::errors::Errors};

/// Requests a second under which "0 failed" says something.
pub const ENOUGH: u32 = 300;

/// What is asked, where, and how often.
#[derive(Debug, Clone)]
pub struct Load {
    address: SocketAddr,
    host: String,
    path: String,
    rate: u32,
}

impl Load {
    /// `GET /` at `address`, asking for `host`, [`ENOUGH`] times a second.
    #[must_use]
    pub fn of(address: SocketAddr, host: &str) -> Self {
        Self {
            address,
            host: host.to_owned(),
            path: "/".to_owned(),
            rate: ENOUGH,
        }
    }

    /// Asks for `path`.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Asks `rate` times a second.
    #[must_use]
    pub fn rate(mut self, rate: u32) -> Self {
        self.rate = rate;
        self
    }

    /// Sends `count` requests as fast as eight at a time go, and tells what became of them.
    pub async fn send(&self, count: usize) -> Report {
        client::send(self, count).await
    }

    /// Starts, and watches the error counters of `envoys` from now on.
    pub async fn start(self, envoys: &[&Envoy]) -> Running {
        let (stop, stopped) = watch::channel(false);
        let mut errors = Vec::new();
        for envoy in envoys {
            errors.push(Errors::watch(envoy, stopped.clone()).await);
        }
        let sending = tokio::spawn(client::keep_sending(self, stopped));
        Running {
            stop,
            sending,
            errors,
        }
    }
}

/// Traffic that goes on until it is stopped.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    sending: JoinHandle<Report>,
    errors: Vec<Errors>,
}

impl Running {
    /// Lets it go on for `time`. The one fixed wait there is: load is measured by time.
    pub async fn for_another(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Stops it and waits for the last answers.
    ///
    /// # Panics
    /// When the traffic itself panicked.
    pub async fn stop(self) -> Report {
        self.stop.send_replace(true);
        let mut report = self.sending.await.expect("sending does not panic");
        for errors in self.errors {
            report.add_envoy_errors(errors.counted().await);
        }
        report
    }
}
