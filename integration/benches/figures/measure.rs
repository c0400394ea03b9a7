//! What is measured of a process, and how figures are printed.

use std::{fs, time::Duration};

/// Ticks of a second in /proc: fixed by Linux for every architecture it shows them on.
const TICKS: f64 = 100.0;

/// Memory that process `id` has resident, in bytes.
pub(crate) fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("Linux tells what is resident") * 1024
}

/// Processor time that process `id` has used, all threads together.
pub(crate) fn processor(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("the process is there");
    // The second field may hold spaces, and ends with the last parenthesis.
    let (_, rest) = stat
        .rsplit_once(')')
        .expect("Linux puts the name in parentheses");
    let ticks: f64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<f64>().expect("a number of ticks"))
        .sum();
    Duration::from_secs_f64(ticks / TICKS)
}

/// The value below which `percent` of `values` lie.
pub(crate) fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// Prints one figure, with its goal where it has one.
pub(crate) fn figure(what: &str, value: f64, unit: &str, goal: Option<f64>) {
    match goal {
        Some(goal) => {
            let verdict = if value <= goal { "met" } else { "MISSED" };
            println!("  {what:<52} {value:>9.2} {unit:<3} goal <= {goal}: {verdict}");
        }
        None => println!("  {what:<52} {value:>9.2} {unit}"),
    }
}

/// In milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// In megabytes.
#[allow(clippy::cast_precision_loss)] // Figures are read by people.
pub(crate) fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
