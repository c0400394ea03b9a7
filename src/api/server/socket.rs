//! A client's socket, as long as the client keeps its time: its request's head has to end, a request
//! has to come, and answers have to be taken.
//!
//! Absent on purpose: how long a body takes (`body`), which is told within the answer.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    connections::{Connection, Phase},
    refusal::Met,
};

/// A socket with clocks.
#[derive(Debug)]
pub(super) struct Socket<S> {
    inner: S,
    connection: Arc<Connection>,
    head: Head,
    read: Clock,
    write: Clock,
}

/// How much of a request's line and headers has come.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    lines: usize,
    /// The line that is being read has something in it.
    begun: bool,
    ended: bool,
}

impl Head {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.ended {
                return;
            }
            self.bytes += 1;
            match byte {
                b'\n' if self.begun => {
                    self.lines += 1;
                    self.begun = false;
                }
                // Blank lines before a request are passed over, as HTTP has it.
                b'\n' => self.ended = self.lines > 0,
                b'\r' => {}
                _ => self.begun = true,
            }
        }
    }
}

/// Wakes its task at a time.
#[derive(Debug, Default)]
struct Clock(Option<Pin<Box<Sleep>>>);

impl Clock {
    /// Ready once `at` has come.
    fn poll(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(cx)
    }
}

impl<S> Socket<S> {
    pub(super) fn new(inner: S, connection: Arc<Connection>) -> Self {
        Self {
            inner,
            connection,
            head: Head::default(),
            read: Clock::default(),
            write: Clock::default(),
        }
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    /// Looks at what came in.
    fn received(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (phase, _) = self.connection.phase();
        match phase {
            Phase::New | Phase::Idle => {
                self.head = Head::default();
                self.connection.enters(Phase::Head);
            }
            Phase::Head => {}
            Phase::Body | Phase::Answer => return Ok(()),
        }
        self.head.take(bytes);
        let config = self.connection.config();
        if self.head.bytes > config.head_bytes {
            return Err(self.ends(Met::HeadBytes(config.head_bytes)));
        }
        // The first line is the request's own.
        if self.head.lines > config.head_fields + 1 {
            return Err(self.ends(Met::HeadFields(config.head_fields)));
        }
        Ok(())
    }

    /// Until when something has to come; none: it is not the client's turn, or another counts.
    fn due(&self) -> Option<(Instant, Met)> {
        let config = self.connection.config();
        let (phase, since) = self.connection.phase();
        match phase {
            Phase::New | Phase::Head => Some((since + config.head, Met::Head(config.head))),
            Phase::Idle => Some((since + config.idle, Met::Idle)),
            Phase::Body | Phase::Answer => None,
        }
    }

    fn ends(&self, limit: Met) -> io::Error {
        self.connection.meets(limit);
        io::Error::new(io::ErrorKind::TimedOut, "the client met a limit")
    }

    /// What a write came to, or that the client takes nothing.
    fn written<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let since = self.connection.stuck(polled.is_pending());
        if polled.is_pending() {
            let at = since + self.connection.config().write;
            ready!(self.write.poll(cx, at));
            return Poll::Ready(Err(self.ends(Met::Write)));
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut this.inner).poll_read(cx, buffer) {
            result?;
            let new = buffer.filled().get(before..).unwrap_or_default();
            if !new.is_empty() {
                this.received(new)?;
            }
            return Poll::Ready(Ok(()));
        }
        let Some((at, limit)) = this.due() else {
            return Poll::Pending;
        };
        ready!(this.read.poll(cx, at));
        Poll::Ready(Err(this.ends(limit)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.written(cx, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_flush(cx);
        this.written(cx, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.written(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_its_blank_line_and_not_before() {
        for (text, bytes, lines, ended) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\nbody\n\n", 27, 2, true),
            ("GET / HTTP/1.1\nhost: a\n\nbody", 24, 2, true),
            ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", 22, 1, true),
            ("GET / HTTP/1.1\r\nhost: a\r\n", 25, 2, false),
            ("GET / HT", 8, 0, false),
        ] {
            let mut head = Head::default();
            // As it comes from a client that drips.
            text.as_bytes().chunks(3).for_each(|part| head.take(part));
            let found = (head.bytes, head.lines, head.ended);
            assert_eq!(found, (bytes, lines, ended), "{text:?}");
        }
    }
}
