//! Documents in, resources out: every case under `src/compile/testdata`.
//!
//! A case is a folder with `input.yaml`, documents as an operator writes them; `proxies.json`,
//! which proxies look; and `output.json`, what each is given and what was found wrong. With
//! `NETLOFT_BLESS` set the outputs are written instead of compared.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::world::{as_json, graph_of};
use crate::{
    reconcile::graph::Graph,
    snapshot::Snapshot,
    view::worlds::{documents, proxy},
};

#[derive(Deserialize)]
struct Proxy {
    class: String,
    namespace: String,
}

fn folder(case: &str) -> PathBuf {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/compile/testdata");
    cases.join(case)
}

fn read(case: &str, file: &str) -> String {
    let path = folder(case).join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{case}/{file}: {error}"))
}

/// The graph of a case, and what each of its proxies is given.
pub(super) fn compiled(case: &str) -> (Graph, Vec<(String, Snapshot)>) {
    let proxies: Vec<Proxy> = serde_json::from_str(&read(case, "proxies.json")).unwrap();
    let mut graph = graph_of(&documents(&read(case, "input.yaml")));
    let open = |Proxy { class, namespace }: &Proxy| {
        let (_, snapshot) = graph.open_scope(&proxy(class, namespace));
        (format!("{class} in {namespace}"), snapshot)
    };
    let given = proxies.iter().map(open).collect();
    (graph, given)
}

fn check(case: &str) {
    let (graph, given) = compiled(case);
    let given_to: Map<_, _> = given
        .iter()
        .map(|(proxy, snapshot)| (proxy.clone(), as_json(snapshot)))
        .collect();
    let problems = graph.problems().into_iter().map(|problem| {
        json!({
            "code": problem.code,
            "severity": problem.severity,
            "at": problem.at.to_string(),
            "message": problem.message,
            "effect": problem.effect,
        })
    });
    let output = json!({
        "problems": problems.collect::<Vec<_>>(),
        "given": given_to,
    });
    if std::env::var_os("NETLOFT_BLESS").is_some() {
        let mut text = serde_json::to_string_pretty(&output).unwrap();
        text.push('\n');
        fs::write(folder(case).join("output.json"), text).unwrap();
        return;
    }
    let expected: Value = serde_json::from_str(&read(case, "output.json")).unwrap();
    assert_same(case, &expected, &output);
}

/// Says where two values differ first, rather than printing both.
fn assert_same(at: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                let at = format!("{at} > {key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => assert_same(&at, a, b),
                    (a, b) => panic!("{at}: expected {a:#?}, found {b:#?}"),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for (index, pair) in a.iter().zip(b).enumerate() {
                assert_same(&format!("{at}[{index}]"), pair.0, pair.1);
            }
            assert_eq!(
                a.len(),
                b.len(),
                "{at}: expected {expected:#}, found {found:#}"
            );
        }
        _ => assert_eq!(expected, found, "{at}"),
    }
}

macro_rules! cases {
    ($($(#[$doc:meta])* $name:ident: $case:literal,)*) => { $(
        $(#[$doc])*
        #[test]
        fn $name() {
            check($case);
        }
    )*
        /// Every case there is.
        pub(super) const CASES: &[&str] = &[$($case),*];
    };
}

cases! {
    a_service_and_a_route_reach_a_sidecar: "quickstart",
    nothing_declared_is_an_answer_too: "empty",
    rules_match_change_and_send_as_gateway_api_says: "rules",
    gateways_of_one_class_share_ports_and_host_names: "gateway",
    gateways_of_another_controllers_class_are_left_alone: "other-controller",
    what_dangles_is_left_out_alone_and_reported: "dangling",
    a_class_sees_what_it_names_and_what_routes_lead_to: "visibility",
    a_grpc_client_dials_services_by_name: "grpc-client",
    workloads_become_endpoints: "workloads",
    endpoints_are_asked_whether_they_are_alive: "health-checks",
    ports_have_protocols_and_host_names: "ports",
    envoys_with_separate_streams_are_told_to_open_them: "separate-streams",
    raw_resources_are_served_as_they_are_and_patches_change_what_they_select: "raw",
    private_extensions_are_served_unread_and_keys_are_never_shown: "raw-private",
}

#[test]
fn every_case_is_checked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/compile/testdata");
    let mut cases: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    cases.sort_unstable();
    let mut checked: Vec<&str> = CASES.to_vec();
    checked.sort_unstable();
    assert_eq!(cases, checked);
}
