//! What became of the requests, and whether any failed.

use std::{collections::BTreeMap, time::Duration};

use http::StatusCode;

use super::ENOUGH;

/// Failures a message shows one by one.
const SHOWN: usize = 10;

/// One request, ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// When it was sent, from the start of the load.
    pub at: Duration,
    /// From sending to the last byte of the answer, or to the failure.
    pub took: Duration,
    /// Status and the backend that named itself; or why there was no answer.
    pub result: Result<(StatusCode, String), String>,
}

impl Outcome {
    /// Why it counts as failed: no answer, or one that is not a success.
    fn failed(&self) -> Option<String> {
        match &self.result {
            Ok((status, _)) if status.is_success() => None,
            Ok((status, _)) => Some(format!("status {status}")),
            Err(why) => Some(why.clone()),
        }
    }
}

/// What became of all requests of one load.
#[derive(Debug, Clone)]
pub struct Report {
    outcomes: Vec<Outcome>,
    lasted: Duration,
    envoy_errors: BTreeMap<String, u64>,
}

impl Report {
    pub(super) fn new(outcomes: Vec<Outcome>, lasted: Duration) -> Self {
        Self {
            outcomes,
            lasted,
            envoy_errors: BTreeMap::new(),
        }
    }

    pub(super) fn add_envoy_errors(&mut self, errors: BTreeMap<String, u64>) {
        self.envoy_errors.extend(errors);
    }

    /// Every request, in the order in which they ended.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// How many were sent.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.outcomes.len()
    }

    /// How many the backend called `name` answered, with whatever status.
    #[must_use]
    pub fn answered_by(&self, name: &str) -> usize {
        self.by_backend().get(name).copied().unwrap_or_default()
    }

    /// Answers by the backend that gave them; proxies' own are under the empty name.
    #[must_use]
    pub fn by_backend(&self) -> BTreeMap<&str, usize> {
        let mut count = BTreeMap::new();
        for (_, backend) in self
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.result.as_ref().ok())
        {
            *count.entry(backend.as_str()).or_default() += 1;
        }
        count
    }

    /// Answers by status.
    #[must_use]
    pub fn by_status(&self) -> BTreeMap<u16, usize> {
        let mut count = BTreeMap::new();
        for (status, _) in self
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.result.as_ref().ok())
        {
            *count.entry(status.as_u16()).or_default() += 1;
        }
        count
    }

    /// Requests without a success, as the client saw them.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.failed().is_some())
            .count()
    }

    /// What Envoys themselves counted as failures while the load ran.
    #[must_use]
    pub fn envoy_errors(&self) -> &BTreeMap<String, u64> {
        &self.envoy_errors
    }

    /// Whether no request failed, neither for the client nor in any Envoy's own counters, though
    /// there were enough of them for that to say something.
    ///
    /// # Errors
    /// What failed, when, and how often.
    pub fn none_failed(&self) -> Result<(), String> {
        let enough = f64::from(ENOUGH) * 0.9 * self.lasted.as_secs_f64();
        let sent = f64::from(u32::try_from(self.sent()).unwrap_or(u32::MAX));
        if sent < enough {
            return Err(format!(
                "only {sent} requests in {:?}: too few to tell",
                self.lasted
            ));
        }
        if self.failed() == 0 && self.envoy_errors.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = self
            .outcomes
            .iter()
            .filter_map(|outcome| Some(format!("  at {:?}: {}", outcome.at, outcome.failed()?)))
            .take(SHOWN)
            .collect();
        Err(format!(
            "{} of {sent} requests failed; Envoy counted {:?}\n{}",
            self.failed(),
            self.envoy_errors,
            shown.join("\n")
        ))
    }

    /// Fails the test unless [`Self::none_failed`].
    ///
    /// # Panics
    /// When a request failed.
    #[track_caller]
    pub fn must_have_none_failed(&self) {
        if let Err(why) = self.none_failed() {
            panic!("{why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(statuses: &[u16], lasted_ms: u64) -> Report {
        let outcome = |status: &u16| Outcome {
            at: Duration::ZERO,
            took: Duration::ZERO,
            result: match status {
                0 => Err("connection refused".to_owned()),
                status => Ok((StatusCode::from_u16(*status).unwrap(), "v1".to_owned())),
            },
        };
        Report::new(
            statuses.iter().map(outcome).collect(),
            Duration::from_millis(lasted_ms),
        )
    }

    #[test]
    fn none_failed_needs_only_successes_of_enough_requests_and_silent_envoys() {
        let mut with_errors = report(&[200; 300], 1_000);
        with_errors.add_envoy_errors([("edge: no_route".to_owned(), 1)].into());
        for (why, report, expected) in [
            ("all good", report(&[200; 300], 1_000), true),
            ("too few", report(&[200; 200], 1_000), false),
            (
                "one refused",
                report(&[[200; 299].as_slice(), &[0]].concat(), 1_000),
                false,
            ),
            (
                "one 503",
                report(&[[200; 299].as_slice(), &[503]].concat(), 1_000),
                false,
            ),
            (
                "one 404",
                report(&[[200; 299].as_slice(), &[404]].concat(), 1_000),
                false,
            ),
            ("Envoy saw one", with_errors, false),
        ] {
            assert_eq!(report.none_failed().is_ok(), expected, "{why}");
        }
    }
}
