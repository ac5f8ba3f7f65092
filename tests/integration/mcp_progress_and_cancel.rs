//! Calls that take long: news of them, and clients that go away. The controller here takes connections and is silent.

use std::time::Duration;

use audit::{Outcome, Phase};
use http_server::Settings;
use juju_client::{ControllerEndpoint, Credential, Secret};
use serde_json::{Value, json};
use tests::{
    TestServer,
    raw_http::{Request, Response},
    wait_until, with_growing_limit,
};
use tokio::{io::AsyncReadExt as _, net::TcpStream, task::AbortHandle, time::timeout};

/// A controller that accepts connections and sends nothing; the end of its task closes them.
async fn silent() -> (ControllerEndpoint, AbortHandle) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let task = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.push(stream);
        }
    });
    (endpoint(address), task.abort_handle())
}

fn endpoint(address: String) -> ControllerEndpoint {
    ControllerEndpoint {
        name: "silent".to_owned(),
        uuid: None,
        addresses: vec![address],
        ca_certificate: None,
        public_hostname: None,
        credential: Credential::Password { user: "admin".to_owned(), password: Secret::new("x") },
    }
}

/// A server before a silent controller, and what ends that.
pub(crate) async fn served() -> (tempfile::TempDir, TestServer, AbortHandle) {
    let folder = tempfile::tempdir().expect("a folder");
    let (endpoint, controller) = silent().await;
    let served = TestServer::start(folder.path(), vec![endpoint], Settings::default()).await;
    (folder, served, controller)
}

fn whoami(served: &TestServer, meta: &Value) -> Request {
    let call = json!({"name": "juju_whoami", "arguments": {}, "_meta": meta});
    Request::modern("/mcp/full", "tools/call", call).token(served.token("viewer"))
}

/// How the only act in the ledger ended, as soon as it has.
pub(crate) async fn end(served: &TestServer) -> Outcome {
    wait_until("the act has an end", async || {
        let records = served.ledger_records().await;
        let ends = records.iter().rev().find_map(|record| match &record.phase {
            Phase::Close(ending) => Some(ending.outcome),
            Phase::Open(_) => None,
        });
        ends.ok_or_else(|| format!("{records:?}"))
    })
    .await
}

pub(crate) async fn until_begun(served: &TestServer) {
    let begun = async || if served.ledger_records().await.is_empty() { Err("nothing".to_owned()) } else { Ok(()) };
    wait_until("the ledger has an entry", begun).await;
}

/// How long a stream may send nothing.
const READ_LIMIT: Duration = Duration::from_mins(1);

/// Reads a stream until it contains `part`; returns everything read.
pub(crate) async fn read_until(stream: &mut TcpStream, part: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(part) {
        let mut bytes = [0; 1024];
        let read =
            timeout(READ_LIMIT, stream.read(&mut bytes)).await.unwrap_or_else(|_| panic!("no {part} in: {seen}"));
        let read = read.expect("a part of the stream");
        assert!(read > 0, "the stream ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    seen
}

#[tokio::test]
async fn call_with_progress_token_gets_progress_notifications() {
    let (_folder, served, controller) = served().await;
    let mut stream = whoami(&served, &json!({"progressToken": "p1"})).open(served.address).await.expect("sent");
    let mut text = read_until(&mut stream, "notifications/progress").await;
    controller.abort();
    stream.read_to_string(&mut text).await.expect("the rest of the stream");
    let answer = Response::parse(&text).expect("HTTP");
    assert!(answer.header("content-type").starts_with("text/event-stream"), "{answer:?}");
    let events = answer.events();
    assert_eq!(events[0]["method"], "notifications/progress", "{events:?}");
    assert_eq!(events[0]["params"]["progressToken"], "p1");
    let last = events.last().expect("an answer");
    assert_eq!(last["result"]["isError"], true, "{last}");
    assert_eq!(end(&served).await, Outcome::Failed);
}

#[tokio::test]
async fn call_without_progress_token_gets_one_json_response() {
    let (_folder, served, controller) = served().await;
    let mut stream = whoami(&served, &json!({})).open(served.address).await.expect("sent");
    // longer than the time to the first progress notification
    tokio::time::sleep(Duration::from_millis(1500)).await;
    controller.abort();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    let answer = Response::parse(&text).expect("HTTP");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["result"]["isError"], true);
}

#[tokio::test]
async fn closed_connection_cancels_a_read() {
    let (_folder, served, _controller) = served().await;
    let stream = whoami(&served, &json!({})).open(served.address).await.expect("sent");
    until_begun(&served).await;
    drop(stream);
    assert_eq!(end(&served).await, Outcome::Cancelled);
    let counted = "juju_mcp_tool_calls_total{tool=\"juju_whoami\",outcome=\"cancelled\"} 1\n";
    assert!(served.metrics.text().contains(counted), "{}", served.metrics.text());
}

#[tokio::test]
async fn closed_stream_cancels_a_read() {
    let (_folder, served, _controller) = served().await;
    let mut stream = whoami(&served, &json!({"progressToken": 7})).open(served.address).await.expect("sent");
    read_until(&mut stream, "notifications/progress").await;
    drop(stream);
    assert_eq!(end(&served).await, Outcome::Cancelled);
}

#[tokio::test]
async fn cancelled_notification_of_older_client_cancels_a_read() {
    let (_folder, served, _controller) = served().await;
    let token = served.token("viewer");
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}});
    let opened = Request::rpc("/mcp/full", &hello).token(token).send(served.address).await.expect("sent");
    let session = opened.header("mcp-session-id");
    let say = |message: Value| Request::rpc("/mcp/full", &message).header("mcp-session-id", session).token(token);
    say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).send(served.address).await.expect("sent");
    let call = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "juju_whoami"}});
    let waiting = say(call).open(served.address).await.expect("sent");
    until_begun(&served).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}});
    assert_eq!(say(cancel).send(served.address).await.expect("sent").status, 202);
    assert_eq!(end(&served).await, Outcome::Cancelled);
    drop(waiting);
}

#[tokio::test]
async fn response_that_does_not_start_in_time_is_abandoned() {
    let ended = with_growing_limit("the act begins", async |response_timeout| {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { response_timeout, ..Settings::default() };
        let served = TestServer::start(folder.path(), vec![silent().await.0], settings).await;
        let answer = whoami(&served, &json!({})).send(served.address).await.expect("an answer");
        assert_eq!(answer.status, 504);
        assert!(answer.error_message().contains("check before you repeat it"), "{}", answer.body);
        if served.ledger_records().await.is_empty() { None } else { Some(end(&served).await) }
    })
    .await;
    assert_eq!(ended, Outcome::Cancelled);
}
