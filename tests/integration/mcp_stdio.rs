//! MCP as lines over a pair of streams, as stdio has it: both eras, and the end of a conversation.

use http_server::Settings;
use identity::Caller;
use mcp::Endpoint;
use serde_json::json;
use tests::{StdioClient, TestServer, stdio_client::initialize_request};

/// A client, and what has to live as long.
struct Client {
    lines: StdioClient,
    _served: TestServer,
    _folder: tempfile::TempDir,
}

impl Client {
    async fn new(endpoint: Endpoint) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let served = TestServer::start(folder.path(), Vec::new(), Settings::default()).await;
        let lines = StdioClient::with(served.server.clone().local(Caller::local("ana", "admin"), endpoint));
        Self { lines, _served: served, _folder: folder }
    }
}

#[tokio::test]
async fn older_client_is_served_until_it_disconnects() {
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut client = Client::new(Endpoint::curated()).await;
        let greeted = client.lines.initialize(version, &json!({})).await;
        assert_eq!(greeted["result"]["protocolVersion"], version, "{greeted}");
        let list = client.lines.request(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await;
        assert!(list["result"]["tools"].as_array().is_some_and(|tools| tools.len() >= 3), "{list}");
        client.lines.disconnect().await.expect("a good end");
    }
}

#[tokio::test]
async fn modern_client_is_served_without_initialize() {
    let mut client = Client::new(Endpoint::full().read_only()).await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}});
    let found = client
        .lines
        .request(json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}))
        .await;
    assert!(found["result"]["instructions"].as_str().is_some_and(|text| text.contains("Nothing can be changed")));
    let list = client
        .lines
        .request(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}}))
        .await;
    for tool in list["result"]["tools"].as_array().expect("tools") {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    client.lines.disconnect().await.expect("a good end");
}

#[tokio::test]
async fn stop_signal_ends_the_session() {
    let mut client = Client::new(Endpoint::curated()).await;
    client.lines.request(initialize_request("2025-11-25", &json!({}))).await;
    client.lines.stop.cancel();
    client.lines.wait_for_exit().await.expect("a good end");
}

#[tokio::test]
async fn session_without_mcp_client_fails_with_a_reason() {
    let client = Client::new(Endpoint::curated()).await;
    let failed = client.lines.disconnect().await.expect_err("no client connected");
    assert!(failed.to_string().contains("no MCP client"), "{failed}");
}
