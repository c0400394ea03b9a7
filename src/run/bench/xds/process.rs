//! What a process on this machine uses, as Linux tells it.

use std::{fs, time::Duration};

use serde::Serialize;

/// Ticks of a second in /proc: the same for every architecture that Linux shows them on.
const TICKS: f64 = 100.0;

/// What a process has used up to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Usage {
    /// Processor time of all its threads.
    pub(super) processor: Duration,
    /// Resident memory, in bytes.
    pub(super) resident: u64,
}

impl Usage {
    /// Of process `id`; none where it is not there, or the system does not tell.
    pub(super) fn of(id: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        Some(Self {
            processor: processor(&stat)?,
            resident: resident(&status)?,
        })
    }
}

/// Fields 14 and 15: user and system time. The second may hold spaces, and ends with the last
/// parenthesis.
fn processor(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(Duration::from_secs_f64((user + system) / TICKS))
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a ) (b) S 1 7 7 0 -1 4194304 1 2 3 4 150 50 6 7 20 0 3 0 9";
        assert_eq!(processor(stat), Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_process_that_is_gone_has_no_figures() {
        assert_eq!(Usage::of(u32::MAX), None);
        assert!(Usage::of(std::process::id()).unwrap().resident > 1 << 20);
    }
}
