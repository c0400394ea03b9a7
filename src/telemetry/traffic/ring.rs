//! Counts by time: spans of equal length, the newest of them as they are, older ones packed into
//! chunks that are dropped whole when they are old enough.

use std::collections::VecDeque;

use super::counts::{Counts, read, write};

/// How a ring divides time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Length of a span in seconds.
    pub(super) seconds: u64,
    /// Spans that are dropped together.
    pub(super) per_chunk: u64,
    /// Spans that are kept at least; at most one chunk more are.
    pub(super) kept: u64,
}

/// An hour in spans of 5 s, as Envoy reports.
pub(super) const FINE: Shape = Shape {
    seconds: 5,
    per_chunk: 24,
    kept: 720,
};

/// A day in spans of a minute.
pub(super) const COARSE: Shape = Shape {
    seconds: 60,
    per_chunk: 60,
    kept: 1_440,
};

/// Counts of one cluster by time.
#[derive(Debug)]
pub(super) struct Ring {
    shape: Shape,
    /// The span that still grows.
    open: Option<(u64, Counts)>,
    chunks: VecDeque<Chunk>,
    bytes: usize,
}

#[derive(Debug)]
struct Chunk {
    /// Its number: that of its spans, divided by how many it may have.
    number: u64,
    /// Spans without counts are not in it.
    spans: Vec<u8>,
}

/// What a chunk costs beside its spans.
const CHUNK: usize = size_of::<Chunk>();

impl Ring {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            open: None,
            chunks: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Adds what was counted until `second`. Seconds never go back; where they do, the newest span
    /// gets it.
    pub(super) fn add(&mut self, second: u64, counts: &Counts) {
        let span = second / self.shape.seconds;
        match &mut self.open {
            Some((open, sum)) if span <= *open => sum.add(counts),
            _ => {
                self.close();
                self.open = Some((span, *counts));
            }
        }
        self.expire(second);
    }

    /// Packs the newest span.
    fn close(&mut self) {
        let Some((span, counts)) = self.open.take() else {
            return;
        };
        if counts.is_zero() {
            return;
        }
        let number = span / self.shape.per_chunk;
        if self.chunks.back().is_none_or(|last| last.number != number) {
            if let Some(last) = self.chunks.back_mut() {
                self.bytes -= last.spans.capacity();
                last.spans.shrink_to_fit();
                self.bytes += last.spans.capacity();
            }
            self.chunks.push_back(Chunk {
                number,
                spans: Vec::new(),
            });
            self.bytes += CHUNK;
        }
        if let Some(last) = self.chunks.back_mut() {
            self.bytes -= last.spans.capacity();
            write(&mut last.spans, span % self.shape.per_chunk);
            counts.encode(&mut last.spans);
            self.bytes += last.spans.capacity();
        }
    }

    /// Drops what is too old at `second`.
    pub(super) fn expire(&mut self, second: u64) {
        let oldest = (second / self.shape.seconds).saturating_sub(self.shape.kept);
        while self
            .chunks
            .front()
            .is_some_and(|first| first.number < oldest / self.shape.per_chunk)
        {
            self.shorten();
        }
    }

    /// Drops the oldest chunk.
    pub(super) fn shorten(&mut self) {
        if let Some(first) = self.chunks.pop_front() {
            self.bytes -= first.spans.capacity() + CHUNK;
        }
    }

    /// The second at which its oldest chunk begins.
    pub(super) fn oldest(&self) -> Option<u64> {
        let first = self.chunks.front()?;
        Some(first.number * self.shape.per_chunk * self.shape.seconds)
    }

    /// Bytes of what is packed.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What was counted in the spans behind the one that holds the second `from`.
    pub(super) fn after(&self, from: u64) -> Counts {
        let from = from / self.shape.seconds + 1;
        let mut sum = Counts::default();
        for chunk in self.chunks.iter().rev() {
            if chunk.number < from / self.shape.per_chunk {
                break;
            }
            for (span, counts) in chunk.spans(self.shape.per_chunk) {
                if span >= from {
                    sum.add(&counts);
                }
            }
        }
        if let Some((span, counts)) = &self.open
            && *span >= from
        {
            sum.add(counts);
        }
        sum
    }
}

impl Chunk {
    fn spans(&self, per_chunk: u64) -> impl Iterator<Item = (u64, Counts)> {
        let mut rest = self.spans.as_slice();
        let first = self.number * per_chunk;
        std::iter::from_fn(move || {
            let span = first + read(&mut rest)?;
            Some((span, Counts::decode(&mut rest)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::counts::tests::counts, *};

    const SMALL: Shape = Shape {
        seconds: 5,
        per_chunk: 3,
        kept: 10,
    };

    proptest! {
        #[test]
        fn a_ring_tells_what_a_list_would_and_keeps_no_more_than_it_says(
            steps in proptest::collection::vec((0_u64..40, counts()), 1..60),
            back in 0_u64..80,
        ) {
            let mut ring = Ring::new(SMALL);
            let mut list: Vec<(u64, Counts)> = Vec::new();
            let mut now = 1_000;
            for (passed, counts) in steps {
                now += passed;
                ring.add(now, &counts);
                list.push((now / 5, counts));

                let kept: usize = ring.chunks.iter().map(|c| c.spans.capacity() + CHUNK).sum();
                prop_assert_eq!(ring.bytes(), kept);
                prop_assert!(ring.chunks.len() as u64 <= SMALL.kept / SMALL.per_chunk + 2);
                for from in [now, now.saturating_sub(back.min(45)), now - 50] {
                    let mut sum = Counts::default();
                    let newer = list.iter().filter(|(span, _)| *span > from / 5);
                    newer.for_each(|(_, counts)| sum.add(counts));
                    prop_assert_eq!(ring.after(from), sum, "{} s back", now - from);
                }
            }
        }
    }

    #[test]
    fn what_is_older_than_the_ring_is_gone_and_so_are_its_bytes() {
        let one = Counts {
            requests: 1,
            ..Counts::default()
        };
        let mut ring = Ring::new(SMALL);
        for second in 0..1_000 {
            ring.add(second, &one);
        }
        assert_eq!(ring.after(949).requests, 50);
        assert!(ring.after(0).requests <= 65 + 5);
        ring.expire(10_000);
        assert_eq!((ring.oldest(), ring.bytes()), (None, 0));
    }
}
