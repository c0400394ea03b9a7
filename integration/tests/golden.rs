//! Every golden case of the compiler is one that a real Envoy takes.
//!
//! Envoy validates only what is in its bootstrap: what would come by xDS (route configurations,
//! endpoints) is put inside first.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::{collections::BTreeMap, fs};

use netloft_integration::{binary::root, envoy::validate, netloft::Netloft};
use serde_json::{Value, json};

/// Resources of one type by name.
type Resources = BTreeMap<String, Value>;

/// What one proxy is given, by type.
type Given = BTreeMap<String, Resources>;

/// Cases with documents that `apply` refuses, which show what the compiler makes of them all the
/// same. They are validated as the others are, but no proxy can be given them.
const REFUSED: [&str; 1] = ["dangling"];

/// What no Envoy of the public builds takes: served as it is declared, and shown to none of them.
const PRIVATE: &str = "raw-private";

/// The case without documents, of which nothing is applied.
const EMPTY: &str = "empty";

/// Each case with what each of its proxies is given.
fn cases() -> Vec<(String, BTreeMap<String, Given>)> {
    let folder = root().join("src/compile/testdata");
    let cases = fs::read_dir(folder).unwrap().map(|case| {
        let case = case.unwrap();
        let text = fs::read_to_string(case.path().join("output.json")).unwrap();
        let output: Value = serde_json::from_str(&text).unwrap();
        let given = serde_json::from_value(output["given"].clone()).unwrap();
        (case.file_name().to_string_lossy().into_owned(), given)
    });
    cases.filter(|(case, _)| case != PRIVATE).collect()
}

/// A bootstrap with everything inside that the proxy is given by xDS.
fn bootstrap(given: &Given) -> Value {
    let none = Resources::new();
    let of = |ty: &str| given.get(ty).unwrap_or(&none);
    let clusters: Vec<Value> = of("CDS")
        .values()
        .map(|cluster| {
            let mut cluster = cluster.clone();
            if let Some(eds) = cluster
                .as_object_mut()
                .unwrap()
                .remove("eds_cluster_config")
            {
                let name = eds["service_name"].as_str().unwrap();
                cluster["type"] = json!("STATIC");
                // A cluster without endpoints has no assignment at all, or an empty one.
                let empty = json!({"cluster_name": name});
                cluster["load_assignment"] = of("EDS").get(name).unwrap_or(&empty).clone();
            }
            cluster
        })
        .collect();
    let mut listeners: Vec<Value> = of("LDS")
        .values()
        // An API listener has no address: nothing of it but its routes is for an Envoy.
        .filter(|listener| listener.get("api_listener").is_none())
        .map(|listener| {
            let mut listener = listener.clone();
            inline_routes(&mut listener, of("RDS"));
            listener
        })
        .collect();
    listeners.extend(
        of("RDS")
            .iter()
            .map(|(name, routes)| routes_alone(name, routes)),
    );
    json!({
        "node": {"id": "golden", "cluster": "golden"},
        "static_resources": {"clusters": clusters, "listeners": listeners},
    })
}

fn inline_routes(value: &mut Value, routes: &Resources) {
    match value {
        Value::Object(fields) => {
            if let Some(rds) = fields.remove("rds") {
                let name = rds["route_config_name"].as_str().unwrap();
                fields.insert("route_config".to_owned(), routes[name].clone());
            }
            fields
                .values_mut()
                .for_each(|inner| inline_routes(inner, routes));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|inner| inline_routes(inner, routes)),
        _ => {}
    }
}

/// A listener for a route configuration, so that those of API listeners are looked at too.
fn routes_alone(name: &str, routes: &Value) -> Value {
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "golden",
        "route_config": routes,
        "http_filters": [{"name": "router", "typed_config":
            {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
    });
    json!({
        "name": format!("routes of {name}"),
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    })
}

#[test]
fn a_real_envoy_takes_every_golden_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bootstrap.json");
    let cases = cases();
    assert!(cases.len() >= 5, "only {} cases", cases.len());
    let mut refused = Vec::new();
    let mut resources = 0;
    for (case, proxies) in &cases {
        for (proxy, given) in proxies {
            resources += given.values().map(BTreeMap::len).sum::<usize>();
            fs::write(&path, bootstrap(given).to_string()).unwrap();
            if let Err(why) = validate(&path) {
                refused.push(format!("{case}, {proxy}: {why}"));
            }
        }
    }
    assert!(
        resources > 40,
        "only {resources} resources: the cases are read wrongly"
    );
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// The same by xDS: every type is acknowledged, nothing refused.
#[tokio::test]
async fn a_real_envoy_acknowledges_every_golden_case_by_ads() {
    let mut served = 0;
    for (case, _) in cases() {
        let folder = root().join("src/compile/testdata").join(&case);
        let proxies = fs::read_to_string(folder.join("proxies.json")).unwrap();
        let proxies: Vec<Value> = serde_json::from_str(&proxies).unwrap();
        let netloft = Netloft::start().await;
        let input = folder.join("input.yaml");
        let input = input.to_str().unwrap();
        let applied = netloft
            .cli(&["apply", "--allow-dangling", "-f", input])
            .await;
        if REFUSED.contains(&case.as_str()) {
            applied.must_exit_with(6);
            continue;
        }
        if case != EMPTY {
            applied.must_succeed();
        }
        for (index, proxy) in proxies.iter().enumerate() {
            let (class, namespace) = (&proxy["class"], &proxy["namespace"]);
            // A class of gRPC clients is not for Envoys: they have no use for API listeners.
            if class == "client" {
                continue;
            }
            let name = format!("{case}-{index}");
            let words = [
                "--class",
                class.as_str().unwrap(),
                "-n",
                namespace.as_str().unwrap(),
            ];
            let envoy = netloft.envoy(&name, &words).await;
            envoy.is_live().await;
            netloft.proxy_is(&name, "synced").await;
            let stats = envoy.stats().await;
            let refused: u64 = stats.with("update_rejected").values().sum();
            assert_eq!(refused, 0, "{case}: {:?}", stats.with("update_rejected"));
            served += 1;
        }
    }
    assert!(served >= 8, "only {served} proxies were served");
}

#[test]
fn a_golden_case_that_envoy_would_reject_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bootstrap.json");
    for (ty, change) in [
        (
            "RDS",
            json!({"virtual_hosts": [{"name": "no domains", "domains": []}]}),
        ),
        ("CDS", json!({"lb_policy": 77})),
        ("EDS", json!({"endpoints": [{"priority": 129}]})),
        (
            "LDS",
            json!({"filter_chains": [{"filters": [{"name": "no config"}]}]}),
        ),
    ] {
        let mut proxies = cases()
            .into_iter()
            .find(|(case, _)| case == "quickstart")
            .unwrap()
            .1;
        let given = proxies.values_mut().next().unwrap();
        let resource = given.get_mut(ty).unwrap().values_mut().next().unwrap();
        for (field, value) in change.as_object().unwrap() {
            resource[field] = value.clone();
        }
        fs::write(&path, bootstrap(given).to_string()).unwrap();
        assert!(validate(&path).is_err(), "{ty} with {change} was taken");
    }
}
