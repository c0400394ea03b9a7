//! What stays where it is, what is found to differ, and what two bootstraps make together.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Became, Clash, Configuration, Difference, Imported, NotRead, documents, eject, onto, verify,
};
use crate::{
    check::{self, Source},
    model::Document,
};

fn read(text: &str) -> Result<Configuration, NotRead> {
    Configuration::read(&Source {
        file: Some("envoy.yaml"),
        text,
    })
}

fn configuration(text: &str) -> Configuration {
    read(text).unwrap_or_else(|error| panic!("{error:?}"))
}

fn imported(text: &str) -> Imported {
    documents(&configuration(text), "edge", "default")
}

/// The documents as `netloft apply` would read them.
fn declared(imported: &Imported) -> Vec<Arc<Document>> {
    let texts = imported.texts().unwrap();
    let sources = texts.iter().map(|(file, text)| Source {
        file: Some(file),
        text,
    });
    let checked = check::documents(&sources.collect::<Vec<_>>(), "default");
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
    checked.documents.into_iter().map(Arc::new).collect()
}

fn cluster(name: &str, more: &str) -> String {
    format!(
        "  - name: {name}\n    type: STATIC\n{more}    load_assignment: {{cluster_name: {name}}}\n"
    )
}

const MANAGER: &str = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// A listener that sends everything to `to`; `more` stands in its filter chain.
fn listener(name: &str, to: &str, more: &str) -> String {
    format!(
        "  - name: {name}\n    address: {{socket_address: {{address: 127.0.0.1, port_value: 80}}}}\n    filter_chains:\n    - filters:\n      - name: http\n        typed_config:\n          \"@type\": {MANAGER}\n          stat_prefix: a\n          route_config: {{virtual_hosts: [{{name: a, domains: [\"*\"], routes: [{{match: {{prefix: /}}, route: {{cluster: {to}}}}}]}}]}}\n{more}"
    )
}

fn tls(private_key: &str) -> String {
    format!(
        "      transport_socket:\n        name: tls\n        typed_config:\n          \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n          common_tls_context: {{tls_certificates: [{{certificate_chain: {{inline_string: C}}, private_key: {private_key}}}]}}\n"
    )
}

/// What stays in the bootstrap, with why.
fn stays(text: &str) -> Vec<String> {
    let report = imported(text).report;
    let stay = report
        .entries
        .iter()
        .filter(|it| it.became == Became::Stays);
    stay.map(|it| {
        let why = it.why.as_ref().map(ToString::to_string);
        format!("{} {}: {}", it.kind, it.name, why.unwrap_or_default())
    })
    .collect()
}

#[test]
fn what_the_bootstrap_needs_stays_in_it_and_all_else_is_served() {
    let text = format!(
        "stats_sinks:\n- name: statsd\n  typed_config: {{\"@type\": type.googleapis.com/envoy.config.metrics.v3.StatsdSink, tcp_cluster_name: statsd}}\ncluster_manager: {{local_cluster_name: me}}\nstatic_resources:\n  listeners:\n{}  clusters:\n{}{}{}{}{}",
        listener("http", "web", ""),
        cluster("web", ""),
        cluster("statsd", ""),
        cluster("me", ""),
        cluster("local", ""),
        cluster("sds", ""),
    ) + "  - name: fetched\n    type: EDS\n    eds_cluster_config: {eds_config: {api_config_source: {api_type: GRPC, grpc_services: [{envoy_grpc: {cluster_name: sds}}]}}}\n";
    assert_eq!(
        stays(&text),
        [
            "Cluster statsd: stats_sinks of the bootstrap names it",
            "Cluster me: cluster_manager of the bootstrap names it",
            "Cluster local: netloft's bootstrap has one of that name",
            "Cluster sds: Cluster fetched fetches through it, so Envoy wants it static",
        ]
    );
}

#[test]
fn a_listener_that_holds_a_key_stays_with_the_clusters_it_names() {
    let text = |key: &str| {
        format!(
            "static_resources:\n  listeners:\n{}{}  clusters:\n{}{}",
            listener("plain", "other", ""),
            listener("tls", "web", &tls(key)),
            cluster("web", ""),
            cluster("other", ""),
        )
    };
    let stay = stays(&text("{inline_string: THE-KEY}"));
    assert_eq!(stay.len(), 2, "{stay:?}");
    assert!(stay[0].starts_with("Cluster web: Listener tls names it"));
    assert!(stay[1].starts_with("Listener tls: holds a secret at /filter_chains/0/"));
    assert_eq!(stays(&text("{filename: /etc/key.pem}")), [""; 0]);

    let imported = imported(&text("{inline_string: THE-KEY}"));
    let texts = imported.texts().unwrap();
    assert!(texts.iter().all(|(_, text)| !text.contains("THE-KEY")));
    let report = imported.report.to_json().to_string();
    assert!(!report.contains("THE-KEY"), "{report}");
}

#[test]
fn what_comes_from_another_control_plane_is_told_to_be_missing() {
    let text = "dynamic_resources:\n  lds_config: {path_config_source: {path: /etc/lds.yaml}}\nstatic_resources:\n  clusters:\n  - {name: a, type: EDS, eds_cluster_config: {eds_config: {ads: {}}}}\n";
    let Err(NotRead::Unfit(unfit)) = read(text) else {
        panic!("it is taken");
    };
    let places: Vec<&str> = unfit.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "dynamic_resources.lds_config",
            "Cluster a: eds_cluster_config.eds_config"
        ]
    );
}

fn differences(text: &str, change: impl Fn(&mut Imported)) -> Vec<String> {
    let mut imported = imported(text);
    change(&mut imported);
    let found = verify(
        &configuration(text),
        &declared(&imported),
        &imported.bootstrap,
    );
    let found = found.unwrap_or_else(|error| panic!("{error:?}"));
    found.iter().map(Difference::to_string).collect()
}

#[test]
fn whatever_is_changed_after_an_import_is_found() {
    let text = format!(
        "node: {{id: a}}\nstatic_resources:\n  listeners:\n{}  clusters:\n{}{}",
        listener("http", "web", ""),
        cluster("web", "    connect_timeout: 5s\n"),
        cluster("local", ""),
    );
    assert_eq!(differences(&text, |_| {}), [""; 0]);

    let clusters = |imported: &mut Imported, change: &dyn Fn(&mut Vec<Value>)| {
        let (_, documents) = imported
            .files
            .iter_mut()
            .find(|(file, _)| *file == "clusters.yaml")
            .unwrap();
        change(documents);
    };
    let changed = differences(&text, |it| {
        clusters(it, &|all| {
            all[0]["spec"]["resource"]["connect_timeout"] = "6s".into();
        });
    });
    assert_eq!(
        changed,
        ["Cluster web connect_timeout: \"5s\" in the file, \"6s\" then"]
    );
    let gone = differences(&text, |it| clusters(it, &|all| all.clear()));
    assert!(
        gone.len() == 1
            && gone[0].starts_with("Cluster web: ")
            && gone[0].ends_with("not there then"),
        "{gone:?}"
    );
    let rest = differences(&text, |it| {
        drop(it.bootstrap.bootstrap.shift_remove("node"));
    });
    assert_eq!(
        rest,
        ["bootstrap node: {\"id\":\"a\"} in the file, not there then"]
    );
    let kept = differences(&text, |it| it.bootstrap.resources.clear());
    assert!(
        kept.len() == 1 && kept[0].starts_with("Cluster local: "),
        "{kept:?}"
    );
}

/// As `netloft bootstrap` makes it, in what matters here.
fn ours() -> Value {
    json!({
        "node": {"id": "edge-1", "cluster": "edge", "metadata": {"netloft": {"class": "edge"}}},
        "admin": {"address": "ours"},
        "dynamic_resources": {"ads_config": {}},
        "cluster_manager": {"local_cluster_name": "local"},
        "static_resources": {"clusters": [{"name": "netloft"}, {"name": "local"}]},
        "stats_sinks": [{"name": "netloft"}],
        "layered_runtime": {"layers": [
            {"name": "static", "static_layer": {}},
            {"name": "rtds", "rtds_layer": {}},
            {"name": "admin", "admin_layer": {}},
        ]},
    })
}

#[test]
fn what_netloft_needs_is_added_to_a_bootstrap_and_the_rest_stays() {
    let text = format!(
        "node: {{id: old, cluster: shop, metadata: {{team: a}}}}\nadmin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: 9901}}}}}}\nlayered_runtime: {{layers: [{{name: mine, static_layer: {{}}}}, {{name: admin, admin_layer: {{}}}}]}}\nstats_sinks: [{{name: mine}}]\nstatic_resources:\n  clusters:\n{}",
        cluster("local", "")
    );
    let made = onto(ours(), configuration(&text)).unwrap();
    assert_eq!(
        made["node"],
        json!({"id": "edge-1", "cluster": "shop", "metadata": {"team": "a", "netloft": {"class": "edge"}}})
    );
    assert_eq!(
        made["admin"]["address"]["socket_address"]["port_value"],
        9901
    );
    let names = |value: &Value| -> Vec<String> {
        let names = value.as_array().unwrap().iter();
        names
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&made["stats_sinks"]), ["mine", "netloft"]);
    assert_eq!(
        names(&made["layered_runtime"]["layers"]),
        ["rtds", "mine", "admin"]
    );
    assert_eq!(
        names(&made["static_resources"]["clusters"]),
        ["local", "netloft", "netloft-local"]
    );
    assert_eq!(
        made["cluster_manager"]["local_cluster_name"],
        "netloft-local"
    );
    assert_eq!(made["dynamic_resources"], ours()["dynamic_resources"]);

    let nothing = onto(ours(), configuration("{}")).unwrap();
    assert_eq!(nothing, ours());
}

#[test]
fn a_cluster_of_the_name_that_leads_to_netloft_is_refused() {
    let mut theirs = configuration(&format!(
        "static_resources:\n  clusters:\n{}",
        cluster("a", "")
    ));
    theirs.resources[0].name = "netloft".into();
    assert_eq!(onto(ours(), theirs), Err(Clash::OurCluster));
    let text = format!("static_resources:\n  clusters:\n{}", cluster("netloft", ""));
    assert!(matches!(read(&text), Err(NotRead::Unfit(_))));
    // But for the one that `netloft overlay` adds, with its sink.
    let observed = configuration(&format!("stats_sinks: [{{name: netloft}}]\n{text}"));
    assert_eq!(observed, Configuration::default());
}

/// The answer of `/config_dump` of an Envoy that was given these.
fn dump(clusters: &Value, routes: &Value, listeners: &Value, endpoints: &Value) -> String {
    let typed = |kind: &str, mut section: Value| {
        section["@type"] = format!("type.googleapis.com/envoy.admin.v3.{kind}").into();
        section
    };
    json!({"configs": [
        typed("BootstrapConfigDump", json!({"bootstrap": {
            "node": {"id": "a", "cluster": "c", "user_agent_name": "envoy", "extensions": [{"name": "e"}]},
            "dynamic_resources": {"ads_config": {}},
            "cluster_manager": {"local_cluster_name": "local"},
            "static_resources": {"clusters": [
                {"name": "local", "type": "STATIC", "load_assignment": {"cluster_name": "local"}},
                {"name": "xds", "type": "STATIC"},
            ]},
        }})),
        typed("ClustersConfigDump", json!({"dynamic_active_clusters": clusters})),
        typed("ListenersConfigDump", json!({"dynamic_listeners": listeners})),
        typed("RoutesConfigDump", json!({"dynamic_route_configs": routes})),
        typed("EndpointsConfigDump", json!({"dynamic_endpoint_configs": endpoints})),
    ]})
    .to_string()
}

#[test]
fn what_an_envoy_was_given_by_another_control_plane_is_asked_for_at_netloft() {
    let source = json!({"api_config_source": {"api_type": "GRPC", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]}});
    let clusters = json!([{"cluster": {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": "web", "type": "EDS", "outlier_detection": {},
        "eds_cluster_config": {"service_name": "of-web", "eds_config": source},
    }}]);
    let endpoints = json!([{"endpoint_config": {
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": "of-web",
        "endpoints": [{"lb_endpoints": [{"health_status": "UNHEALTHY"}]}],
    }}]);
    let table = json!([{"route_config": {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "table",
    }}]);
    let listeners = json!([{"name": "http", "active_state": {"listener": {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": "http",
        "filter_chains": [{"filters": [{"name": "http", "typed_config": {
            "@type": MANAGER, "stat_prefix": "a",
            "rds": {"route_config_name": "table", "config_source": {"ads": {}}},
        }}]}],
    }}}]);
    let taken = configuration(&dump(&clusters, &table, &listeners, &endpoints));
    let names: Vec<String> = taken.resources.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "Cluster xds",
            "Cluster web",
            "Listener http",
            "RouteConfiguration table",
            "ClusterLoadAssignment of-web",
        ]
    );
    assert_eq!(
        Value::Object(taken.bootstrap.clone()),
        json!({"node": {"id": "a", "cluster": "c"}})
    );
    let eds = &taken.resources[1].value["eds_cluster_config"];
    assert_eq!(
        eds["eds_config"],
        json!({"ads": {}, "resource_api_version": "V3"})
    );
    let health = taken.resources[4].value.to_string();
    assert!(!health.contains("UNHEALTHY"), "{health}");

    // Without the endpoints, and with a key that Envoy hid.
    let hidden = json!([{"name": "tls", "active_state": {"listener": {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": "tls", "stat_prefix": "[redacted]",
    }}}]);
    let Err(NotRead::Unfit(unfit)) = read(&dump(&clusters, &table, &hidden, &json!([]))) else {
        panic!("it is taken");
    };
    let told: Vec<&str> = unfit.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(
        told,
        [
            "Cluster web: ClusterLoadAssignment of-web",
            "Listener tls: stat_prefix",
        ]
    );
}

fn given() -> Vec<(&'static str, &'static str, Value)> {
    let manager = json!({"@type": MANAGER, "stat_prefix": "a", "rds": {"route_config_name": "table", "config_source": {"ads": {}}}});
    vec![
        (
            "LDS",
            "http",
            json!({"name": "http", "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}),
        ),
        (
            "RDS",
            "table",
            json!({"name": "table", "virtual_hosts": []}),
        ),
        (
            "CDS",
            "web",
            json!({"name": "web", "type": "EDS", "eds_cluster_config": {"service_name": "of-web", "eds_config": {"ads": {}}}}),
        ),
        (
            "EDS",
            "of-web",
            json!({"cluster_name": "of-web", "endpoints": [{}]}),
        ),
    ]
}

fn ejected(given: &[(&'static str, &'static str, Value)]) -> Result<Value, Vec<super::Unfit>> {
    let given = given.iter().map(|(api, name, value)| (*api, *name, value));
    eject(given, Configuration::default())
}

#[test]
fn a_file_that_is_ejected_asks_nobody_for_anything() {
    let made = ejected(&given()).unwrap();
    let cluster = &made["static_resources"]["clusters"][0];
    assert_eq!(
        *cluster,
        json!({"name": "web", "type": "STATIC", "load_assignment": {"cluster_name": "of-web", "endpoints": [{}]}})
    );
    let listener = &made["static_resources"]["listeners"][0];
    let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
    assert_eq!(
        manager["route_config"],
        json!({"name": "table", "virtual_hosts": [], "validate_clusters": false})
    );
    assert!(manager.get("rds").is_none());
}

#[test]
fn what_a_file_cannot_hold_is_told_and_nothing_is_ejected() {
    let mut all = given();
    all.retain(|(api, ..)| *api != "RDS");
    all[0].2["key"] = "[redacted]".into();
    let unfit = ejected(&all).unwrap_err();
    let places: Vec<&str> = unfit.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "Listener http: filter_chains[0].filters[0].typed_config.rds.config_source",
            "Listener http: key",
        ]
    );
}
