//! MCP over standard input and output. Nothing else may write to standard output.

use rmcp::{service::serve_server_with_ct, transport::io::stdio_pipes};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::Server;

/// Serves one client over this process's standard streams until it closes its end, or `stop` is cancelled.
///
/// # Errors
/// [`StdioFailed`] where the client never began a proper conversation, or the server's own task broke.
pub async fn stdio(server: Server, stop: CancellationToken) -> Result<(), StdioFailed> {
    let (reader, writer) = stdio_pipes();
    Box::pin(over(server, reader, writer, stop)).await
}

/// The same over any pair of streams, a message a line.
///
/// # Errors
/// As [`stdio`].
pub async fn over(
    server: Server,
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) -> Result<(), StdioFailed> {
    match serve_server_with_ct(server, (reader, writer), stop.clone()).await {
        Ok(running) => running.waiting().await.map(drop).map_err(|error| StdioFailed::Broke(error.to_string())),
        Err(_) if stop.is_cancelled() => Ok(()),
        Err(error) => Err(StdioFailed::NoClient(error.to_string())),
    }
}

/// Why a conversation over stdio failed.
#[derive(Debug, thiserror::Error)]
pub enum StdioFailed {
    /// No client that speaks MCP is at the other end.
    #[error("no MCP client is at the other end of standard input: start this program from one: {0}")]
    NoClient(String),
    /// Our own task ended badly.
    #[error("the conversation broke off: start the program again: {0}")]
    Broke(String),
}
