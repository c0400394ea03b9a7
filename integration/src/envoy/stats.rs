//! Envoy's counters and gauges at one moment.

use std::collections::BTreeMap;

/// Values by name, as `/stats` lists them. Histograms and text values are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats(BTreeMap<String, u64>);

impl Stats {
    /// Reads lines of `name: value`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let values = text.lines().filter_map(|line| {
            let (name, value) = line.rsplit_once(": ")?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(values.collect())
    }

    /// The value called `name`; 0 when there is none, as Envoy makes many only when first used.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// All whose name holds `part`.
    #[must_use]
    pub fn with(&self, part: &str) -> BTreeMap<&str, u64> {
        self.iter()
            .filter(|(name, _)| name.contains(part))
            .collect()
    }

    /// Every name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_and_histograms_are_not() {
        let stats = Stats::parse(
            "cluster.a::b.upstream_cx_connect_fail: 2\n\
             control_plane.identifier: \"netloft\"\n\
             http.x.downstream_rq_time: P0(nan,1) P25(nan,1.025)\n\
             server.live: 1\n",
        );
        assert_eq!(stats.get("cluster.a::b.upstream_cx_connect_fail"), 2);
        assert_eq!(stats.with("live"), [("server.live", 1)].into());
        assert_eq!(stats.iter().count(), 2);
        assert_eq!(stats.get("absent"), 0);
    }
}
