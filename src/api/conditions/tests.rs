//! What each state of affairs is called: a golden table, by kind and by what is known.

use std::sync::Arc;

use netloft_proto::ProxyId;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    Facts, Statuses,
    fleet::{Reach, Rejecting},
};
use crate::{
    api::{State, tests::state},
    catalog::{Edit, Stored, Terms, Verdict},
    check::{Source, documents},
    model::Kind,
    snapshot::{Problem, Provenance, Severity},
};

/// A document of each kind, and the conditions that it has; none: it has no such status.
const KINDS: &[(&str, &[&str])] = &[
    (
        "{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], dns: [a]}}",
        ALL,
    ),
    (
        "{apiVersion: netloft.dev/v1, kind: Workload, metadata: {name: a}, spec: {address: 10.0.0.1}}",
        ALL,
    ),
    (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}, spec: {parentRefs: [{name: a}], rules: [{backendRefs: [{name: a}]}]}}",
        ALL,
    ),
    (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: a}, spec: {gatewayClassName: gateway, listeners: [{name: http, port: 80, protocol: HTTP}]}}",
        ALL,
    ),
    (
        "{apiVersion: netloft.dev/v1, kind: ProxyClass, metadata: {name: a}, spec: {role: sidecar}}",
        ALL,
    ),
    (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: a}, spec: {controllerName: netloft.dev/gateway}}",
        &["Accepted"],
    ),
    (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: b}, spec: {controllerName: example.com/other}}",
        &[],
    ),
    (
        "{apiVersion: v1, kind: Namespace, metadata: {name: a}}",
        &[],
    ),
    (
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}",
        &[],
    ),
    (
        "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: b}}",
        ALL,
    ),
    (
        "{apiVersion: netloft.dev/v1, kind: EnvoyResource, metadata: {name: a}, spec: {proxyClass: sidecar, resource: {'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, name: a, connect_timeout: 1s}}}",
        ALL,
    ),
    (
        "{apiVersion: netloft.dev/v1, kind: EnvoyPatch, metadata: {name: a}, spec: {select: {type: Cluster, name: a, proxyClass: sidecar}, ops: [{op: remove, path: /connect_timeout}]}}",
        ALL,
    ),
];

const ALL: &[&str] = &["Accepted", "ResolvedRefs", "Programmed"];

/// When documents are applied: Unix milliseconds, and as it is written.
const AT: (u64, &str) = (1_800_000_000_000, "2027-01-15T08:00:00Z");

async fn api() -> State {
    state(watch::channel(false).1).await
}

/// The document of `text`, applied.
async fn applied(state: &State, text: &str) -> Arc<Stored> {
    let source = Source { file: None, text };
    let checked = documents(&[source], "default");
    assert_eq!(checked.diagnostics, [], "{text}");
    let edits = checked.documents.into_iter().map(|it| Edit::Put(it.into()));
    let edits: Vec<Edit> = edits.collect();
    let terms = Terms {
        at: AT.0,
        ..Terms::default()
    };
    let written = state.catalog.write(terms, |_| Ok::<_, ()>(edits.clone()));
    let Ok(Verdict::Applied(applied)) = written.await else {
        panic!("{text}");
    };
    applied.documents[0].clone().unwrap()
}

fn names(conditions: &Value) -> Vec<&str> {
    let all = conditions.as_array().into_iter().flatten();
    all.filter_map(|condition| condition["type"].as_str())
        .collect()
}

#[tokio::test]
async fn every_kind_has_the_conditions_that_are_written_down_for_it() {
    let state = api().await;
    let mut kinds = Vec::new();
    for (text, expected) in KINDS {
        let stored = applied(&state, text).await;
        kinds.push(stored.document.spec.kind());
        let status = Statuses::new(&state).of(&stored).unwrap_or_default();
        assert_eq!(names(&status["conditions"]), *expected, "{text}");
        for part in ["listeners", "parents"] {
            for one in status[part].as_array().into_iter().flatten() {
                let inner = names(&one["conditions"]);
                assert!(ALL.iter().all(|name| inner.contains(name)), "{one}");
            }
        }
    }
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|it| !kinds.contains(it)).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

#[tokio::test]
async fn a_condition_names_the_generation_it_speaks_of_and_when_it_began() {
    let state = api().await;
    let first = applied(&state, KINDS[0].0).await;
    let second = applied(&state, &KINDS[0].0.replace("80", "81")).await;
    for (stored, generation) in [(first, 1), (second, 2)] {
        let status = Statuses::new(&state).of(&stored).unwrap();
        for condition in status["conditions"].as_array().unwrap() {
            assert_eq!(condition["observedGeneration"], generation);
            assert_eq!(condition["lastTransitionTime"], AT.1);
        }
    }
}

/// A problem of the document at `pointer`.
fn problem(code: &'static str, severity: Severity, reason: &'static str, pointer: &str) -> Problem {
    Problem {
        code,
        severity,
        at: Provenance::new("Service", "default", "a", pointer),
        message: "what is wrong".to_owned(),
        effect: "what follows".to_owned(),
        reason,
    }
}

/// Proxies: given some of it, have it; their names where they have not.
fn reach(affected: usize, acknowledged: usize, waiting: &[&str]) -> Reach {
    Reach {
        affected,
        acknowledged,
        waiting: waiting
            .iter()
            .map(|name| ProxyId::new(name).unwrap())
            .collect(),
        compiled: true,
        ..Reach::default()
    }
}

/// `Accepted ResolvedRefs Programmed`, each as `+`, `-` or `?` with its reason; and what is said of
/// the last.
fn row(conditions: &[Value]) -> (String, String) {
    let word = |condition: &Value| {
        let sign = match condition["status"].as_str() {
            Some("True") => "+",
            Some("False") => "-",
            _ => "?",
        };
        format!("{sign}{}", condition["reason"].as_str().unwrap())
    };
    let words: Vec<String> = conditions.iter().map(word).collect();
    let message = conditions[2]["message"].as_str().unwrap();
    (words.join(" "), message.to_owned())
}

#[tokio::test]
async fn every_state_has_its_words() {
    use Severity::{Error, Warning};
    let state = api().await;
    let stored = applied(&state, KINDS[0].0).await;
    let rejected = Reach {
        rejecting: 2,
        rejected: vec![Rejecting {
            proxy: ProxyId::new("edge-1").unwrap(),
            api: "Cluster",
            resource: "a.default:80".into(),
            error: "no".into(),
        }],
        ..reach(3, 1, &[])
    };
    let nobody = reach(0, 0, &[]);
    let not_made = Reach::default();
    let no_backend = problem("NL0501", Error, "BackendNotFound", "/spec/rules/0");
    let no_parent = problem("NL0503", Error, "NoMatchingParent", "/spec/parentRefs/0");
    let other_class = problem("NL0506", Warning, "Conflicted", "/metadata/name");
    let address = problem("NL0509", Warning, "Invalid", "/spec");
    let nowhere = problem("NL0502", Error, "Invalid", "/spec/rules/0");
    let fault = problem("NL0599", Error, "Invalid", "");
    for (published, problems, reach, unserved, words, message) in [
        (
            false,
            vec![],
            nobody.clone(),
            None,
            "?Pending ?Pending -Pending",
            "revision 1 is being compiled",
        ),
        (
            true,
            vec![],
            nobody.clone(),
            None,
            "+Accepted +ResolvedRefs +NotAffected",
            "no connected proxy is given any of it",
        ),
        (
            true,
            vec![],
            nobody.clone(),
            Some("nobody serves it"),
            "+Accepted +ResolvedRefs -NoProxies",
            "nobody serves it",
        ),
        (
            true,
            vec![],
            reach(1, 1, &[]),
            None,
            "+Accepted +ResolvedRefs +Programmed",
            "acknowledged by 1 proxy",
        ),
        (
            true,
            vec![],
            reach(4, 4, &[]),
            None,
            "+Accepted +ResolvedRefs +Programmed",
            "acknowledged by 4 proxies",
        ),
        (
            true,
            vec![],
            reach(4, 3, &["edge-2"]),
            None,
            "+Accepted +ResolvedRefs -Pending",
            "acknowledged by 3 of 4 proxies; waiting for edge-2",
        ),
        (
            true,
            vec![],
            reach(9, 4, &["a", "b", "c"]),
            None,
            "+Accepted +ResolvedRefs -Pending",
            "acknowledged by 4 of 9 proxies; waiting for a, b, c and 2 more",
        ),
        (
            true,
            vec![],
            rejected,
            None,
            "+Accepted +ResolvedRefs -Rejected",
            "rejected by 2 of 3 proxies (NL0701): edge-1 says of Cluster a.default:80: no",
        ),
        (
            true,
            vec![no_backend],
            reach(1, 1, &[]),
            None,
            "+Accepted -BackendNotFound +Programmed",
            "acknowledged by 1 proxy",
        ),
        (
            true,
            vec![no_parent.clone()],
            not_made,
            None,
            "-NoMatchingParent +ResolvedRefs -NotAccepted",
            "nothing was made of it",
        ),
        (
            true,
            vec![no_parent],
            reach(1, 1, &[]),
            None,
            "-NoMatchingParent +ResolvedRefs +Programmed",
            "acknowledged by 1 proxy",
        ),
        (
            true,
            vec![other_class],
            nobody,
            None,
            "-Conflicted +ResolvedRefs +NotAffected",
            "no connected proxy is given any of it",
        ),
        (
            true,
            vec![address, nowhere],
            reach(1, 1, &[]),
            None,
            "+Accepted +ResolvedRefs +Programmed",
            "acknowledged by 1 proxy",
        ),
        (
            true,
            vec![fault],
            reach(1, 1, &[]),
            None,
            "+Accepted +ResolvedRefs -Invalid",
            "what is wrong (NL0599; effect: what follows)",
        ),
    ] {
        let facts = Facts {
            stored: &stored,
            problems: &problems,
            reach,
            published,
            unserved,
        };
        let found = row(&Statuses::new(&state).conditions(&facts, ""));
        assert_eq!(found, (words.to_owned(), message.to_owned()));
    }
}

/// A fault of one parent is that one's alone.
#[tokio::test]
async fn a_problem_with_one_parent_is_not_told_of_another() {
    let state = api().await;
    let text = KINDS[2]
        .0
        .replace("[{name: a}], rules", "[{name: a}, {name: b}], rules");
    let stored = applied(&state, &text).await;
    let facts = Facts {
        stored: &stored,
        problems: &[problem(
            "NL0503",
            Severity::Error,
            "NoMatchingParent",
            "/spec/parentRefs/1",
        )],
        reach: reach(1, 1, &[]),
        published: true,
        unserved: None,
    };
    let status = Statuses::new(&state).route(&facts);
    let accepted = |part: &Value| part["conditions"][0]["status"].clone();
    let parents = status["parents"].as_array().unwrap();
    let parents: Vec<Value> = parents.iter().map(accepted).collect();
    assert_eq!(parents, [json!("True"), json!("False")]);
    assert_eq!(accepted(&status), "False");
}
