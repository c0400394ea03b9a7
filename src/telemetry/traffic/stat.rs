//! What a statistic of Envoy is about, by its name and tags.
//!
//! Envoy, "Cluster manager statistics" and "Operations: statistics overview". A name comes whole
//! (`cluster.payments.v1.upstream_rq_2xx`), or with tags taken out of it: Envoy takes the cluster's
//! name up to its first dot, so what it leaves (`cluster.v1.upstream_rq_xx` of `payments`) is put
//! together again.

/// The tag that holds a cluster's name, or its begin.
pub(super) const CLUSTER: &str = "envoy.cluster_name";
/// The tag that holds the first digit of a status.
pub(super) const CLASS: &str = "envoy.response_code_class";

/// Longest name of a cluster that is kept, in bytes.
pub(super) const LONGEST: usize = 512;

/// One statistic of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stat {
    Requests,
    /// Requests whose status begins with this digit, less one.
    Class(usize),
    Retries,
    Timeouts,
    Overflows,
    Connections,
    ConnectFailures,
    Open,
    Healthy,
    Endpoints,
    Latency,
}

/// The cluster and what is told of it; nothing for what is not kept.
pub(super) fn read<'a>(
    name: &str,
    tag: impl Fn(&str) -> Option<&'a str>,
) -> Option<(String, Stat)> {
    let rest = name.strip_prefix("cluster.")?;
    let (middle, last) = match rest.rsplit_once('.') {
        Some((middle, last)) => (Some(middle), last),
        None => (None, rest),
    };
    let digit = |digit: &str| match digit.as_bytes() {
        [digit @ b'1'..=b'5'] => Some(Stat::Class(usize::from(digit - b'1'))),
        _ => None,
    };
    let stat = match last {
        "upstream_rq_completed" => Stat::Requests,
        "upstream_rq_xx" => digit(tag(CLASS)?)?,
        "upstream_rq_retry" => Stat::Retries,
        "upstream_rq_timeout" => Stat::Timeouts,
        "upstream_rq_pending_overflow" => Stat::Overflows,
        "upstream_cx_total" => Stat::Connections,
        "upstream_cx_connect_fail" => Stat::ConnectFailures,
        "upstream_cx_active" => Stat::Open,
        "membership_healthy" => Stat::Healthy,
        "membership_total" => Stat::Endpoints,
        "upstream_rq_time" => Stat::Latency,
        other => digit(other.strip_prefix("upstream_rq_")?.strip_suffix("xx")?)?,
    };
    let cluster = match (tag(CLUSTER), middle) {
        (Some(first), Some(middle)) => format!("{first}.{middle}"),
        (Some(whole), None) => whole.to_owned(),
        (None, middle) => middle?.to_owned(),
    };
    Some((cluster, stat))
}

/// Whether `cluster` may be no cluster but a second account of one: of requests from inside or
/// outside, to canaries, or between zones.
pub(super) fn is_twin(cluster: &str) -> bool {
    let last = cluster.rsplit_once('.').map(|(_, last)| last);
    matches!(last, Some("internal" | "external" | "canary" | "retry")) || cluster.contains(".zone.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statistic_is_read_whole_or_from_its_tags() {
        let untagged = |_: &str| None;
        for (name, expected) in [
            ("cluster.web.upstream_rq_completed", ("web", Stat::Requests)),
            ("cluster.pay.v1.upstream_rq_5xx", ("pay.v1", Stat::Class(4))),
            (
                "cluster.a.shop_80.upstream_rq_time",
                ("a.shop_80", Stat::Latency),
            ),
            ("cluster.web.membership_total", ("web", Stat::Endpoints)),
        ] {
            let (cluster, stat) = read(name, untagged).unwrap();
            assert_eq!((cluster.as_str(), stat), expected, "{name}");
        }
        for name in [
            "server.live",
            "cluster.upstream_rq_completed",
            "cluster.web.upstream_rq_503",
            "cluster.web.upstream_rq_6xx",
            "cluster.web.upstream_rq_xx",
            "http.edge.downstream_rq_2xx",
            "netloft.rest",
            "",
        ] {
            assert_eq!(read(name, untagged), None, "{name}");
        }

        let tagged = |name: &str| match name {
            CLUSTER => Some("payments"),
            CLASS => Some("2"),
            _ => None,
        };
        for (name, cluster) in [
            ("cluster.upstream_rq_xx", "payments"),
            ("cluster.v1.upstream_rq_xx", "payments.v1"),
        ] {
            assert_eq!(
                read(name, tagged),
                Some((cluster.to_owned(), Stat::Class(1)))
            );
        }
    }
}
