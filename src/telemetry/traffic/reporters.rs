//! Who reports under one name, how often, and whether it still does.
//!
//! An Envoy reports over one connection at a time. So a connection that is heard of again after
//! another was heard in between belongs to a second Envoy of the same name; one that is never heard
//! of again was the same Envoy's, before it had to connect anew.

use std::net::SocketAddr;

/// Envoy's own default. Seconds.
const USUAL: u64 = 5;
/// Reports that may be missed.
const MISSED: u64 = 3;
/// Connections remembered.
const REMEMBERED: usize = 8;

/// The connections one name was reported over lately.
#[derive(Debug, Default)]
pub(super) struct Reporters {
    /// The last first.
    heard: Vec<Reporter>,
    /// Seconds between the last two reports.
    interval: Option<u64>,
    last: u64,
}

#[derive(Debug)]
struct Reporter {
    from: Option<SocketAddr>,
    last: u64,
    /// It was heard of again after another.
    returned: bool,
}

impl Reporters {
    pub(super) fn heard(&mut self, from: Option<SocketAddr>, second: u64) {
        let place = self.heard.iter().position(|one| one.from == from);
        let returned = match place {
            Some(0) => self.heard[0].returned,
            Some(_) => true,
            None => false,
        };
        match place {
            Some(place) => {
                let gap = second.saturating_sub(self.heard[place].last);
                // Parts of one report come together.
                if gap > 0 {
                    self.interval = Some(gap);
                }
                self.heard.remove(place);
            }
            None => self.heard.truncate(REMEMBERED - 1),
        }
        self.heard.insert(
            0,
            Reporter {
                from,
                last: second,
                returned,
            },
        );
        self.last = second;
    }

    /// Second of the last report.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Seconds between reports.
    pub(super) fn interval(&self) -> u64 {
        self.interval.unwrap_or(USUAL).clamp(1, 300)
    }

    /// Seconds without a report after which one is taken to be gone.
    fn patience(&self) -> u64 {
        (self.interval() * MISSED).max(USUAL * MISSED)
    }

    /// Whether nobody reports any more.
    pub(super) fn are_silent(&self, second: u64) -> bool {
        self.last + self.patience() < second
    }

    /// The connections of those that report at the same time; the last one alone where there is one.
    pub(super) fn at_once(&self, second: u64) -> Vec<SocketAddr> {
        let alive = self.heard.iter().enumerate().filter(|(place, one)| {
            *place == 0 || (one.last + self.patience() >= second && self.takes_turns(*place))
        });
        alive.filter_map(|(_, one)| one.from).collect()
    }

    /// Whether the one at `place` is heard in turn with others: it came back, or a later one did.
    fn takes_turns(&self, place: usize) -> bool {
        self.heard[..=place].iter().any(|one| one.returned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn after(reports: &[(u16, u64)]) -> Reporters {
        let mut reporters = Reporters::default();
        for (port, second) in reports {
            reporters.heard(Some(at(*port)), *second);
        }
        reporters
    }

    #[test]
    fn two_that_report_in_turn_are_two_and_one_that_connects_anew_is_one() {
        let one = after(&[(1, 0), (1, 5), (2, 10), (2, 15)]);
        assert_eq!(one.at_once(16), [at(2)]);
        let two = after(&[(1, 0), (2, 3), (1, 5), (2, 8), (1, 10)]);
        assert_eq!(two.at_once(11), [at(1), at(2)]);
        let once_two = after(&[(1, 0), (2, 3), (1, 5), (1, 10), (1, 20), (1, 25), (1, 30)]);
        assert_eq!(once_two.at_once(31), [at(1)]);
    }

    #[test]
    fn silence_is_told_by_how_often_it_reported() {
        let usual = after(&[(1, 0), (1, 5)]);
        assert!(!usual.are_silent(20) && usual.are_silent(21));
        let rare = after(&[(1, 0), (1, 60)]);
        assert!(!rare.are_silent(240) && rare.are_silent(241));
        let hasty = after(&[(1, 0), (1, 1)]);
        assert!(!hasty.are_silent(16) && hasty.are_silent(17));
    }
}
