//! Clients that dawdle, flood and swell, on sockets in memory and a clock that is stopped.

use axum::{
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::JoinHandle,
    time::Instant,
};

use super::*;
use crate::api::extract;

const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const TWO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));

/// What a socket in memory holds before its writer waits.
const PIPE: usize = 8 << 10;

async fn take(body: Result<Bytes, axum::extract::rejection::BytesRejection>) -> Response {
    use axum::response::IntoResponse;
    match body {
        Ok(body) => format!("{} bytes", body.len()).into_response(),
        Err(why) => extract::unread(&why, 1 << 20).into_response(),
    }
}

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/body", post(take))
        .route("/large", get(|| async { vec![b'x'; 1 << 20] }))
        .route("/never", get(std::future::pending::<()>))
}

struct Server(Arc<Connections>);

impl Server {
    fn new(config: Config) -> Self {
        Self(Connections::new(config))
    }

    fn small() -> Self {
        Self::new(Config {
            connections: 4,
            of_one_address: 3,
            ..Config::default()
        })
    }

    async fn client(&self, address: IpAddr) -> Client {
        let (near, far) = duplex(PIPE);
        let task = tokio::spawn(welcome(self.0.clone(), far, address, router()));
        // So that its place is taken before the next one comes.
        tokio::task::yield_now().await;
        Client { socket: near, task }
    }
}

struct Client {
    socket: DuplexStream,
    task: JoinHandle<()>,
}

impl Client {
    async fn says(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }

    /// All that it is told until the connection ends.
    async fn hears(mut self) -> String {
        let mut all = Vec::new();
        self.socket.read_to_end(&mut all).await.unwrap();
        drop(self.socket);
        self.task.await.unwrap();
        String::from_utf8(all).unwrap()
    }

    async fn asks(mut self, path: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        self.says(&request).await;
        self.hears().await
    }
}

fn is(answer: &str, status: StatusCode, words: &str) {
    let first = format!("HTTP/1.1 {status}\r\n");
    assert!(answer.starts_with(&first), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains(words), "{answer}");
    let retry = answer.contains("retry-after: 1\r\n");
    assert_eq!(retry, status == StatusCode::SERVICE_UNAVAILABLE, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_ended_by_its_own_bound_and_told_which() {
    let server = Server::small();
    let mut client = server.client(ONE).await;
    let begun = Instant::now();
    let drips = async {
        client.says("GET / HTTP/1.1\r\n").await;
        loop {
            sleep(Duration::from_secs(3)).await;
            if client.socket.write_all(b"a: b\r\n").await.is_err() {
                break;
            }
        }
    };
    // The drip goes on until the connection is shut.
    let _ = timeout(Duration::from_secs(14), drips).await;
    let answer = client.hears().await;
    is(&answer, StatusCode::REQUEST_TIMEOUT, "longer than 10 s");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(server.0.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_head_beyond_its_bounds_is_431_and_names_the_bound() {
    let server = Server::small();
    let mut client = server.client(ONE).await;
    let long = format!("GET / HTTP/1.1\r\na: {}", "x".repeat(40 << 10));
    client.says(&long).await;
    let too_large = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    is(&client.hears().await, too_large, "larger than 32 KiB");

    let mut client = server.client(ONE).await;
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101));
    client.says(&many).await;
    is(&client.hears().await, too_large, "more than 100 headers");

    let client = server.client(ONE).await;
    let fits = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nb: {}\r\n{}\r\n",
        "x".repeat(30 << 10),
        "a: b\r\n".repeat(97)
    );
    let (mut read, mut write) = tokio::io::split(client.socket);
    write.write_all(fits.as_bytes()).await.unwrap();
    let mut answer = String::new();
    read.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_brings_too_little_is_ended_and_one_that_goes_on_is_not() {
    let server = Server::small();
    let head = "POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500000\r\n\r\n";
    let mut stalls = server.client(ONE).await;
    stalls.says(head).await;
    stalls.says("some of it").await;
    let answer = stalls.hears().await;
    is(
        &answer,
        StatusCode::REQUEST_TIMEOUT,
        "less than 65536 bytes in 10 s",
    );

    let mut slow = server.client(ONE).await;
    slow.says(head).await;
    let begun = Instant::now();
    for _ in 0..5 {
        sleep(Duration::from_secs(9)).await;
        slow.says(&"x".repeat(100_000)).await;
    }
    assert!(begun.elapsed() > Duration::from_secs(40));
    let mut answer = [0; 15];
    slow.socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test(start_paused = true)]
async fn who_waits_longest_makes_room_for_a_newcomer() {
    let server = Server::small();
    let mut oldest = server.client(ONE).await;
    oldest.says("GET / HT").await;
    let mut others = Vec::new();
    for _ in 0..2 {
        sleep(Duration::from_secs(1)).await;
        others.push(server.client(TWO).await);
    }
    others.push(server.client(ONE).await);
    assert_eq!(server.0.count(), 4);
    let newcomer = server.client(TWO).await;
    let answer = newcomer.asks("/").await;
    assert!(answer.ends_with("here"), "{answer}");
    let answer = oldest.hears().await;
    is(
        &answer,
        StatusCode::SERVICE_UNAVAILABLE,
        "took longest to come",
    );
    assert!(others.iter().all(|other| !other.task.is_finished()));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_silent_clients_keep_nobody_from_being_served() {
    let server = Server::small();
    let mut silent = Vec::new();
    for _ in 0..1_000 {
        silent.push(server.client(ONE).await);
        assert!(server.0.count() <= 4);
    }
    let begun = Instant::now();
    let answer = server.client(ONE).await.asks("/").await;
    assert!(answer.ends_with("here"), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(server.0.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_at_work_is_not_cut_and_the_newcomer_is_told_to_come_again() {
    let server = Server::small();
    let mut working = Vec::new();
    for address in [ONE, ONE, TWO] {
        let mut client = server.client(address).await;
        client.says("GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await;
        working.push(client);
    }
    let mut third = server.client(ONE).await;
    third.says("GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let full = StatusCode::SERVICE_UNAVAILABLE;
    let own = server.client(ONE).await.hears().await;
    is(&own, full, "all 3 connections that one address may have");
    let other = server.client(TWO).await.hears().await;
    is(&other, full, "all 4 connections of the API are in use");
    assert!(working.iter().all(|client| !client.task.is_finished()));
    // Its place is free once it is gone.
    drop(third);
    sleep(Duration::from_millis(1)).await;
    let answer = server.client(TWO).await.asks("/").await;
    assert!(answer.ends_with("here"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_of_an_answer_is_ended() {
    let server = Server::small();
    let mut client = server.client(ONE).await;
    client.says("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    sleep(Duration::from_secs(29)).await;
    assert_eq!(server.0.count(), 1);
    assert_eq!(server.0.held(), 1 << 20);
    sleep(Duration::from_secs(3)).await;
    assert_eq!((server.0.count(), server.0.held()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_a_while_and_then_closed_without_a_word() {
    let server = Server::small();
    let mut client = server.client(ONE).await;
    client.says("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    sleep(Duration::from_secs(70)).await;
    assert_eq!(server.0.count(), 1);
    let answer = client.hears().await;
    assert!(answer.ends_with("here"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn bodies_are_held_up_to_a_bound_and_who_comes_after_is_told_so() {
    let server = Server::new(Config {
        held: 100_000,
        ..Config::default()
    });
    let head = "POST /body HTTP/1.1\r\nhost: localhost\r\ncontent-length: 80000\r\n\r\n";
    let mut first = server.client(ONE).await;
    first.says(head).await;
    first.says(&"x".repeat(70_000)).await;
    assert_eq!(server.0.held(), 70_000);
    let mut second = server.client(TWO).await;
    second.says(head).await;
    second.says(&"x".repeat(40_000)).await;
    let crowded = StatusCode::SERVICE_UNAVAILABLE;
    is(&second.hears().await, crowded, "the most that is held");
    // It made room, so that the next attempt finds some.
    is(&first.hears().await, crowded, "took longest to come");
    assert_eq!(server.0.held(), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_half_sent_do_not_keep_the_server_from_stopping() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    let stopped = async { drop(stopping.await) };
    let answers = Duration::from_secs(1);
    let server = tokio::spawn(serve(Config::default(), socket, router(), stopped, answers));
    let mut half = Vec::new();
    for text in [
        "",
        "GET / HT",
        "POST /body HTTP/1.1\r\ncontent-length: 9\r\nhost: a\r\n\r\nab",
    ] {
        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        client.write_all(text.as_bytes()).await.unwrap();
        half.push(client);
    }
    stop.send(()).unwrap();
    let begun = Instant::now();
    server.await.unwrap();
    assert!(begun.elapsed() <= answers);
}
