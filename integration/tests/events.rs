//! What happens is told as it happens, and can be followed on behind any event.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    ads::Puppet, documents::dns_service, eventually::SOON, netloft::Netloft,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A reader of `/v1/events`.
struct Reader {
    stream: TcpStream,
    read: String,
}

impl Reader {
    async fn open(netloft: &Netloft, query: &str, header: &str) -> Self {
        let mut stream = TcpStream::connect(netloft.http()).await.unwrap();
        let host = netloft.http();
        let request = format!("GET /v1/events{query} HTTP/1.1\r\nhost: {host}\r\n{header}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reader = Self {
            stream,
            read: String::new(),
        };
        reader.until("\r\n\r\n").await;
        reader
    }

    async fn until(&mut self, text: &str) {
        let reading = async {
            while !self.read.contains(text) {
                let mut buffer = vec![0; 64 << 10];
                let count = self.stream.read(&mut buffer).await.unwrap();
                assert!(count > 0, "it ended before {text:?}:\n{}", self.read);
                self.read
                    .push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        };
        let done = tokio::time::timeout(SOON, reading).await;
        assert!(done.is_ok(), "no {text:?} in\n{}", self.read);
    }

    /// The events read so far.
    fn events(&self) -> Vec<Value> {
        let data = self
            .read
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }

    fn types(&self) -> Vec<String> {
        let events = self.events();
        events
            .iter()
            .map(|it| it["type"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn a_change_is_followed_from_the_commit_to_the_proxys_answer_and_resumed_behind_any_event() {
    let mut netloft = Netloft::start().await;
    let mut reader = Reader::open(&netloft, "", "").await;
    assert!(
        reader.read.contains("content-type: text/event-stream"),
        "{}",
        reader.read
    );
    let mut proxy = Puppet::connect(netloft.grpc(), "edge", &["*"]).await;
    netloft.apply(&dns_service("web", "svc.test", 81)).await;
    let mut name = Vec::new();
    while name.is_empty() {
        name = proxy.receives().await;
        if name.is_empty() {
            proxy.acks().await;
        }
    }
    proxy.rejects("it will not do").await;
    reader.until("it will not do").await;
    drop(proxy);
    reader.until("\"type\":\"disconnected\"").await;

    let (events, types) = (reader.events(), reader.types());
    let place = |ty: &str| types.iter().position(|it| it == ty).unwrap();
    assert!(place("committed") < place("published"), "{types:?}");
    assert!(place("connected") < place("rejected"), "{types:?}");
    let committed = &events[place("committed")];
    assert_eq!(
        (&committed["revision"], &committed["documents"]),
        (&1.into(), &1.into())
    );
    let rejected = &events[place("rejected")];
    assert_eq!(
        (&rejected["proxy"], &rejected["api"]),
        (&"edge".into(), &"CDS".into())
    );
    assert_eq!(rejected["error"], "it will not do");
    assert_eq!(rejected["revision"], 1);
    assert!(
        !rejected["names"].as_array().unwrap().is_empty(),
        "{rejected}"
    );

    // Behind any of them exactly the rest is told, by header or by query; the header wins, as it is
    // what a browser sends when it connects again.
    let cursor = events[1]["cursor"].as_str().unwrap();
    let header = format!("last-event-id: {cursor}\r\n");
    for (query, header) in [
        (format!("?since={cursor}"), ""),
        ("?since=start".into(), &*header),
    ] {
        let mut again = Reader::open(&netloft, &query, header).await;
        again.until("\"type\":\"disconnected\"").await;
        assert_eq!(again.events(), events[2..], "{query}");
    }

    for (query, status) in [("?since=nothing", 400), ("?from=1", 400)] {
        let answer = netloft.get(&format!("/v1/events{query}")).await.unwrap();
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // A reader does not hold up the end, and its cursor is of no use to the next run.
    assert!(netloft.stop().await.success());
    netloft.restart().await;
    let answer = netloft
        .get(&format!("/v1/events?since={cursor}"))
        .await
        .unwrap();
    assert_eq!(answer.status, 410, "{}", answer.text());
    assert!(answer.text().contains("earlier run"), "{}", answer.text());
}
