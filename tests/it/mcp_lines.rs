//! MCP as lines over a pair of streams, as stdio has it: both eras, and the end of a conversation.

use std::time::Duration;

use http_server::Settings;
use identity::Caller;
use mcp::{StdioFailed, Surface};
use serde_json::{Value, json};
use tests::Served;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

struct Client {
    writer: WriteHalf<DuplexStream>,
    reader: BufReader<ReadHalf<DuplexStream>>,
    running: JoinHandle<Result<(), StdioFailed>>,
    stop: CancellationToken,
    _served: Served,
    _folder: tempfile::TempDir,
}

impl Client {
    async fn new(surface: Surface) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let served = Served::start(folder.path(), Vec::new(), Settings::default()).await;
        let handler = served.server.clone().local(Caller::local("ana", "admin"), surface);
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (reader, writer) = tokio::io::split(theirs);
        let stop = CancellationToken::new();
        let running = tokio::spawn(mcp::over(handler, reader, writer, stop.clone()));
        let (reader, writer) = tokio::io::split(ours);
        Self { writer, reader: BufReader::new(reader), running, stop, _served: served, _folder: folder }
    }

    async fn say(&mut self, message: Value) {
        self.writer.write_all(format!("{message}\n").as_bytes()).await.expect("written");
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(10), self.reader.read_line(&mut line)).await;
        read.expect("an answer in time").expect("a line");
        serde_json::from_str(&line).expect("each line is one message")
    }

    /// Closes the client's end and gives how the server ended.
    async fn hang_up(mut self) -> Result<(), StdioFailed> {
        self.writer.shutdown().await.expect("closed");
        tokio::time::timeout(Duration::from_secs(10), self.running).await.expect("the server ends").expect("no panic")
    }
}

fn hello(version: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "journey", "version": "1"}}})
}

#[tokio::test]
async fn an_older_client_is_greeted_and_served_until_it_hangs_up() {
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut client = Client::new(Surface::curated()).await;
        let greeted = client.ask(hello(version)).await;
        assert_eq!(greeted["result"]["protocolVersion"], version, "{greeted}");
        client.say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        let list = client.ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await;
        assert!(list["result"]["tools"].as_array().is_some_and(|tools| tools.len() >= 3), "{list}");
        client.hang_up().await.expect("a good end");
    }
}

#[tokio::test]
async fn a_client_of_today_needs_no_greeting() {
    let mut client = Client::new(Surface::full().read_only()).await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}});
    let found =
        client.ask(json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}})).await;
    assert!(found["result"]["instructions"].as_str().is_some_and(|text| text.contains("Nothing can be changed")));
    let list = client.ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}})).await;
    for tool in list["result"]["tools"].as_array().expect("tools") {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    client.hang_up().await.expect("a good end");
}

#[tokio::test]
async fn a_stop_ends_the_conversation() {
    let mut client = Client::new(Surface::curated()).await;
    client.ask(hello("2025-11-25")).await;
    client.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), client.running).await.expect("the server ends");
    ended.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn who_does_not_speak_the_protocol_is_told_so() {
    let client = Client::new(Surface::curated()).await;
    let failed = client.hang_up().await.expect_err("nobody spoke");
    assert!(failed.to_string().contains("no MCP client"), "{failed}");
}
