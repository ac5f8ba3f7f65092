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
    time::Sleep,
};

/// The first bytes of an HTTP/2 connection (RFC 9113, section 3.4). The server waits for them, or for the first byte that
/// differs, before any deadline of a protocol starts.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a peer has to accept within each write timeout while the server waits for it: a few bytes at a time would hold a large
/// response in memory for hours.
const MIN_PROGRESS_BYTES: usize = 16 * 1024;

/// A stream that fails with [`io::ErrorKind::TimedOut`] if the peer does not send the beginning of a request in time, or accepts
/// a response too slowly.
pub(crate) struct GuardedStream<S> {
    inner: S,
    /// Bytes of the preface that were received; `None` after the protocol is known.
    preface: Option<usize>,
    preface_deadline: Pin<Box<Sleep>>,
    write_timeout: Duration,
    /// A response that waits for the peer; `None` while none waits.
    waiting: Option<WaitingWrite>,
}

struct WaitingWrite {
    deadline: Pin<Box<Sleep>>,
    /// Bytes that the peer has accepted since it had to be waited for.
    accepted: usize,
}

impl<S> GuardedStream<S> {
    /// Guards a stream from now on.
    pub(crate) fn new(inner: S, read_timeout: Duration, write_timeout: Duration) -> Self {
        let preface_deadline = Box::pin(tokio::time::sleep(read_timeout));
        Self { inner, preface: Some(0), preface_deadline, write_timeout, waiting: None }
    }

    /// Passes the result of a write of `offered` bytes on, and fails a write that has waited too long. `accepted` returns the number of
    /// bytes in a result.
    fn guard_write<T>(
        &mut self,
        result: Poll<io::Result<T>>,
        context: &mut Context<'_>,
        offered: usize,
        accepted: impl Fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match &result {
            Poll::Ready(Ok(value)) => {
                let bytes = accepted(value);
                if let Some(waiting) = &mut self.waiting {
                    waiting.accepted += bytes;
                    if bytes >= offered || waiting.accepted >= MIN_PROGRESS_BYTES {
                        self.waiting = None;
                    }
                }
                return result;
            }
            Poll::Ready(Err(_)) => return result,
            Poll::Pending => {}
        }
        let timeout = self.write_timeout;
        let start = || WaitingWrite { deadline: Box::pin(tokio::time::sleep(timeout)), accepted: 0 };
        ready!(self.waiting.get_or_insert_with(start).deadline.as_mut().poll(context));
        Poll::Ready(Err(timed_out("the peer accepted too little data in time")))
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
        this.guard_write(result, context, bytes.len(), |accepted| *accepted)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(context, buffers);
        let offered = buffers.iter().map(|buffer| buffer.len()).sum();
        this.guard_write(result, context, offered, |accepted| *accepted)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_flush(context);
        this.guard_write(result, context, 0, |()| 0)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_shutdown(context);
        this.guard_write(result, context, 0, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use tokio::time::Instant;

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

    /// The end of a write of 40 parts to a peer that accepts one part each half second, for so many parts.
    async fn write_to_peer(part: usize, parts: usize) -> io::Error {
        let (mut peer, stream) = duplex(part);
        let mut stream = GuardedStream::new(stream, SECOND, SECOND);
        let reader = async {
            let mut received = vec![0; part];
            for _ in 0..parts {
                tokio::time::sleep(SECOND / 2).await;
                peer.read_exact(&mut received).await.expect("progress");
            }
            std::future::pending::<()>().await;
        };
        let bytes = vec![0; 40 * part];
        tokio::select! {
            written = stream.write_all(&bytes) => written.expect_err("a deadline"),
            () = reader => unreachable!("the reader never ends"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn write_fails_only_after_a_time_without_enough_progress() {
        let start = Instant::now();
        assert_eq!(write_to_peer(MIN_PROGRESS_BYTES, 20).await.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= 10 * SECOND, "{:?}", start.elapsed());
        let start = Instant::now();
        assert_eq!(write_to_peer(64, 40).await.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() <= 2 * SECOND, "{:?}", start.elapsed());
    }
}
