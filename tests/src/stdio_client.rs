//! An MCP client that writes and reads lines, as over stdio, with its server in this process.

use std::time::Duration;

use mcp::{Server, StdioError};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::eventually::TEST_TIMEOUT;

/// One connection.
pub struct StdioClient {
    writer: WriteHalf<DuplexStream>,
    reader: BufReader<ReadHalf<DuplexStream>>,
    running: JoinHandle<Result<(), StdioError>>,
    /// Stops the server.
    pub stop: CancellationToken,
}

impl StdioClient {
    /// Connects to a server.
    #[must_use]
    pub fn with(server: Server) -> Self {
        Self::with_drain_timeout(server, Duration::from_secs(10))
    }

    /// Connects to a server that leaves calls this time when it stops.
    #[must_use]
    pub fn with_drain_timeout(server: Server, drain_timeout: Duration) -> Self {
        let (client_end, server_end) = tokio::io::duplex(1 << 20);
        let (reader, writer) = tokio::io::split(server_end);
        let stop = CancellationToken::new();
        let running = tokio::spawn(mcp::serve_stream(server, reader, writer, stop.clone(), drain_timeout));
        let (reader, writer) = tokio::io::split(client_end);
        Self { writer, reader: BufReader::new(reader), running, stop }
    }

    /// Sends a message.
    pub async fn send(&mut self, message: Value) {
        self.send_line(&message.to_string()).await;
    }

    /// Sends a line, whatever it holds.
    pub async fn send_line(&mut self, line: &str) {
        self.writer.write_all(format!("{line}\n").as_bytes()).await.expect("written");
    }

    /// The next message of the server.
    pub async fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = tokio::time::timeout(TEST_TIMEOUT, self.reader.read_line(&mut line)).await;
        read.expect("an answer in time").expect("a line");
        serde_json::from_str(&line).expect("each line is one message")
    }

    /// Sends a message and returns the next one of the server.
    pub async fn request(&mut self, message: Value) -> Value {
        self.send(message).await;
        self.receive().await
    }

    /// Sends `initialize`, as clients of the older versions do.
    pub async fn initialize(&mut self, version: &str, capabilities: &Value) -> Value {
        let response = self.request(initialize_request(version, capabilities)).await;
        self.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        response
    }

    /// Closes the input of the server, and goes on to read its output.
    pub async fn close_input(&mut self) {
        self.writer.shutdown().await.expect("closed");
    }

    /// Closes the connection and returns the result of the server.
    ///
    /// # Errors
    /// As [`mcp::serve_stream`].
    pub async fn disconnect(mut self) -> Result<(), StdioError> {
        self.writer.shutdown().await.expect("closed");
        self.wait_for_exit().await
    }

    /// Waits until the server has ended.
    ///
    /// # Errors
    /// As [`mcp::serve_stream`].
    pub async fn wait_for_exit(self) -> Result<(), StdioError> {
        tokio::time::timeout(TEST_TIMEOUT, self.running).await.expect("the server ends").expect("no panic")
    }
}

/// The `initialize` request of an older client.
#[must_use]
pub fn initialize_request(version: &str, capabilities: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "tests", "version": "1"}}})
}
