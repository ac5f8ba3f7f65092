//! Sessions of older clients: their answers, what ends with them, and the stop of a server with calls in progress.

use audit::Outcome;
use serde_json::{Value, json};
use tests::{
    TEST_TIMEOUT, TestServer,
    raw_http::{Request, Response},
    wait_until,
};
use tokio::io::AsyncReadExt as _;

use crate::mcp_progress_and_cancel::{end, read_until, served, until_begun};

const CALL_ID: i64 = 5;

/// The session of an older client.
struct OlderClient<'server> {
    served: &'server TestServer,
    session: String,
}

impl<'server> OlderClient<'server> {
    async fn connect(served: &'server TestServer) -> Self {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "older", "version": "1"}}});
        let request = Request::rpc("/mcp/full", &hello).token(served.token("viewer"));
        let opened = request.send(served.address).await.expect("sent");
        assert_eq!(opened.header("content-type"), "application/json", "{opened:?}");
        Self { served, session: opened.header("mcp-session-id").to_owned() }
    }

    fn message(&self, message: &Value) -> Request {
        Request::rpc("/mcp/full", message).header("mcp-session-id", &self.session).token(self.served.token("viewer"))
    }

    fn method(&self, method: &str) -> Request {
        Request::new(method, "/mcp/full")
            .header("accept", "text/event-stream")
            .header("mcp-session-id", &self.session)
            .token(self.served.token("viewer"))
    }

    async fn send(&self, request: Request) -> Response {
        request.send(self.served.address).await.expect("sent")
    }

    /// A read that the silent controller does not answer.
    fn waiting_read(&self, meta: &Value) -> Request {
        self.message(&json!({"jsonrpc": "2.0", "id": CALL_ID, "method": "tools/call", "params": {
            "name": "juju_whoami", "_meta": meta}}))
    }
}

/// The value of a gauge.
fn gauge(served: &TestServer, name: &str) -> String {
    let text = served.metrics.text();
    let prefix = format!("juju_mcp_{name} ");
    text.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
}

async fn until_gauge(served: &TestServer, name: &str, expected: &str) {
    let check = async || match gauge(served, name) {
        value if value == expected => Ok(()),
        value => Err(value),
    };
    wait_until("the gauge has its value", check).await;
}

#[tokio::test]
async fn older_client_gets_each_result_as_one_json_message() {
    let (_folder, served, _controller) = served().await;
    let client = OlderClient::connect(&served).await;
    let lists = [
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": "x", "method": "ping"}),
    ];
    for message in lists {
        let answer = client.send(client.message(&message)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{answer:?}");
        assert_eq!(answer.json()["id"], message["id"], "{answer:?}");
    }
}

#[tokio::test]
async fn client_name_of_the_session_is_in_the_ledger() {
    let (_folder, served, controller) = served().await;
    let client = OlderClient::connect(&served).await;
    controller.abort();
    client.send(client.waiting_read(&json!({}))).await;
    let ledger = serde_json::to_value(served.ledger_records().await).expect("records");
    assert_eq!(ledger[0]["client"], "older/1", "{ledger}");
}

#[tokio::test]
async fn end_of_a_session_cancels_its_reads() {
    let (_folder, served, _controller) = served().await;
    let client = OlderClient::connect(&served).await;
    assert_eq!(gauge(&served, "sessions"), "1");
    let mut waiting = client.waiting_read(&json!({})).open(served.address).await.expect("sent");
    until_begun(&served).await;
    assert_eq!(gauge(&served, "calls_in_progress"), "1");
    assert_eq!(client.send(client.method("DELETE")).await.status, 202);
    assert_eq!(end(&served).await, Outcome::Cancelled);
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.contains("cancelled"), "{answer}");
    assert_eq!(client.send(client.waiting_read(&json!({}))).await.status, 404, "the session has ended");
    assert_eq!((gauge(&served, "sessions"), gauge(&served, "calls_in_progress")), ("0".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn disconnect_of_an_older_client_cancels_its_read() {
    let (_folder, served, _controller) = served().await;
    let client = OlderClient::connect(&served).await;
    let waiting = client.waiting_read(&json!({})).open(served.address).await.expect("sent");
    until_begun(&served).await;
    drop(waiting);
    assert_eq!(end(&served).await, Outcome::Cancelled);
    until_gauge(&served, "calls_in_progress", "0").await;
}

#[tokio::test]
async fn client_that_resumes_a_broken_stream_gets_the_end_of_its_request() {
    let (_folder, served, _controller) = served().await;
    let client = OlderClient::connect(&served).await;
    let request = client.waiting_read(&json!({"progressToken": 1}));
    let mut stream = request.open(served.address).await.expect("sent");
    let text = read_until(&mut stream, "notifications/progress").await;
    assert_eq!(gauge(&served, "event_streams"), "1");
    drop(stream);
    assert_eq!(end(&served).await, Outcome::Cancelled);
    let event = text.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id");
    let answer = client.send(client.method("GET").header("last-event-id", event.trim())).await;
    let events = answer.events();
    assert_eq!((answer.status, events.len()), (200, 1), "{answer:?}");
    assert_eq!(events[0]["id"], CALL_ID, "{answer:?}");
    assert!(
        events[0]["error"]["message"].as_str().is_some_and(|text| text.contains("may have been executed")),
        "{answer:?}"
    );
    until_gauge(&served, "event_streams", "0").await;
}

#[tokio::test]
async fn session_has_one_stream_which_ends_with_it() {
    let (_folder, served, _controller) = served().await;
    let client = OlderClient::connect(&served).await;
    let open = async || client.method("GET").open(served.address).await.expect("sent");
    let mut first = open().await;
    read_until(&mut first, "text/event-stream").await;
    let mut second = open().await;
    first.read_to_end(&mut Vec::new()).await.expect("the earlier stream ends");
    until_gauge(&served, "event_streams", "1").await;
    assert_eq!(client.send(client.method("DELETE")).await.status, 202);
    second.read_to_end(&mut Vec::new()).await.expect("the stream ends with its session");
    until_gauge(&served, "event_streams", "0").await;
    assert_eq!(client.send(client.method("GET")).await.status, 404, "the session has ended");
}

#[tokio::test]
async fn stop_answers_reads_in_progress_as_json_and_in_streams() {
    let (_folder, served, _controller) = served().await;
    let client = OlderClient::connect(&served).await;
    let mut plain = client.waiting_read(&json!({})).open(served.address).await.expect("sent");
    let streaming = json!({"jsonrpc": "2.0", "id": 6, "method": "tools/call", "params": {
        "name": "juju_whoami", "_meta": {"progressToken": 1}}});
    let mut stream = client.message(&streaming).open(served.address).await.expect("sent");
    let mut streamed = read_until(&mut stream, "notifications/progress").await;
    until_gauge(&served, "calls_in_progress", "2").await;
    served.stop();
    let mut answered = String::new();
    let both = async {
        stream.read_to_string(&mut streamed).await.expect("in good order");
        plain.read_to_string(&mut answered).await.expect("in good order");
    };
    tokio::time::timeout(TEST_TIMEOUT, both).await.expect("the calls end");
    for (text, id) in [(&streamed, 6), (&answered, CALL_ID)] {
        let answer = Response::parse(text).expect("HTTP").json();
        assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(id), &json!(true)), "{text}");
        assert_eq!(answer["result"]["_meta"]["juju-mcp/code"], "server_stopping", "{text}");
    }
    let address = served.address;
    wait_until("a stopped server takes no more requests", async || match client.method("GET").send(address).await {
        Err(_) => Ok(()),
        Ok(answer) => Err(answer.body),
    })
    .await;
}
