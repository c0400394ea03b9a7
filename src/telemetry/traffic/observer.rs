//! The fleet with a clock, for all who report and all who read.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use netloft_proto::ProxyId;
use tokio::time::Instant;

use super::{
    fleet::{Fleet, Kept, Limits, Outcome, Reporting, TooMany, Traffic},
    report::Report,
};

/// Seconds at the begin: longer than any window, so that none reaches beyond time.
const BEGIN: u64 = 2 * 24 * 3_600;

/// What proxies report, by the time at which they do.
#[derive(Debug)]
pub struct Observer {
    // std mutex: held for one report or one read, never over an await.
    fleet: Mutex<Fleet>,
    began: Instant,
    began_at: SystemTime,
}

impl Observer {
    /// Keeps no more than `limits`; time begins now.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            fleet: Mutex::new(Fleet::new(limits)),
            began: Instant::now(),
            began_at: SystemTime::now(),
        })
    }

    /// Takes what `proxy` of `group` reports now, over its connection `from`.
    ///
    /// # Errors
    /// [`TooMany`] when there is no room for another proxy.
    pub fn take(
        &self,
        proxy: &ProxyId,
        group: &str,
        from: Option<SocketAddr>,
        report: Report,
    ) -> Result<Outcome, TooMany> {
        let second = self.second();
        self.fleet().add(proxy, group, from, report, second)
    }

    /// Every proxy that reports or did within a day, by name.
    #[must_use]
    pub fn proxies(&self) -> Vec<Reporting> {
        let second = self.second();
        self.fleet().proxies(second).collect()
    }

    /// What was counted within the last `window`, by proxy and cluster.
    #[must_use]
    pub fn traffic(&self, window: Duration) -> Vec<Traffic> {
        let second = self.second();
        self.fleet().traffic(window.as_secs(), second).collect()
    }

    /// How much is kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.fleet().kept()
    }

    /// Hands the fleet to `read`, which must be quick.
    pub fn read<T>(&self, read: impl FnOnce(&Fleet) -> T) -> T {
        read(&self.fleet())
    }

    /// The time of a second that was told.
    #[must_use]
    pub fn at(&self, second: u64) -> SystemTime {
        let since = Duration::from_secs(second.saturating_sub(BEGIN));
        self.began_at.checked_add(since).unwrap_or(self.began_at)
    }

    /// Now, by a clock that never goes back.
    fn second(&self) -> u64 {
        BEGIN + self.began.elapsed().as_secs()
    }

    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        // What a panic left behind may be counted wrongly, and harms nothing else.
        self.fleet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
