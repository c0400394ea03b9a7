//! How long requests took: counts in the buckets that Envoy reports, merged and read as quantiles.
//!
//! The bounds are Envoy's own defaults ("stats_config.histogram_bucket_settings"). Counts of a sender
//! with other bounds go to the bucket that holds their upper bound: no count is lost, and no time is
//! told shorter than it was.

/// Upper bounds, inclusive, in milliseconds; what is longer is in one more bucket.
pub const BOUNDS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// Buckets: one for each bound, and one for all that is longer.
pub const BUCKETS: usize = BOUNDS.len() + 1;

/// Counts of times by bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// How many times lie in each bucket.
    pub buckets: [u64; BUCKETS],
    /// All times together, in microseconds.
    pub sum_us: u64,
}

/// A histogram that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is one count more than bounds, or there are neither.
    #[error("{counts} bucket counts do not go with {bounds} bounds")]
    Lengths {
        /// Counts there are.
        counts: usize,
        /// Bounds there are.
        bounds: usize,
    },
    /// Bounds rise, and are numbers.
    #[error("bucket bounds do not rise")]
    Bounds,
}

impl Latency {
    /// Counts of a sender with any `bounds`; `sum_ms` is unknown to some.
    ///
    /// # Errors
    /// [`Unreadable`] when counts and bounds are no histogram.
    pub fn read(counts: &[u64], bounds: &[f64], sum_ms: Option<f64>) -> Result<Self, Unreadable> {
        let mut latency = Self {
            sum_us: micros(sum_ms.unwrap_or_default()),
            ..Self::default()
        };
        if counts.is_empty() && bounds.is_empty() {
            return Ok(latency);
        }
        if counts.len() != bounds.len() + 1 {
            return Err(Unreadable::Lengths {
                counts: counts.len(),
                bounds: bounds.len(),
            });
        }
        let rising = bounds.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || bounds.iter().any(|bound| bound.is_nan()) {
            return Err(Unreadable::Bounds);
        }
        let last = std::iter::once(f64::INFINITY);
        for (count, upper) in counts.iter().zip(bounds.iter().copied().chain(last)) {
            let bucket = BOUNDS.partition_point(|bound| *bound < upper);
            let place = &mut latency.buckets[bucket];
            *place = place.saturating_add(*count);
        }
        Ok(latency)
    }

    /// How many times there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Adds those of `other`.
    pub fn add(&mut self, other: &Self) {
        for (place, count) in self.buckets.iter_mut().zip(other.buckets) {
            *place = place.saturating_add(count);
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// What came since `earlier`, when these are totals of the same sender; nothing when they are
    /// not, since a total never falls.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        let mut since = Self {
            sum_us: self.sum_us.saturating_sub(earlier.sum_us),
            ..Self::default()
        };
        let pairs = self.buckets.iter().zip(&earlier.buckets);
        for (place, (now, then)) in since.buckets.iter_mut().zip(pairs) {
            *place = now.checked_sub(*then)?;
        }
        Some(since)
    }

    /// The time, in milliseconds, within which the share `quantile` (0 to 1) of all lies: within the
    /// right bucket, as if its times were spread evenly. Nothing when there are none; what is longer
    /// than the last bound is told as that bound.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        // Counts are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let rank = quantile.clamp(0.0, 1.0) * count as f64;
        let mut below = 0.0;
        let mut lower = 0.0;
        for (bucket, upper) in self.buckets.iter().zip(BOUNDS) {
            #[allow(clippy::cast_precision_loss)]
            let here = *bucket as f64;
            if here > 0.0 && below + here >= rank {
                return Some(lower + (upper - lower) * ((rank - below) / here).clamp(0.0, 1.0));
            }
            below += here;
            lower = upper;
        }
        Some(lower)
    }
}

fn micros(ms: f64) -> u64 {
    let us = ms * 1_000.0;
    // `as` cuts what is out of bounds to the nearest that is within, and NaN to 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let us = us as u64;
    us
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quantile_lies_in_the_bucket_of_its_rank() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile(0.5), None);
        latency.buckets[2] = 90; // 1 to 5 ms
        latency.buckets[6] = 10; // 50 to 100 ms
        assert_eq!(latency.quantile(0.9), Some(5.0));
        assert_eq!(latency.quantile(0.45), Some(3.0));
        assert_eq!(latency.quantile(0.99), Some(95.0));
        latency.buckets[BUCKETS - 1] = 1_000;
        assert_eq!(latency.quantile(0.99), Some(3_600_000.0));
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        let lengths = Unreadable::Lengths {
            counts: 1,
            bounds: 1,
        };
        assert_eq!(Latency::read(&[1], &[1.0], None), Err(lengths));
        for bounds in [[2.0, 1.0], [1.0, 1.0], [f64::NAN, 1.0]] {
            let read = Latency::read(&[1, 1, 1], &bounds, None);
            assert_eq!(read, Err(Unreadable::Bounds), "{bounds:?}");
        }
        assert_eq!(
            Latency::read(&[], &[], Some(f64::NAN)),
            Ok(Latency::default())
        );
    }

    proptest! {
        #[test]
        fn other_bounds_lose_no_count_and_never_shorten_a_time(
            times in proptest::collection::vec(0.0..5_000_000.0_f64, 1..200),
            bounds in proptest::collection::btree_set(1_u32..4_000_000, 1..30),
        ) {
            let bounds: Vec<f64> = bounds.into_iter().map(f64::from).collect();
            let mut counts = vec![0; bounds.len() + 1];
            for time in &times {
                counts[bounds.partition_point(|bound| bound < time)] += 1;
            }
            let read = Latency::read(&counts, &bounds, None).unwrap();
            prop_assert_eq!(read.count(), times.len() as u64);
            for (index, bound) in BOUNDS.iter().enumerate() {
                let within = times.iter().filter(|time| *time <= bound).count() as u64;
                let told: u64 = read.buckets[..=index].iter().sum();
                prop_assert!(told <= within, "{told} of {within} within {bound}");
            }
        }

        #[test]
        fn quantiles_rise_and_merging_in_any_order_is_the_same(
            a in proptest::array::uniform20(0_u64..1_000),
            b in proptest::array::uniform20(0_u64..1_000),
        ) {
            let of = |buckets| Latency { buckets, sum_us: 1 };
            let (mut ab, mut ba) = (of(a), of(b));
            ab.add(&of(b));
            ba.add(&of(a));
            prop_assert_eq!(ab, ba);
            prop_assert_eq!(ab.since(&of(a)), Some(of(b)));
            let told: Vec<_> = [0.0, 0.5, 0.9, 0.99, 1.0].map(|q| ab.quantile(q)).to_vec();
            prop_assert!(told.windows(2).all(|pair| pair[0] <= pair[1]), "{told:?}");
        }
    }
}
