//! How callers find out whether an endpoint of a `Service` is alive: by asking it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Duration, Fault, Protocol, ServicePort, form};

/// Each proxy asks every endpoint of the service by itself, and sends requests only to those that
/// answer well. New endpoints get none before their first good answer.
///
/// What is asked follows the port: a `grpc` port the standard gRPC health service, another one for
/// `path` if that is given, and to be connected to if not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// Path to GET; 200 is a good answer. For HTTP ports without gRPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::path")]
    pub path: Option<Arc<str>>,
    /// Time between two questions, 100ms to 1h; absent: 10s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Longest wait for an answer, 1ms to `interval`; absent: 1s, or `interval` if that is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Bad answers in a row after which an endpoint is taken out, 1 to 100; absent: 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub unhealthy_threshold: Option<u32>,
    /// Good answers in a row after which it is taken in again, 1 to 100; absent: 2. The very first
    /// good answer counts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub healthy_threshold: Option<u32>,
}

impl HealthCheck {
    /// Reports what its fields are not together, at `at` of a service with `ports`.
    pub(super) fn check(&self, at: &str, ports: &[ServicePort], checks: &mut Checks) {
        let takes_path =
            |port: &ServicePort| [Protocol::Http, Protocol::Http2].contains(&port.speaks());
        if self.path.is_some() && !ports.iter().any(takes_path) {
            checks
                .report(
                    Fault::Requires,
                    format!("{at}/path"),
                    "no port of the service is asked by a path",
                )
                .expected("a port with protocol http or http2")
                .suggest("remove path: grpc ports are asked by gRPC's own health service, others are connected to");
        }
        if let Some(interval) = self.interval {
            let millis = interval.get().as_millis();
            if !(100..=3_600_000).contains(&millis) {
                checks
                    .report(
                        Fault::Range,
                        format!("{at}/interval"),
                        format!("endpoints cannot be asked every {interval}"),
                    )
                    .expected("100ms to 1h")
                    .found(interval.to_string());
            }
        }
        let Some(timeout) = self.timeout else { return };
        if timeout.get().is_zero() {
            checks
                .report(
                    Fault::Range,
                    format!("{at}/timeout"),
                    "no endpoint answers in no time",
                )
                .expected("at least 1ms")
                .found(timeout.to_string());
        } else if timeout.get() > self.interval() {
            checks
                .report(
                    Fault::Order,
                    format!("{at}/timeout"),
                    format!(
                        "an answer may take {timeout}, longer than the time to the next question"
                    ),
                )
                .expected("at most interval, which is 10s where it is absent")
                .found(timeout.to_string());
        }
    }

    /// Time between two questions, the default applied.
    #[must_use]
    pub fn interval(&self) -> std::time::Duration {
        self.interval
            .map_or(std::time::Duration::from_secs(10), Duration::get)
    }

    /// Longest wait for an answer, the default applied.
    #[must_use]
    pub fn timeout(&self) -> std::time::Duration {
        let given = self.timeout.map(Duration::get);
        given.unwrap_or(std::time::Duration::from_secs(1).min(self.interval()))
    }
}
