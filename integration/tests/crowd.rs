//! Slow clients in their hundreds, or with `NETLOFT_SLOW_CLIENTS=10000` in their thousands, of four
//! kinds and from many addresses: others are served, memory stays within bounds, and the server
//! still stops at once.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use http::{Method, StatusCode};
use netloft_integration::{documents::service, http as client, netloft::Netloft};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Connections that the server is given in these tests.
const CONNECTIONS: usize = 128;

/// An answer that is larger than what the sockets of one connection hold here.
const LARGE: &str = "/openapi/v3/apis/gateway.networking.k8s.io/v1";

/// Slow clients that come at the same time.
const AT_ONCE: usize = 100;

/// Addresses that slow clients come from.
const SOURCES: usize = 8;

/// What the server may grow by, whatever comes: a multiple of what its connections buffer.
const GROWTH_KIB: u64 = 160 << 10;

#[allow(clippy::disallowed_methods)] // Tests have no command line of their own to take it from.
fn slow_clients() -> usize {
    let asked = std::env::var("NETLOFT_SLOW_CLIENTS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(600)
}

/// As many files as the system allows: each client is one.
fn raise_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

async fn connect(server: SocketAddr, source: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let last = u8::try_from(source % SOURCES + 2).unwrap();
    let source = Ipv4Addr::new(127, 0, 0, last);
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind(SocketAddr::from((source, 0))).unwrap();
    socket.connect(server).await.unwrap()
}

/// A client that begins and does not go on.
async fn slow(server: SocketAddr, number: usize) -> TcpStream {
    let mut stream = connect(server, number).await;
    let body = || {
        let part = "x".repeat(100_000);
        format!(
            "POST /v1/apply HTTP/1.1\r\nhost: localhost\r\ncontent-length: 60000000\r\n\r\n# {part}"
        )
    };
    let says = match number % 4 {
        0 => String::new(),
        1 => "GET /v1/revisions HTTP/1.1\r\nhost: loc".to_owned(),
        2 => body(),
        // It asks for much, and reads nothing of it.
        _ => format!("GET {LARGE} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    };
    // It may have been sent away already.
    let _ =
        tokio::time::timeout(Duration::from_millis(50), stream.write_all(says.as_bytes())).await;
    stream
}

/// KiB of memory that the server has.
fn memory(netloft: &Netloft) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", netloft.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_in_any_number_keep_nobody_from_being_served() {
    raise_files();
    let connections = CONNECTIONS.to_string();
    let mut netloft = Netloft::start_with(&["--http-connections", &connections]).await;
    let before = memory(&netloft);
    let mut crowd = Vec::new();
    let mut most = before;
    for round in 0..slow_clients() / AT_ONCE {
        let numbers = (0..AT_ONCE).map(|it| round * AT_ONCE + it);
        let clients = numbers.map(|number| slow(netloft.http(), number));
        crowd.extend(futures_util::future::join_all(clients).await);
        let path = format!("/v1/apply?message={round}");
        let documents = service(&format!("web-{round}"));
        let asked = client::request(Method::POST, "localhost", &path, documents).unwrap();
        let answer = client::send(netloft.http(), asked).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        most = most.max(memory(&netloft));
    }
    assert!(
        most - before < GROWTH_KIB,
        "{before} KiB before, {most} KiB at most with {} slow clients",
        crowd.len()
    );
    // Half-sent requests are no reason to stay.
    assert!(netloft.stop().await.success(), "{}", netloft.log());
}

#[tokio::test]
async fn one_address_cannot_take_all_connections_with_requests_that_are_at_work() {
    let netloft = Netloft::start_with(&["--http-connections", "8"]).await;
    let watch = "GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut watching = Vec::new();
    for _ in 0..6 {
        let mut stream = connect(netloft.http(), 1).await;
        stream.write_all(watch.as_bytes()).await.unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        watching.push(stream);
    }
    let mut refused = String::new();
    let mut seventh = connect(netloft.http(), 1).await;
    seventh.read_to_string(&mut refused).await.unwrap();
    assert!(
        refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n")
            && refused.contains("retry-after: 1\r\n")
            && refused.contains("all 6 connections that one address may have"),
        "{refused}"
    );
    // Another address is served as ever.
    let asked = client::request(Method::GET, "localhost", "/livez", "").unwrap();
    let answer = client::send(netloft.http(), asked).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_read_by_a_client_that_still_sends() {
    let netloft = Netloft::start().await;
    let mut stream = connect(netloft.http(), 0).await;
    let size = 70 << 20;
    let head =
        format!("POST /v1/apply HTTP/1.1\r\nhost: localhost\r\ncontent-length: {size}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let sending = tokio::spawn(async move {
        let part = vec![b'#'; 64 << 10];
        // Until the server takes no more.
        while write.write_all(&part).await.is_ok() {}
    });
    let mut answer = vec![0; 2_000];
    let read = read.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("larger than 64 MiB"), "{answer}");
    sending.await.unwrap();
}
