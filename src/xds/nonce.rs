//! Nonces: which response of this stream a request answers.

/// Number of one response on one stream; never 0 and never reused, also not across types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nonce(u64);

/// Makes a stream's nonces and knows its own again.
///
/// A client that reconnects may send a nonce of its last stream once more; the seed, different for
/// each stream, keeps that from looking like an answer on this one (rules 15, 16).
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) struct Nonces {
    seed: u32,
    last: u64,
}

impl Nonces {
    pub(super) fn new(seed: u32) -> Self {
        Self { seed, last: 0 }
    }

    pub(super) fn next(&mut self) -> Nonce {
        self.last += 1;
        Nonce(self.last)
    }

    /// The wire form.
    pub(super) fn text(&self, nonce: Nonce) -> String {
        format!("{:x}-{}", self.seed, nonce.0)
    }

    /// The nonce that `text` is, if this stream made it.
    pub(super) fn parse(&self, text: &str) -> Option<Nonce> {
        let (seed, number) = text.split_once('-')?;
        let number = number.parse().ok()?;
        let ours =
            u32::from_str_radix(seed, 16) == Ok(self.seed) && (1..=self.last).contains(&number);
        ours.then_some(Nonce(number))
    }
}

impl Nonce {
    /// Its place among the responses of the stream, from 1.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_15_a_nonce_is_known_again_by_the_stream_that_made_it_alone() {
        let mut stream = Nonces::new(0xabc);
        let first = stream.next();
        let text = stream.text(first);
        assert_eq!(stream.parse(&text), Some(first));
        assert_ne!(stream.next(), first);
        assert_eq!(Nonces::new(0xabd).parse(&text), None);
        for foreign in ["", "1", "abc-", "abc-0", "abc-3", "abc-1x", "-1"] {
            assert_eq!(stream.parse(foreign), None, "{foreign:?}");
        }
    }
}
