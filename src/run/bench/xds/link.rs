//! One connection with the streams of its proxies on it: one task, and HTTP/2 by hand.

use std::{
    convert::Infallible,
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use h2::{
    RecvStream, SendStream,
    client::{self, ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Response, StatusCode};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{Semaphore, watch},
};

use super::{
    board::Board,
    proxy::Proxy,
    wire::{Malformed, PREFIX},
};

/// Receive windows, in bytes: a first load does not wait for them.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// Loopback addresses that connections may come from, each with some 28,000 ports.
pub(super) const SOURCES: u8 = 250;

/// Where to connect, and how.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) server: SocketAddr,
    /// Loopback addresses to come from; 0 leaves it to the system.
    pub(super) sources: u8,
    /// Connections that are being opened at once: more than a server's queue holds would wait a
    /// second for the system to try again.
    pub(super) opening: Semaphore,
}

/// Why a stream was lost.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("connecting: {0}")]
    Connect(io::Error),
    #[error("HTTP/2: {0}")]
    Http(#[from] h2::Error),
    #[error("the server answered HTTP status {0}")]
    Status(StatusCode),
    #[error("the server ended the stream: {0}")]
    Ended(Grpc),
    #[error("the server closed the connection")]
    Closed,
    #[error("what the server sent is no discovery response: {0}")]
    Malformed(#[from] Malformed),
}

/// gRPC's word on how a stream ended.
#[derive(Debug, Default)]
pub(super) struct Grpc {
    code: String,
    message: String,
}

impl Grpc {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name| {
            let value = headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Some(Self {
            code: text("grpc-status")?,
            message: text("grpc-message").unwrap_or_default(),
        })
    }
}

impl fmt::Display for Grpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_str() {
            "" => f.write_str("without a status"),
            code => write!(f, "gRPC status {code} {}", self.message),
        }
    }
}

/// Runs `proxies` on connection `number` until `stop`, and gives them back.
pub(super) async fn run(
    number: usize,
    mut proxies: Vec<Proxy>,
    target: Arc<Target>,
    board: Arc<Board>,
    mut stop: watch::Receiver<bool>,
) -> Vec<Proxy> {
    let lost = {
        let serve = pin!(serve(number, &mut proxies, &target, &board));
        tokio::select! {
            Err(lost) = serve => Some(lost),
            _ = stop.wait_for(|stop| *stop) => None,
        }
    };
    if let Some(lost) = lost {
        board.lost(proxies.len(), lost.to_string());
    }
    proxies
}

async fn serve(
    number: usize,
    proxies: &mut [Proxy],
    target: &Target,
    board: &Board,
) -> Result<Infallible, Lost> {
    let socket = connect(number, target).await.map_err(Lost::Connect)?;
    let (mut requests, connection) = client::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .enable_push(false)
        .handshake::<_, Bytes>(socket)
        .await?;
    let mut connection = pin!(connection);
    let mut calls: Vec<Call> = Vec::with_capacity(proxies.len());
    std::future::poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(Err(ended.map_or_else(Lost::Http, |()| Lost::Closed)));
            }
            let mut busy = false;
            while calls.len() < proxies.len() && requests.poll_ready(cx)?.is_ready() {
                let call = Call::begin(&mut requests, &mut proxies[calls.len()], target, board)?;
                calls.push(call);
                busy = true;
            }
            for (call, proxy) in calls.iter_mut().zip(&mut *proxies) {
                busy |= call.poll(cx, proxy, board)?;
            }
            // What they wrote goes out with the next look at the connection.
            if !busy {
                return Poll::Pending;
            }
        }
    })
    .await
}

async fn connect(number: usize, target: &Target) -> io::Result<TcpStream> {
    // Closed only with the run.
    let _opening = target.opening.acquire().await.map_err(io::Error::other)?;
    let socket = match target.server {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if target.sources > 0 {
        let source = u8::try_from(number % usize::from(target.sources)).unwrap_or(0) + 1;
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, source));
        socket.bind(SocketAddr::new(address, 0))?;
    }
    let stream = socket.connect(target.server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The stream of one proxy.
#[derive(Debug)]
struct Call {
    send: SendStream<Bytes>,
    receive: Receive,
    /// The beginning of a response of which more is to come.
    unread: Vec<u8>,
}

#[derive(Debug)]
enum Receive {
    Head(ResponseFuture),
    Body(RecvStream),
}

impl Call {
    fn begin(
        requests: &mut SendRequest<Bytes>,
        proxy: &mut Proxy,
        target: &Target,
        board: &Board,
    ) -> Result<Self, Lost> {
        let uri = format!("http://{}{}", target.server, proxy.dialect().path());
        let request = Request::post(uri)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            // Made of an address and constants alone.
            .map_err(|error| Lost::Connect(io::Error::other(error)))?;
        let (head, mut send) = requests.send_request(request, false)?;
        let mut out = Vec::new();
        proxy.begin(&mut out);
        board.wrote(out.len());
        send.send_data(out.into(), false)?;
        Ok(Self {
            send,
            receive: Receive::Head(head),
            unread: Vec::new(),
        })
    }

    /// Takes what is there; whether there was anything.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        proxy: &mut Proxy,
        board: &Board,
    ) -> Result<bool, Lost> {
        let mut busy = false;
        loop {
            match &mut self.receive {
                Receive::Head(head) => match Future::poll(Pin::new(head), cx) {
                    Poll::Pending => return Ok(busy),
                    Poll::Ready(answer) => self.receive = Receive::Body(body(answer?)?),
                },
                Receive::Body(body) => {
                    let data = match body.poll_data(cx) {
                        Poll::Pending => return Ok(busy),
                        Poll::Ready(Some(data)) => data?,
                        Poll::Ready(None) => {
                            return match ended(body, cx) {
                                Poll::Pending => Ok(busy),
                                Poll::Ready(lost) => Err(lost),
                            };
                        }
                    };
                    body.flow_control().release_capacity(data.len())?;
                    board.read(data.len());
                    self.take(data, proxy, board)?;
                }
            }
            busy = true;
        }
    }

    /// Hands every response that is complete to `proxy`, and sends what it says.
    fn take(&mut self, mut data: Bytes, proxy: &mut Proxy, board: &Board) -> Result<(), Lost> {
        let mut out = Vec::new();
        if self.unread.is_empty() {
            while let Some(length) = length(&data).filter(|length| data.len() >= PREFIX + length) {
                data.advance(PREFIX);
                board.heard_by(proxy, &data.split_to(length), &mut out)?;
            }
        }
        self.unread.extend_from_slice(&data);
        let mut read = 0;
        while let Some(length) = length(&self.unread[read..])
            && let Some(message) = self.unread.get(read + PREFIX..read + PREFIX + length)
        {
            board.heard_by(proxy, message, &mut out)?;
            read += PREFIX + length;
        }
        if read == self.unread.len() {
            self.unread = Vec::new();
        } else {
            self.unread.drain(..read);
        }
        if !out.is_empty() {
            board.wrote(out.len());
            self.send.send_data(out.into(), false)?;
        }
        Ok(())
    }
}

impl Board {
    fn heard_by(&self, proxy: &mut Proxy, message: &[u8], out: &mut Vec<u8>) -> Result<(), Lost> {
        let step = proxy.hear(message, out)?;
        self.heard(step);
        Ok(())
    }
}

/// Length of the message that begins here.
fn length(data: &[u8]) -> Option<usize> {
    let [_, length @ ..] = data.first_chunk::<PREFIX>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

fn body(answer: Response<RecvStream>) -> Result<RecvStream, Lost> {
    if answer.status() != StatusCode::OK {
        return Err(Lost::Status(answer.status()));
    }
    match Grpc::read(answer.headers()) {
        Some(grpc) => Err(Lost::Ended(grpc)),
        None => Ok(answer.into_body()),
    }
}

fn ended(body: &mut RecvStream, cx: &mut Context<'_>) -> Poll<Lost> {
    Poll::Ready(match ready!(body.poll_trailers(cx)) {
        Err(error) => error.into(),
        Ok(trailers) => Lost::Ended(trailers.and_then(|it| Grpc::read(&it)).unwrap_or_default()),
    })
}
