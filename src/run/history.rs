//! `--history`: how far back revisions are kept.

use std::{str::FromStr, time::Duration};

use netloft_store::Retention;

/// One bound of `--history`: a number of revisions (`10000`) or an age (`30d`, `12h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// At most this many revisions.
    Revisions(u64),
    /// None older than this.
    Age(Duration),
}

/// Not a bound of history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a number of revisions, as 10000, nor an age, as 30d or 12h")]
pub struct NotAHistory(String);

impl FromStr for History {
    type Err = NotAHistory;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || NotAHistory(text.to_owned());
        let (number, seconds) = match text.as_bytes() {
            [.., b'd'] => (&text[..text.len() - 1], Some(86_400)),
            [.., b'h'] => (&text[..text.len() - 1], Some(3_600)),
            _ => (text, None),
        };
        let number: u64 = number.parse().map_err(|_| invalid())?;
        match seconds {
            _ if number == 0 => Err(invalid()),
            None => Ok(Self::Revisions(number)),
            Some(unit) => {
                let seconds = number.checked_mul(unit).ok_or_else(invalid)?;
                Ok(Self::Age(Duration::from_secs(seconds)))
            }
        }
    }
}

/// The store's bounds: its defaults, but for what was given.
#[must_use]
pub fn retention(given: &[History]) -> Retention {
    let mut retention = Retention::default();
    for bound in given {
        match *bound {
            History::Revisions(revisions) => retention.revisions = revisions,
            History::Age(age) => retention.age = age,
        }
    }
    retention
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_a_number_of_revisions_or_an_age() {
        for (text, expected) in [
            ("10000", Some(History::Revisions(10_000))),
            ("30d", Some(History::Age(Duration::from_secs(30 * 86_400)))),
            ("12h", Some(History::Age(Duration::from_secs(12 * 3_600)))),
            ("0", None),
            ("d", None),
            ("", None),
            ("10s", None),
            ("-1", None),
            ("999999999999999999d", None),
        ] {
            assert_eq!(text.parse::<History>().ok(), expected, "{text:?}");
        }
    }
}
