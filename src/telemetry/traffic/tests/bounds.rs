//! Whatever is reported, no more is kept than the limits say, and what is busy is not lost for it.

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    series: 8,
    proxies: 4,
    bytes: 4_000,
};

#[test]
fn what_is_busy_is_not_dropped_and_what_is_idle_drops_nothing() {
    let mut fleet = Fleet::new(LIMITS);
    let proxy = id("edge");
    for cluster in 0..8 {
        let report = report(&cluster.to_string(), &requests(1));
        fleet.add(&proxy, "", at(1), report, 10).unwrap();
    }
    let outcome = fleet
        .add(&proxy, "", at(1), report("9", &requests(1)), 20)
        .unwrap();
    assert_eq!((outcome.rejected, fleet.kept().dropped), (2, 0));
    assert!(outcome.reason.unwrap().contains("8 series"));
    fleet
        .add(&proxy, "", at(1), report("1", &requests(1)), 700)
        .unwrap();
    // The rest has been idle for long.
    fleet.add(&proxy, "", at(1), report("9", &[]), 700).unwrap();
    assert_eq!(fleet.kept().dropped, 0, "what does nothing drops nothing");
    fleet
        .add(&proxy, "", at(1), report("9", &requests(1)), 700)
        .unwrap();
    assert_eq!((fleet.kept().dropped, fleet.kept().series), (1, 8));
    assert_eq!(counted(&fleet, "1", 60, 700), 1);
}

#[test]
fn a_proxy_that_is_silent_makes_room_for_another_and_one_that_reports_does_not() {
    let mut fleet = Fleet::new(LIMITS);
    for proxy in 0..4 {
        fleet
            .add(&id(&proxy.to_string()), "", at(1), Report::default(), 10)
            .unwrap();
    }
    fleet
        .add(&id("4"), "", at(1), Report::default(), 20)
        .unwrap_err();
    fleet
        .add(&id("4"), "", at(1), Report::default(), 1_000)
        .unwrap();
    assert_eq!(fleet.proxies(1_000).count(), 4);
}

#[test]
fn what_was_not_heard_of_for_a_day_is_forgotten() {
    let mut fleet = Fleet::new(Limits::default());
    fleet
        .add(&id("gone"), "", at(1), report("web", &requests(1)), 10)
        .unwrap();
    fleet
        .add(&id("here"), "", at(2), report("web", &requests(1)), 90_000)
        .unwrap();
    let names: Vec<_> = fleet
        .proxies(90_000)
        .map(|one| one.proxy.to_string())
        .collect();
    assert_eq!((names, fleet.kept().series), (vec!["here".to_owned()], 1));
}

proptest! {
    #[test]
    fn no_report_makes_more_to_be_kept_than_the_limits_say(
        steps in proptest::collection::vec(
            (0_u8..8, 0_u8..20, prop_oneof![Just(0), 1_u64..100, Just(u64::MAX)], 0_u64..400, any::<bool>()),
            1..300,
        ),
    ) {
        let mut fleet = Fleet::new(LIMITS);
        let mut second = 0;
        for (proxy, cluster, count, passed, total) in steps {
            second += passed;
            let value = if total { Value::Total(count) } else { Value::Delta(count) };
            let report = report(&cluster.to_string(), &[(Stat::Requests, value)]);
            // Refused or not, the bounds hold.
            let _ = fleet.add(&id(&proxy.to_string()), "", at(1), report, second);
            let kept = fleet.kept();
            prop_assert!(kept.series <= LIMITS.series && kept.bytes <= LIMITS.bytes, "{kept:?}");
            prop_assert!(fleet.proxies(second).count() <= LIMITS.proxies);
            prop_assert_eq!(fleet.totals().count(), kept.series, "every series is in the queue");
            prop_assert_eq!(fleet.measure(), kept.bytes, "bytes are counted as they are");
        }
    }
}
