//! An MCP client that says and hears lines, as over stdio, with its server in this process.

use mcp::{Server, StdioFailed};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::eventually::TEST_TIMEOUT;

/// One conversation.
pub struct StdioClient {
    writer: WriteHalf<DuplexStream>,
    reader: BufReader<ReadHalf<DuplexStream>>,
    running: JoinHandle<Result<(), StdioFailed>>,
    /// Stops the server.
    pub stop: CancellationToken,
}

impl StdioClient {
    /// Begins a conversation with a server.
    #[must_use]
    pub fn with(server: Server) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (reader, writer) = tokio::io::split(theirs);
        let stop = CancellationToken::new();
        let running = tokio::spawn(mcp::over(server, reader, writer, stop.clone()));
        let (reader, writer) = tokio::io::split(ours);
        Self { writer, reader: BufReader::new(reader), running, stop }
    }

    /// Says a message.
    pub async fn send(&mut self, message: Value) {
        self.writer.write_all(format!("{message}\n").as_bytes()).await.expect("written");
    }

    /// The next message of the server.
    pub async fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = tokio::time::timeout(TEST_TIMEOUT, self.reader.read_line(&mut line)).await;
        read.expect("an answer in time").expect("a line");
        serde_json::from_str(&line).expect("each line is one message")
    }

    /// Says a message and gives the next one of the server.
    pub async fn request(&mut self, message: Value) -> Value {
        self.send(message).await;
        self.receive().await
    }

    /// Greets as an older client does, with what it can do.
    pub async fn initialize(&mut self, version: &str, capabilities: &Value) -> Value {
        let greeted = self.request(hello(version, capabilities)).await;
        self.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        greeted
    }

    /// Closes the client's end and gives how the server ended.
    ///
    /// # Errors
    /// As [`mcp::over`].
    pub async fn disconnect(mut self) -> Result<(), StdioFailed> {
        self.writer.shutdown().await.expect("closed");
        self.wait_for_exit().await
    }

    /// Waits for the server's end.
    ///
    /// # Errors
    /// As [`mcp::over`].
    pub async fn wait_for_exit(self) -> Result<(), StdioFailed> {
        tokio::time::timeout(TEST_TIMEOUT, self.running).await.expect("the server ends").expect("no panic")
    }
}

/// What an older client says first.
#[must_use]
pub fn hello(version: &str, capabilities: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "journey", "version": "1"}}})
}
