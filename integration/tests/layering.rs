//! Who may name whom in `src/`, and which crate may depend on which. The design's table, as a test.
//!
//! Every rule has a planted violation below: a rule that cannot catch anything is no rule.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::path::Path;

use netloft_integration::{
    layering::{self, Table},
    source::Tree,
};

/// `revision` is one number from the store to the proxies: catalog and snapshot share its type. The
/// flags of `up` become settings of store and xds, so `run` and `config` name those, and no more.
const ARROWS: &str = "
    model     -> proto
    snapshot  -> proto
    envoy     -> snapshot proto
    policy    -> model snapshot proto
    view      -> model policy proto
    compile   -> view model envoy policy snapshot proto
    check     -> compile view policy model envoy snapshot proto
    catalog   -> model policy view store proto snapshot::Revision snapshot::Hash snapshot::Resource
    auth      -> model store proto
    sources   -> check catalog model proto
    ca        -> auth store proto
    xds       -> snapshot proto
    telemetry -> view snapshot proto xds::event xds::cache
    reconcile -> compile view policy model snapshot catalog ca xds proto
    ratelimit -> proto
    api       -> check envoy catalog view policy model snapshot ca auth telemetry proto xds::cache
    dashboard -> api::types api::read
    import    -> check compile view model envoy snapshot proto reconcile::graph
    cli       -> check envoy import snapshot::Problem model proto api::types
    run       -> app config cli proto netloft-proxy *::Config store::Retention
    config    -> *::Config store::Retention
    app       -> all but cli run main
    main      -> cli run
";

const CRATES: &str = "
    netloft             -> netloft-proto netloft-store netloft-proxy
    netloft-proto       ->
    netloft-store       ->
    netloft-proxy       -> netloft-proto
    netloft-integration ->
";

const PURE: [&str; 8] = [
    "model", "envoy", "snapshot", "policy", "view", "compile", "check", "import",
];
/// Not only snapshot: xds frames its own envelopes, which hold no map and whose resources are sealed
/// bytes already.
const ENCODES: [&str; 2] = ["snapshot", "xds"];
const KNOWS_NO_TYPES: [&str; 1] = ["xds"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn ours() -> Tree {
    Tree::read(&root().join("src")).unwrap()
}

fn table() -> Table {
    Table::parse(ARROWS).unwrap()
}

fn none(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn modules_name_only_what_the_table_allows() {
    none(&layering::arrows(&table(), &ours()));
}

#[test]
fn no_source_is_hidden_from_these_tests() {
    none(&layering::hidden(&ours()));
}

#[test]
fn pure_modules_name_no_io_no_clock_and_no_chance() {
    none(&layering::impure(&PURE, &ours()));
}

#[test]
fn only_snapshot_and_the_wire_encode_messages() {
    none(&layering::messages_encoded(&ENCODES, &ours()));
}

#[test]
fn xds_knows_no_resource_type() {
    none(&layering::types_known(&KNOWS_NO_TYPES, &ours()));
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let crates = layering::workspace(root()).unwrap();
    assert!(crates.len() >= 4, "cargo named only {crates:?}");
    none(&layering::crate_arrows(
        &Table::parse(CRATES).unwrap(),
        &crates,
    ));
}

/// The files of a small netloft around one planted file.
fn planted<'a>(planted: &[(&'a str, &'a str)]) -> Tree {
    let house = [
        (
            "lib.rs",
            "pub mod model; pub mod snapshot; pub mod xds; pub mod api; pub mod app;",
        ),
        (
            "model.rs",
            "pub struct Service; pub use netloft_proto::ProxyId;",
        ),
        (
            "snapshot.rs",
            "pub use crate::model::Service as Hidden; pub struct Resource;",
        ),
        ("xds.rs", "pub mod event; pub mod cache; pub mod stream;"),
        ("xds/event.rs", "pub struct Event;"),
        ("xds/stream.rs", "pub struct Stream;"),
        (
            "app.rs",
            "pub struct App; pub use std::time::Instant as Moment;",
        ),
        ("api.rs", "pub mod types; pub mod read;"),
        ("api/types.rs", "pub struct Page;"),
        ("ca.rs", "pub struct Config; pub struct Ca;"),
    ];
    let kept = house
        .iter()
        .filter(|(name, _)| planted.iter().all(|(new, _)| new != name));
    Tree::parse(kept.chain(planted).copied()).unwrap()
}

#[test]
fn the_small_netloft_of_the_planted_tests_breaks_no_rule_itself() {
    let tree = planted(&[("snapshot.rs", "pub struct Resource;")]);
    none(&layering::arrows(&table(), &tree));
    none(&layering::impure(&PURE, &tree));
    none(&layering::messages_encoded(&ENCODES, &tree));
    none(&layering::types_known(&KNOWS_NO_TYPES, &tree));
    none(&layering::hidden(&tree));
}

#[test]
fn a_planted_arrow_is_found_however_it_is_written() {
    for (why, file, text) in [
        (
            "plain import",
            "xds/stream.rs",
            "use crate::model::Service;",
        ),
        (
            "import of a group",
            "xds/stream.rs",
            "use crate::{snapshot, model::{self}};",
        ),
        ("glob", "xds/stream.rs", "use crate::model::*;"),
        (
            "glob of the root",
            "xds/stream.rs",
            "use crate::*; type S = model::Service;",
        ),
        ("renamed", "xds/stream.rs", "use crate::model as m;"),
        (
            "path in a type",
            "xds/stream.rs",
            "struct S { s: crate::model::Service }",
        ),
        (
            "path in a generic",
            "xds/stream.rs",
            "type S = Vec<Option<crate::model::Service>>;",
        ),
        (
            "path in an expression",
            "xds/stream.rs",
            "fn f() { crate::model::f(); }",
        ),
        (
            "path in a pattern",
            "xds/stream.rs",
            "fn f(x: X) { if let crate::model::Service = x {} }",
        ),
        (
            "path in a bound",
            "xds/stream.rs",
            "fn f<T: crate::model::Kind>(t: T) {}",
        ),
        (
            "visibility",
            "xds/stream.rs",
            "pub(in crate::model) struct S;",
        ),
        (
            "super",
            "xds/stream.rs",
            "use super::super::model::Service;",
        ),
        (
            "self, then super",
            "xds.rs",
            "use self::super::model::Service;",
        ),
        (
            "inline module",
            "xds.rs",
            "mod inner { use super::super::model::Service; }",
        ),
        (
            "import inside a function",
            "xds.rs",
            "fn f() { use crate::model::Service; }",
        ),
        (
            "macro body",
            "xds.rs",
            "fn f() { vec![crate::model::Service]; }",
        ),
        (
            "macro definition",
            "xds.rs",
            "macro_rules! m { () => { $crate::model::Service } }",
        ),
        (
            "attribute string",
            "xds.rs",
            "#[serde(with = \"crate::model::codec\")] struct S;",
        ),
        ("re-export", "xds.rs", "pub use crate::model::Service;"),
        (
            "through another's re-export",
            "xds.rs",
            "use crate::snapshot::Hidden;",
        ),
        (
            "re-export by path",
            "xds.rs",
            "fn f() -> crate::snapshot::Hidden {}",
        ),
        (
            "our name from outside",
            "main.rs",
            "use netloft::model::Service;",
        ),
        ("crate of ours", "xds.rs", "use netloft_store::Store;"),
        (
            "crate of ours by path",
            "xds.rs",
            "fn f(s: ::netloft_store::Store) {}",
        ),
        (
            "extern crate",
            "xds.rs",
            "extern crate netloft_store as bytes;",
        ),
        (
            "crate under another name",
            "xds.rs",
            "extern crate self as other; use other::model::S;",
        ),
        (
            "test of any, not all",
            "xds.rs",
            "#[cfg(any(test, unix))] use crate::model::Service;",
        ),
        (
            "more than the allowed part",
            "telemetry.rs",
            "use crate::xds::stream::Stream;",
        ),
        (
            "glob over the allowed part",
            "telemetry.rs",
            "use crate::xds::*;",
        ),
        (
            "part by a longer way",
            "telemetry.rs",
            "use crate::xds; fn f(s: xds::stream::Stream) {}",
        ),
        ("more than the Config", "config.rs", "use crate::ca::Ca;"),
        (
            "more than types and read",
            "dashboard.rs",
            "use crate::api::write;",
        ),
        ("all but", "app.rs", "use crate::cli::Verb; "),
    ] {
        let house = [(file, text), ("cli.rs", "pub struct Verb;")];
        let broken = layering::arrows(&table(), &planted(&house));
        let found = broken.iter().filter(|line| line.contains(file)).count();
        assert!(found > 0, "{why} was not found: {text}");
    }
}

#[test]
fn a_module_without_a_row_is_found() {
    let broken = layering::arrows(&table(), &planted(&[("util.rs", "")]));
    assert_eq!(
        broken.iter().filter(|line| line.contains("no row")).count(),
        1,
        "{broken:?}"
    );
}

#[test]
fn what_the_table_allows_is_not_called_broken() {
    for (file, text) in [
        (
            "xds/stream.rs",
            "use super::event::Event; use crate::snapshot::Resource;",
        ),
        (
            "telemetry.rs",
            "use crate::xds::{cache, event::Event}; use crate::view::View;",
        ),
        (
            "telemetry.rs",
            "use crate::xds; fn f(e: xds::event::Event) {}",
        ),
        (
            "config.rs",
            "use crate::ca::Config as Ca; use crate::app; fn f(c: app::Config) {}",
        ),
        (
            "xds.rs",
            "#[cfg(test)] mod tests { use crate::model::Service; }",
        ),
        ("xds.rs", "#[cfg(test)] use crate::model::Service;"),
        (
            "xds.rs",
            "mod event { pub struct Event; } use event::Event; use std::sync::Arc;",
        ),
        ("app.rs", "use crate::{api, ca, model, snapshot, xds};"),
        (
            "xds.rs",
            "use smallvec::smallvec; use tokio; fn f() { smallvec::x(); tokio::y(); }",
        ),
        (
            "xds.rs",
            "mod read { pub fn read() {} } use read::read; fn f() { read(); read::z(); }",
        ),
        (
            "xds.rs",
            "mod a { pub use super::*; } use a::*; fn f() { loops::z(); }",
        ),
    ] {
        let house = [
            (file, text),
            ("view.rs", "pub struct View;"),
            ("snapshot.rs", ""),
        ];
        none(&layering::arrows(&table(), &planted(&house)));
    }
}

#[test]
fn a_test_in_a_file_of_its_own_may_look_anywhere() {
    let tree = planted(&[
        ("snapshot.rs", ""),
        ("xds.rs", "#[cfg(test)] mod tests;"),
        ("xds/tests.rs", "use crate::model::Service;"),
        ("xds/tests/more.rs", "use crate::api::types::Page;"),
    ]);
    none(&layering::arrows(&table(), &tree));
}

#[test]
fn a_planted_impurity_is_found_however_it_is_written() {
    for (why, text) in [
        ("a runtime", "use tokio::sync::watch;"),
        ("a server", "fn f(s: tonic::Status) {}"),
        ("files", "use std::fs;"),
        ("files in a group", "use std::{fmt, fs::File};"),
        ("a socket", "use std::net::{IpAddr, TcpStream};"),
        (
            "a renamed socket",
            "use std::net as n; fn f() { n::UdpSocket::bind(a); }",
        ),
        ("a unix socket", "use std::os::unix::net::UnixStream;"),
        ("the time of day", "use std::time::{Duration, SystemTime};"),
        ("a clock", "use std::time; fn f() { time::Instant::now(); }"),
        ("a clock by a glob", "use std::time::*;"),
        (
            "a clock of another crate",
            "fn f() { jiff::Timestamp::now(); }",
        ),
        ("a clock re-exported", "use crate::app::Moment;"),
        (
            "a clock in a macro",
            "fn f() { vec![std::time::Instant::now()]; }",
        ),
        ("chance", "use rand::Rng;"),
        ("a random id", "use uuid::Uuid; fn f() { Uuid::new_v4(); }"),
        ("std renamed", "use std as s; fn f() { s::fs::read(p); }"),
        ("the environment", "fn f() { std::env::var(\"HOME\"); }"),
    ] {
        for module in PURE {
            let file = format!("{module}.rs");
            let broken = layering::impure(&PURE, &planted(&[(&file, text)]));
            assert!(
                !broken.is_empty(),
                "{why} was not found in {module}: {text}"
            );
        }
    }
    let innocent = "use std::{net::IpAddr, time::Duration, collections::BTreeMap};
        #[cfg(test)] mod tests { use std::fs; }
        fn f(at: jiff::Timestamp, id: uuid::Uuid) {}";
    none(&layering::impure(
        &PURE,
        &planted(&[("compile.rs", innocent)]),
    ));
}

#[test]
fn a_planted_encoding_is_found_however_it_is_written() {
    for text in [
        "fn f(c: Cluster) { c.encode_to_vec(); }",
        "fn f(c: Cluster) { prost::Message::encode_to_vec(&c); }",
        "use prost::Message as _; fn f(c: Cluster) { c.encode(&mut b); }",
        "use prost::Message; fn f(c: Cluster) { Message::encode(&c, &mut b); }",
        "fn f(c: Cluster) { c.encode_length_delimited_to_vec(); }",
        "fn f(c: Cluster) { Any::from_msg(&c); }",
        "fn f(c: Cluster) { vec![c.encode_to_vec()]; }",
    ] {
        let broken = layering::messages_encoded(&ENCODES, &planted(&[("compile.rs", text)]));
        assert!(!broken.is_empty(), "not found: {text}");
        none(&layering::messages_encoded(
            &ENCODES,
            &planted(&[("snapshot/seal.rs", text)]),
        ));
    }
    let innocent = "fn f(b: &[u8]) { base64::STANDARD.encode(b); }";
    none(&layering::messages_encoded(
        &ENCODES,
        &planted(&[("api.rs", innocent)]),
    ));
}

#[test]
fn planted_knowledge_of_types_is_found_however_it_is_written() {
    for text in [
        "const CDS: &str = \"type.googleapis.com/envoy.config.cluster.v3.Cluster\";",
        "const CDS: &str = concat!(\"type.googleapis.com/envoy.config.cluster\", \".v3.Cluster\");",
        "use netloft_proto::type_url::CLUSTER;",
        "use netloft_proto as p; fn f() { p::type_url::CLUSTER; }",
        "use envoy_types::pb::envoy::config::cluster::v3::Cluster;",
        "use envoy_types::pb::envoy::{config::{listener::v3 as l}};",
        "use envoy_types::pb::envoy::extensions::filters::network;",
    ] {
        let tree = planted(&[("xds/stream.rs", text)]);
        assert!(
            !layering::types_known(&KNOWS_NO_TYPES, &tree).is_empty(),
            "not found: {text}"
        );
    }
    let innocent = "use envoy_types::pb::envoy::service::discovery::v3::DiscoveryRequest;
        use envoy_types::pb::envoy::config::core::v3::Node;";
    none(&layering::types_known(
        &KNOWS_NO_TYPES,
        &planted(&[("xds/stream.rs", innocent)]),
    ));
}

#[test]
fn hidden_source_is_found() {
    for text in [
        "#[path = \"../other.rs\"] mod other;",
        "include!(\"other.rs\");",
    ] {
        assert_eq!(
            layering::hidden(&planted(&[("xds.rs", text)])).len(),
            1,
            "{text}"
        );
    }
}

#[test]
fn a_planted_dependency_between_crates_is_found() {
    let table = Table::parse(CRATES).unwrap();
    for (name, need) in [
        ("netloft-proto", "netloft-store"),
        ("netloft-store", "netloft-proto"),
        ("netloft-proxy", "netloft"),
        ("netloft-integration", "netloft"),
        ("netloft-util", "netloft-proto"),
    ] {
        let crates = [(name.to_owned(), vec![need.to_owned()])].into();
        assert!(
            !layering::crate_arrows(&table, &crates).is_empty(),
            "{name} -> {need}"
        );
    }
    let crates = [("netloft".to_owned(), vec!["netloft-store".to_owned()])].into();
    none(&layering::crate_arrows(&table, &crates));
}
