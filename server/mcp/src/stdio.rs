//! MCP over standard input and output. Nothing else may write to standard output.

use rmcp::{service::serve_server_with_ct, transport::io::stdio_pipes};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{Server, lines::Lines};

/// Serves one client over the standard streams of this process until the client closes its end or `stop` is cancelled.
///
/// # Errors
/// [`StdioError`] if the client never starts a valid session, or a task of the server panics.
pub async fn serve_stdio(server: Server, stop: CancellationToken) -> Result<(), StdioError> {
    let (reader, writer) = stdio_pipes();
    Box::pin(serve_stream(server, reader, writer, stop)).await
}

/// Serves one client over any pair of streams, one message a line.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve_stream(
    server: Server,
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) -> Result<(), StdioError> {
    match serve_server_with_ct(server, Lines::new(reader, writer), stop.clone()).await {
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
