//! What was counted of one cluster in some span of time, and how a span is kept: in few bytes, since
//! most of it is zero.

use super::latency::{BUCKETS, Latency};

/// Counters beside the latencies.
const COUNTERS: usize = 11;

/// Fields of an encoded span: the counters, the buckets, the sum.
const FIELDS: usize = COUNTERS + BUCKETS + 1;

/// Counts of one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests answered, by the cluster or in its stead; a retried one counts once.
    pub requests: u64,
    /// Those by the first digit of their status, from 1.
    pub classes: [u64; 5],
    /// Attempts beyond the first.
    pub retries: u64,
    /// Requests given up because no answer came in time.
    pub timeouts: u64,
    /// Requests refused by a circuit breaker.
    pub overflows: u64,
    /// Connections opened.
    pub connections: u64,
    /// Connections that could not be opened.
    pub connect_failures: u64,
    /// How long answers took.
    pub latency: Latency,
}

impl Counts {
    /// Adds those of `other`.
    pub fn add(&mut self, other: &Self) {
        for (place, count) in self.counters().into_iter().zip(other.values()) {
            *place = place.saturating_add(count);
        }
        self.latency.add(&other.latency);
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn counters(&mut self) -> [&mut u64; COUNTERS] {
        let [one, two, three, four, five] = &mut self.classes;
        [
            &mut self.requests,
            one,
            two,
            three,
            four,
            five,
            &mut self.retries,
            &mut self.timeouts,
            &mut self.overflows,
            &mut self.connections,
            &mut self.connect_failures,
        ]
    }

    fn values(&self) -> [u64; COUNTERS] {
        let mut copy = *self;
        copy.counters().map(|count| *count)
    }

    fn fields(&self) -> [u64; FIELDS] {
        let mut fields = [0; FIELDS];
        fields[..COUNTERS].copy_from_slice(&self.values());
        fields[COUNTERS..FIELDS - 1].copy_from_slice(&self.latency.buckets);
        fields[FIELDS - 1] = self.latency.sum_us;
        fields
    }

    /// Appends them: which fields there are as bits, then those fields.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let fields = self.fields();
        let present = fields.iter().enumerate().filter(|(_, value)| **value != 0);
        write(
            out,
            present
                .clone()
                .fold(0, |bits, (field, _)| bits | 1 << field),
        );
        present.for_each(|(_, value)| write(out, *value));
    }

    /// Reads what [`Self::encode`] wrote, and moves `bytes` behind it. Nothing when it is cut off.
    pub(super) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let bits = read(bytes)?;
        let mut fields = [0; FIELDS];
        for (field, place) in fields.iter_mut().enumerate() {
            if bits & 1 << field != 0 {
                *place = read(bytes)?;
            }
        }
        let mut counts = Self::default();
        for (place, value) in counts.counters().into_iter().zip(fields) {
            *place = value;
        }
        counts
            .latency
            .buckets
            .copy_from_slice(&fields[COUNTERS..FIELDS - 1]);
        counts.latency.sum_us = fields[FIELDS - 1];
        Some(counts)
    }
}

/// Appends `value`, seven bits a byte, low ones first.
pub(super) fn write(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        /// Mostly zeros, as in life, and now and then what overflows.
        pub(in super::super) fn counts()(
            fields in proptest::collection::vec(
                prop_oneof![5 => Just(0), 4 => 0_u64..2_000, 1 => Just(u64::MAX)],
                FIELDS,
            ),
        ) -> Counts {
            let mut counts = Counts::default();
            for (place, value) in counts.counters().into_iter().zip(&fields) {
                *place = *value;
            }
            counts.latency.buckets.copy_from_slice(&fields[COUNTERS..FIELDS - 1]);
            counts.latency.sum_us = fields[FIELDS - 1];
            counts
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back_and_ends_where_it_ended(a in counts(), b in counts()) {
            let mut bytes = Vec::new();
            a.encode(&mut bytes);
            b.encode(&mut bytes);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(Counts::decode(&mut rest), Some(a));
            prop_assert_eq!(Counts::decode(&mut rest), Some(b));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn adding_is_the_same_in_any_order(a in counts(), b in counts()) {
            let (mut ab, mut ba) = (a, b);
            ab.add(&b);
            ba.add(&a);
            prop_assert_eq!(ab, ba);
        }
    }

    #[test]
    fn a_usual_span_takes_few_bytes() {
        let mut counts = Counts {
            requests: 500,
            classes: [0, 490, 0, 0, 10],
            ..Counts::default()
        };
        counts.latency.buckets[2] = 480;
        counts.latency.buckets[4] = 20;
        counts.latency.sum_us = 2_000_000;
        let mut bytes = Vec::new();
        counts.encode(&mut bytes);
        assert!(bytes.len() <= 20, "{}", bytes.len());
    }
}
