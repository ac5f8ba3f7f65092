//! A connection with deadlines: for its first bytes, and for writes without progress.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

/// The first bytes of an HTTP/2 connection (RFC 9113, section 3.4). The server waits for them, or for the first byte that
/// differs, before any deadline of a protocol starts.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that fails with [`io::ErrorKind::TimedOut`] if the peer does not send the beginning of a request in time, or does not
/// accept any byte of a response for too long.
pub(crate) struct GuardedStream<S> {
    inner: S,
    /// Bytes of the preface that were received; `None` after the protocol is known.
    preface: Option<usize>,
    preface_deadline: Pin<Box<Sleep>>,
    write_timeout: Duration,
    /// Ends a write that waits for the peer; `None` while no write waits.
    write_deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> GuardedStream<S> {
    /// Guards a stream from now on.
    pub(crate) fn new(inner: S, read_timeout: Duration, write_timeout: Duration) -> Self {
        let preface_deadline = Box::pin(tokio::time::sleep(read_timeout));
        Self { inner, preface: Some(0), preface_deadline, write_timeout, write_deadline: None }
    }

    /// Passes the result of a write on, and fails a write that has waited too long.
    fn guard_write<T>(&mut self, result: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_deadline = None;
            return result;
        }
        let until = Instant::now() + self.write_timeout;
        let deadline = self.write_deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(timed_out("the peer accepted no data in time")))
    }
}

fn timed_out(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, problem)
}

impl<S: AsyncRead + Unpin> AsyncRead for GuardedStream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.inner).poll_read(context, buffer);
        let Some(received) = this.preface else { return result };
        let new = &buffer.filled()[before..];
        let expected = &HTTP2_PREFACE[received..];
        let matching = expected.iter().zip(new).take_while(|(expected, byte)| expected == byte).count();
        if matching < new.len() || matching == expected.len() {
            this.preface = None;
            return result;
        }
        this.preface = Some(received + matching);
        if result.is_pending() && this.preface_deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(timed_out("the peer did not begin a request in time")));
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GuardedStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.guard_write(result, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(context, buffers);
        this.guard_write(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_flush(context);
        this.guard_write(result, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_shutdown(context);
        this.guard_write(result, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn silent_peer_is_disconnected_at_each_byte_of_the_preface() {
        for length in 0..HTTP2_PREFACE.len() {
            let (mut peer, stream) = duplex(64);
            let mut stream = GuardedStream::new(stream, SECOND, SECOND);
            peer.write_all(&HTTP2_PREFACE[..length]).await.expect("sent");
            let mut received = Vec::new();
            let error = stream.read_to_end(&mut received).await.expect_err("a deadline");
            assert_eq!((error.kind(), received.len()), (io::ErrorKind::TimedOut, length));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn peer_with_a_known_protocol_may_wait() {
        for beginning in [HTTP2_PREFACE, b"G", b"POST / HTTP/1.1\r\n"] {
            let (mut peer, stream) = duplex(64);
            let mut stream = GuardedStream::new(stream, SECOND, SECOND);
            peer.write_all(beginning).await.expect("sent");
            let mut received = vec![0; beginning.len()];
            stream.read_exact(&mut received).await.expect("received");
            assert!(tokio::time::timeout(10 * SECOND, stream.read_u8()).await.is_err(), "{beginning:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn write_fails_only_after_a_time_without_progress() {
        let (mut peer, stream) = duplex(64);
        let mut stream = GuardedStream::new(stream, SECOND, SECOND);
        let reader = async {
            for _ in 0..10 {
                tokio::time::sleep(SECOND / 2).await;
                peer.read_exact(&mut [0; 64]).await.expect("progress");
            }
            std::future::pending::<()>().await;
        };
        let error = tokio::select! {
            written = stream.write_all(&[0; 64 * 20]) => written.expect_err("a deadline"),
            () = reader => unreachable!("the reader never ends"),
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
