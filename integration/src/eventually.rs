//! Waiting for what becomes true, with a bound, and never for a fixed time.

use std::{
    fmt,
    future::Future,
    time::{Duration, Instant},
};

/// Between two looks. Short, for it is added to every wait.
const PAUSE: Duration = Duration::from_millis(20);

/// The bound of most waits: far above what a loaded machine of two cores needs.
pub const SOON: Duration = Duration::from_secs(20);

/// Asks `look` until it answers `Ok`.
///
/// # Panics
/// After `bound`, with `what` was waited for and the last reason why not.
pub async fn eventually<T, E, F>(what: &str, bound: Duration, mut look: impl FnMut() -> F) -> T
where
    E: fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    let start = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(why) if start.elapsed() > bound => {
                panic!("{what}: not within {bound:?}; last: {why}")
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// `Ok` when `holds`, else `why`: for conditions in [`eventually`].
///
/// # Errors
/// `why`, when it does not hold.
pub fn ensure(holds: bool, why: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.into()) }
}
