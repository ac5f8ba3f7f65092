//! MCP as lines over a pair of streams, as stdio has it: both eras, and the end of a conversation.

use std::time::Duration;

use audit::Outcome;
use dispatch::ApprovalSettings;
use http_server::Settings;
use identity::Caller;
use mcp::Endpoint;
use policy::Policy;
use serde_json::json;
use tests::{
    StdioClient, TestServer, approval_fixture::ApprovalFixture, eventually::wait_until,
    stdio_client::initialize_request,
};

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

/// A client of a simulated shop, and a call of it that changes something.
async fn client_with_write_in_flight(drain_timeout: Duration, delay: u64) -> (ApprovalFixture, StdioClient) {
    let shop = ApprovalFixture::start(false, ApprovalSettings::default()).await;
    shop.served.dispatcher.policy.replace(Policy::without_rules().expect("the policy"));
    let server = shop.served.server.clone().local(Caller::local("ana", "admin"), Endpoint::full());
    let mut client = StdioClient::with_drain_timeout(server, drain_timeout);
    client.initialize("2025-11-25", &json!({})).await;
    // connected before the delay
    let status = json!({"name": "juju_status", "arguments": {"model": "shop"}});
    client.request(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": status})).await;
    shop.simulator.inject(format!("delay {delay}").parse().expect("a fault")).await.expect("injected");
    let arguments = json!({"model": "shop", "application": "web", "constraints": "mem=2G"});
    let change = json!({"name": "juju_set_constraints", "arguments": arguments});
    client.send(json!({"jsonrpc": "2.0", "id": "the-write", "method": "tools/call", "params": change})).await;
    let store = shop.served.dispatcher.ledger.store();
    // the entry of the read before may still be open
    wait_until("the write is in flight", async || {
        let open = store.ledger_unclosed().await.expect("readable");
        let is_write = open.iter().any(|row| row.body.contains("juju_set_constraints"));
        if is_write { Ok(()) } else { Err(format!("{} other entries are open", open.len())) }
    })
    .await;
    (shop, client)
}

#[tokio::test]
async fn write_in_flight_at_a_stop_ends_and_is_answered() {
    for end in ["signal", "closed input"] {
        let (shop, mut client) = client_with_write_in_flight(Duration::from_secs(10), 300).await;
        match end {
            "signal" => client.stop.cancel(),
            _ => client.close_input().await,
        }
        let answer = client.receive().await;
        assert_eq!(
            (&answer["id"], &answer["result"]["isError"]),
            (&json!("the-write"), &json!(false)),
            "{end}: {answer}"
        );
        client.wait_for_exit().await.expect("a good end");
        let sent = shop.simulator.writes().get("Application.SetConstraints").copied();
        assert_eq!((sent, shop.last_close().await.0), (Some(1), Outcome::Done), "{end}");
    }
}

#[tokio::test]
async fn write_beyond_the_drain_timeout_is_answered_and_recorded_as_unknown() {
    let (shop, mut client) = client_with_write_in_flight(Duration::from_millis(1_200), 60_000).await;
    client.stop.cancel();
    let answer = client.receive().await;
    assert_eq!(answer["id"], "the-write");
    assert_eq!(answer["result"]["_meta"]["juju-mcp/code"], "outcome_unknown", "{answer}");
    client.wait_for_exit().await.expect("a good end");
    assert_eq!(shop.served.dispatcher.writes.finish(Duration::ZERO).await, 1);
    assert_eq!(shop.last_close().await.0, Outcome::Unknown);
}
