//! MCP over standard input and output. Nothing else may write to standard output.

use std::time::Duration;

use rmcp::{service::serve_server_with_ct, transport::io::stdio_pipes};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{Server, lines::Lines, services::Stopping};

/// Serves one client over the standard streams of this process until the client closes its end or `stop` is cancelled. Calls in
/// progress end within `drain_timeout` after that.
///
/// # Errors
/// [`StdioError`] if the client never starts a valid session, or a task of the server panics.
pub async fn serve_stdio(server: Server, stop: CancellationToken, drain_timeout: Duration) -> Result<(), StdioError> {
    let (reader, writer) = stdio_pipes();
    Box::pin(serve_stream(server, reader, writer, stop, drain_timeout)).await
}

/// Serves one client over any pair of streams, one message a line.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve_stream(
    mut server: Server,
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
    drain_timeout: Duration,
) -> Result<(), StdioError> {
    let stopping = Stopping { stop: stop.clone(), drain_timeout };
    server.services.stopping = stopping.clone();
    // rmcp would cancel the calls in progress at once, and report that their client did so: the end of the lines ends it instead
    let end = CancellationToken::new();
    match serve_server_with_ct(server, Lines::new(reader, writer, stopping), end).await {
        Ok(running) => running.waiting().await.map(drop).map_err(|error| StdioError::Broken(error.to_string())),
        Err(_) if stop.is_cancelled() => Ok(()),
        Err(error) => Err(StdioError::NoClient(error.to_string())),
    }
}

/// Why a session over stdio failed.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// No MCP client is at the other end.
    #[error("no MCP client is at the other end of standard input: start this program from one: {0}")]
    NoClient(String),
    /// A task of the server ended unexpectedly.
    #[error("the session ended unexpectedly: start the program again: {0}")]
    Broken(String),
}
