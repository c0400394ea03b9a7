//! Whole runs against our own server, in this process. Counts, never times.

use std::{fmt::Write as _, path::Path};

use clap::Parser as _;
use netloft_store::Retention;

use crate::{
    api,
    app::App,
    catalog, cli,
    config::{Backend, Config, StoreConfig},
    run::bench::xds::{Args, change::MARK, fleet::Fleet, report::Report},
    xds,
};

#[derive(Debug, clap::Parser)]
struct Words {
    #[command(flatten)]
    args: Args,
}

const SERVICES: usize = 20;
const PROXIES: usize = 12;

fn service(name: &str, address: &str) -> String {
    format!(
        "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  ports: [{{port: 80, \
         protocol: http}}]\n  endpoints: [{{address: {address}}}]\n---\n"
    )
}

struct Served {
    app: App,
    folder: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut mesh = "apiVersion: netloft.dev/v1\nkind: ProxyClass\nmetadata: {name: sidecar}\nspec: {role: sidecar, \
                        listen: {port: 15001}}\n---\n"
            .to_owned();
        for number in 0..SERVICES {
            write!(mesh, "{}", service(&format!("s-{number}"), "127.0.0.1")).unwrap();
        }
        let change = service("s-0", MARK);
        std::fs::write(folder.path().join("change.yaml"), change).unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let config = Config {
            store: StoreConfig {
                backend: Backend::Memory,
                retention: Retention::default(),
            },
            catalog: catalog::Config::default(),
            http: any,
            api: api::Config::default(),
            grpc: any,
            xds: xds::Config::default(),
        };
        let file = folder.path().join("mesh.yaml");
        std::fs::write(&file, mesh).unwrap();
        let files = cli::files::read(&[file]).unwrap();
        let app = App::start(config, files).await.unwrap();
        Self { app, folder }
    }

    fn change(&self) -> String {
        let path: &Path = self.folder.path();
        path.join("change.yaml").to_str().unwrap().to_owned()
    }

    async fn measured(&self, words: &[&str]) -> Report {
        let (grpc, http) = (
            self.app.grpc().to_string(),
            format!("http://{}", self.app.http()),
        );
        let proxies = PROXIES.to_string();
        let metadata = r#"{"netloft":{"namespace":"default","class":"sidecar"}}"#;
        let own = [
            "bench",
            "--grpc",
            &grpc,
            "--server",
            &http,
            "--proxies",
            &proxies,
        ];
        let node = ["--node-metadata", metadata, "--timeout", "20"];
        let words = own.iter().chain(&node).chain(words);
        let args = Words::try_parse_from(words).unwrap().args;
        Fleet::measure(args.plan().unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn proxies_of_either_dialect_get_all_there_is_and_every_change() {
    for dialect in ["delta", "sotw"] {
        let served = Served::start().await;
        let change = served.change();
        let words = ["--dialect", dialect, "--apply", &change, "--changes", "5"];
        let report = served.measured(&words).await;
        assert_eq!(
            (report.lost, report.reason.as_deref()),
            (0, None),
            "{dialect}"
        );
        assert_eq!(report.connect.loaded, PROXIES);
        // Clusters, their endpoints, a listener, its routes.
        let all = (2 * SERVICES + 2) * PROXIES;
        assert_eq!(report.connect.traffic.resources, all as u64, "{dialect}");
        let changes = report.changes.unwrap();
        assert_eq!((changes.made, changes.acknowledged), (5, 5 * PROXIES));
        // The next one waited for all to have the last.
        assert_eq!(changes.overtaken, 0);
        assert_eq!(changes.traffic.resources, 5 * PROXIES as u64, "{dialect}");
        served.app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn proxies_that_come_back_are_told_nothing_they_have() {
    let served = Served::start().await;
    let report = served.measured(&["--reconnect", "--sources", "3"]).await;
    assert_eq!(report.lost, 0, "{:?}", report.reason);
    let back = report.reconnect.unwrap();
    assert_eq!(back.loaded, PROXIES);
    assert_eq!(back.traffic.resources, 0);
    let (first, again) = (report.connect.traffic.bytes_in, back.traffic.bytes_in);
    assert!(again * 20 < first, "{again} bytes of {first}");
    served.app.stop().await.unwrap();
}

#[tokio::test]
async fn many_proxies_share_a_connection_and_changes_do_not_wait_for_them() {
    let served = Served::start().await;
    let change = served.change();
    let words = [
        "--streams",
        "5",
        "--apply",
        &change,
        "--changes",
        "30",
        "--rate",
        "1000",
    ];
    let report = served.measured(&words).await;
    assert_eq!(report.connections, 3);
    assert_eq!(report.lost, 0, "{:?}", report.reason);
    let changes = report.changes.unwrap();
    // Each proxy has each change, or one that was newer.
    assert_eq!((changes.made, changes.acknowledged), (30, 30 * PROXIES));
    served.app.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_that_says_why() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let words = ["bench", "--proxies", "2", "--grpc", &nobody.to_string()];
    let plan = Words::parse_from(words).args.plan().unwrap();
    let failure = Fleet::measure(plan).await.unwrap_err();
    assert!(format!("{failure:?}").contains("onnect"), "{failure:?}");
}

#[test]
fn words_that_measure_nothing_are_refused() {
    let served = tempfile::tempdir().unwrap();
    let unmarked = served.path().join("a.yaml");
    std::fs::write(&unmarked, "{}").unwrap();
    let unmarked = unmarked.to_str().unwrap();
    for words in [
        &["--dialect", "sotw", "--reconnect"][..],
        &["--apply", unmarked],
        &["--post", "http://127.0.0.1:1/change"],
        &["--node-id", "all-the-same"],
        &["--pid", "4294967295"],
    ] {
        let args = Words::parse_from([&["bench"], words].concat()).args;
        assert!(args.plan().is_err(), "{words:?}");
    }
}
