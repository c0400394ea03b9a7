//! Every request counts once, however it is reported.

use proptest::prelude::*;

use super::*;
use crate::telemetry::traffic::latency::Latency;

#[test]
fn a_window_holds_what_was_reported_within_it() {
    let mut fleet = Fleet::new(Limits::default());
    for second in (5..=7_200).step_by(5) {
        let report = report("web", &requests(1));
        fleet.add(&id("edge"), "", at(1), report, second).unwrap();
    }
    for (window, expected) in [(5, 1), (60, 12), (3_600, 720), (7_200, 1_440)] {
        let counted = counted(&fleet, "web", window, 7_200);
        assert!(
            counted.abs_diff(expected) <= 12 * u64::from(window > 3_600),
            "{counted} in {window} s, not {expected}"
        );
    }
}

#[test]
fn a_rate_is_over_the_time_that_was_watched() {
    let mut fleet = Fleet::new(Limits::default());
    let proxy = id("edge");
    fleet
        .add(&proxy, "", at(1), report("web", &requests(50)), 100)
        .unwrap();
    let told: Vec<_> = fleet.traffic(60, 101).collect();
    assert_eq!((told[0].counts.requests, told[0].seconds), (50, 5));
    fleet
        .add(&proxy, "", at(1), report("web", &requests(50)), 105)
        .unwrap();
    let told: Vec<_> = fleet.traffic(60, 109).collect();
    assert_eq!((told[0].counts.requests, told[0].seconds), (100, 10));
    // It is silent by then.
    let told: Vec<_> = fleet.traffic(60, 159).collect();
    assert_eq!((told[0].counts.requests, told[0].seconds), (100, 60));
    assert_eq!(fleet.traffic(60, 169).count(), 0);
}

#[test]
fn twins_of_a_cluster_do_not_count_and_a_cluster_of_such_a_name_does() {
    let mut fleet = Fleet::new(Limits::default());
    let mut both = report("web", &requests(3));
    both.add("web.external".to_owned(), Stat::Requests, Value::Delta(3));
    both.add("web.zone.a.b".to_owned(), Stat::Requests, Value::Delta(3));
    fleet.add(&id("edge"), "", at(1), both, 10).unwrap();
    let named = report("api.internal", &requests(4));
    fleet.add(&id("edge"), "", at(1), named, 15).unwrap();
    // Known by now, also where a report comes in parts.
    let mut part = Report::default();
    part.add("api.internal".to_owned(), Stat::Requests, Value::Delta(1));
    fleet.add(&id("edge"), "", at(1), part, 20).unwrap();

    let names: Vec<_> = fleet.traffic(60, 21).map(|one| one.cluster).collect();
    assert_eq!(
        names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["api.internal", "web"]
    );
    assert_eq!(counted(&fleet, "api.internal", 60, 21), 5);
}

#[test]
fn what_a_sender_counted_before_it_was_known_does_not_count() {
    let mut fleet = Fleet::new(Limits::default());
    let total = |count| [(Stat::Requests, Value::Total(count))];
    fleet
        .add(&id("edge"), "", at(1), report("web", &total(1_000)), 10)
        .unwrap();
    assert_eq!(counted(&fleet, "web", 60, 10), 0);
    fleet
        .add(&id("edge"), "", at(1), report("web", &total(1_007)), 15)
        .unwrap();
    assert_eq!(counted(&fleet, "web", 60, 15), 7);
    // It was at nothing when the others were reported.
    fleet
        .add(&id("edge"), "", at(1), report("new", &total(4)), 20)
        .unwrap();
    assert_eq!(counted(&fleet, "new", 60, 20), 4);
}

#[test]
fn totals_of_two_that_bear_one_name_are_not_taken() {
    let mut fleet = Fleet::new(Limits::default());
    let total = |count| report("web", &[(Stat::Requests, Value::Total(count))]);
    let mut rejected = 0;
    for (port, second, count) in [(1, 10, 9), (2, 12, 5), (1, 15, 9), (2, 17, 5), (1, 20, 9)] {
        let outcome = fleet
            .add(&id("edge"), "", at(port), total(count), second)
            .unwrap();
        rejected += outcome.rejected;
    }
    assert_eq!(rejected, 3);
    let two = fleet.proxies(21).next().unwrap();
    assert_eq!(two.from.len(), 2);
}

fn latency(bucket: usize, count: u64) -> Latency {
    let mut latency = Latency::default();
    latency.buckets[bucket] = count;
    latency
}

proptest! {
    #[test]
    fn deltas_and_totals_tell_the_same_through_restarts(
        steps in proptest::collection::vec((0_u64..50, 0_usize..20, any::<bool>()), 1..40),
    ) {
        let mut deltas = Fleet::new(Limits::default());
        let mut totals = Fleet::new(Limits::default());
        // Both are known, and have counted nothing yet.
        let zero = [(Stat::Requests, Value::Total(0)), (Stat::Latency, Value::AllTimes(latency(0, 0)))];
        totals.add(&id("edge"), "", at(1), report("web", &zero), 5).unwrap();
        let (mut total, mut times) = (0, Latency::default());
        let mut second = 5;
        for (count, bucket, restarts) in steps {
            second += 5;
            // A restart that counts more than before cannot be told from going on.
            if restarts && count < total {
                (total, times) = (0, Latency::default());
            }
            total += count;
            times.add(&latency(bucket, count));
            let delta = [
                (Stat::Requests, Value::Delta(count)),
                (Stat::Latency, Value::Times(latency(bucket, count))),
            ];
            deltas.add(&id("edge"), "", at(1), report("web", &delta), second).unwrap();
            let all = [(Stat::Requests, Value::Total(total))];
            totals.add(&id("edge"), "", at(1), report("web", &all), second).unwrap();
        }
        prop_assert_eq!(counted(&deltas, "web", 3_000, second), counted(&totals, "web", 3_000, second));
        let all = deltas.totals().next().unwrap().2;
        prop_assert_eq!(all.requests, all.latency.count());
    }
}
