//! Requests at the edge of the protocol, as clients send them: types of response, paths, origins, large bodies, bad messages.

use http_server::Settings;
use identity::Caller;
use mcp::Endpoint;
use serde_json::{Value, json};
use tests::{
    StdioClient, TestServer,
    raw_http::{Request, Response},
};

async fn start(settings: Settings) -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let served = TestServer::start(folder.path(), Vec::new(), settings).await;
    (folder, served)
}

fn hello() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}})
}

/// The JSON-RPC message of a response of this type.
fn message(response: &Response, kind: &str) -> Value {
    assert!(response.header("content-type").starts_with(kind), "{kind}: {} {}", response.status, response.body);
    let text = match kind {
        "application/json" => response.body.as_str(),
        _ => response.body.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event"),
    };
    serde_json::from_str(text).expect("a message")
}

#[tokio::test]
async fn response_has_a_type_that_the_client_accepts() {
    let (_folder, served) = start(Settings::default()).await;
    let token = served.token("viewer");
    let call = json!({"name": "juju_controllers", "arguments": {}});
    let requests = [
        Request::rpc("/mcp", &hello()),
        Request::modern("/mcp", "tools/list", json!({})),
        Request::modern("/mcp/full", "tools/call", call),
    ];
    for request in requests.map(|request| request.token(token)) {
        for (accept, kind) in [
            ("application/json, text/event-stream", "application/json"),
            ("*/*", "application/json"),
            ("application/*", "application/json"),
            ("application/json", "application/json"),
            ("text/event-stream", "text/event-stream"),
            ("text/*;q=0.5", "text/event-stream"),
        ] {
            let answer = request.clone().header("accept", accept).send(served.address).await.expect("an answer");
            assert_eq!(answer.status, 200, "{accept}: {}", answer.body);
            assert!(message(&answer, kind)["result"].is_object(), "{accept}: {}", answer.body);
        }
        let answer = request.clone().without_header("accept").send(served.address).await.expect("an answer");
        assert_eq!(answer.status, 200, "no Accept: {}", answer.body);
        let answer = request.header("accept", "text/html").send(served.address).await.expect("an answer");
        assert_eq!(answer.status, 406);
        assert!(answer.error_message().contains("accepts neither type"), "{}", answer.body);
    }
}

#[tokio::test]
async fn endpoints_are_served_with_a_slash_at_the_end_too() {
    let (_folder, served) = start(Settings::default()).await;
    for path in ["/mcp", "/mcp/full", "/mcp/readonly", "/mcp/x/deploy"] {
        let list = |path: &str| Request::modern(path, "tools/list", json!({})).token(served.token("admin"));
        let plain = list(path).send(served.address).await.expect("an answer");
        let slash = list(&format!("{path}/")).send(served.address).await.expect("an answer");
        assert_eq!((slash.status, &slash.body), (200, &plain.body), "{path}");
    }
}

#[tokio::test]
async fn call_without_params_is_refused_as_invalid_params() {
    let (_folder, served) = start(Settings::default()).await;
    let token = served.token("viewer");
    let opened = Request::rpc("/mcp", &hello()).token(token).send(served.address).await.expect("an answer");
    let session = opened.header("mcp-session-id").to_owned();
    for params in
        [None, Some(json!({})), Some(json!({"name": 5})), Some(json!({"name": "juju_status", "arguments": ["shop"]}))]
    {
        let mut call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call"});
        call.as_object_mut().expect("an object").extend(params.map(|params| ("params".to_owned(), params)));
        let request = Request::rpc("/mcp", &call).token(token).header("mcp-session-id", &session);
        let answer = request.send(served.address).await.expect("an answer");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], -32602, "{call}: {}", answer.body);
        assert!(error["message"].as_str().is_some_and(|text| text.contains("`tools/call`")), "{}", answer.body);
    }
}

#[tokio::test]
async fn stream_that_cannot_be_resumed_is_refused() {
    let (_folder, served) = start(Settings::default()).await;
    let token = served.token("viewer");
    let opened = Request::rpc("/mcp", &hello()).token(token).send(served.address).await.expect("an answer");
    let get =
        Request::new("GET", "/mcp").header("accept", "text/event-stream").header("last-event-id", "7/3").token(token);
    let of_session = get.clone().header("mcp-session-id", opened.header("mcp-session-id"));
    let modern = get.clone().header("mcp-protocol-version", "2026-07-28");
    for request in [get.clone(), of_session, modern, get.header("mcp-session-id", "missing")] {
        let answer = request.send(served.address).await.expect("an answer");
        assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn local_pages_may_call_a_server_on_loopback_by_a_loopback_name() {
    let mut settings = Settings { local_pages: true, ..Settings::default() };
    settings.allowed_hosts.push("mcp.example".to_owned());
    let (_folder, served) = start(settings).await;
    let list = Request::modern("/mcp", "tools/list", json!({})).token(served.token("viewer"));
    for (origin, host, status) in [
        ("http://localhost:6274", "localhost", 200),
        ("http://127.0.0.1:6274", "127.0.0.1:17071", 200),
        ("https://[::1]:6274", "localhost", 200),
        ("http://localhost:6274", "mcp.example", 403),
        ("http://localhost.evil.example", "localhost", 403),
        ("http://evil.example", "localhost", 403),
        ("null", "localhost", 403),
        ("file://localhost", "localhost", 403),
    ] {
        let request = list.clone().header("origin", origin).header("host", host);
        let answer = request.send(served.address).await.expect("an answer");
        assert_eq!(answer.status, status, "{origin} to {host}: {}", answer.body);
    }
    let (_folder, served) = start(Settings::default()).await;
    let list = Request::modern("/mcp", "tools/list", json!({})).token(served.token("viewer"));
    let answer = list.header("origin", "http://localhost:6274").send(served.address).await.expect("an answer");
    assert_eq!(answer.status, 403, "not on loopback only");
}

#[tokio::test]
async fn refusal_of_a_large_body_is_readable_after_the_whole_body() {
    let (_folder, served) = start(Settings { max_body_bytes: 2000, ..Settings::default() }).await;
    let large =
        Request::modern("/mcp", "tools/list", json!({})).token(served.token("viewer")).body(vec![b' '; 8 << 20]);
    for _ in 0..4 {
        let answer = large.send(served.address).await.expect("the refusal is readable");
        assert_eq!(answer.status, 413, "{}", answer.body);
        assert!(answer.error_message().contains("send at most 2000 bytes"), "{}", answer.body);
    }
}

#[tokio::test]
async fn line_that_is_no_message_is_answered_over_stdio() {
    let (_folder, served) = start(Settings::default()).await;
    let caller = Caller::local("ana", "admin");
    let mut client = StdioClient::with(served.server.clone().local(caller, Endpoint::curated()));
    client.initialize("2025-11-25", &json!({})).await;
    for (line, code, id) in [
        (r#"{"jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": {"a": "\ud800"}}"#, -32700, json!(null)),
        ("no JSON", -32700, json!(null)),
        ("{\"jsonrpc\": \"2.0\", \"id\": 6", -32700, json!(null)),
        (r#"{"id": 7, "method": "tools/list"}"#, -32600, json!(7)),
        (r#"{"jsonrpc": "1.0", "id": "eight", "method": "tools/list"}"#, -32600, json!("eight")),
        (r#"{"jsonrpc": "2.0", "id": 9}"#, -32600, json!(9)),
        (r#"{"jsonrpc": "2.0", "id": {"a": 1}, "method": "tools/list"}"#, -32600, json!(null)),
        ("[]", -32600, json!(null)),
        ("5", -32600, json!(null)),
        (r#"{"jsonrpc": "2.0", "id": 10, "method": "tools/call"}"#, -32602, json!(10)),
    ] {
        client.send_line(line).await;
        let answer = client.receive().await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{line}: {answer}");
    }
    client.send_line(r#"{"jsonrpc": "2.0", "method": "notifications/unknown"}"#).await;
    client.send_line("").await;
    let list = client.request(json!({"jsonrpc": "2.0", "id": 11, "method": "tools/list"})).await;
    assert!(list["result"]["tools"].is_array() && list["id"] == 11, "{list}");
    client.disconnect().await.expect("a good end");
}

/// Requests for a tool in both protocol eras: in a session, and of 2026-07-28.
async fn in_both_eras(served: &TestServer, params: &Value) -> Vec<Request> {
    let token = served.token("admin");
    let opened = Request::rpc("/mcp/full", &hello()).token(token).send(served.address).await.expect("an answer");
    let session = opened.header("mcp-session-id").to_owned();
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params});
    vec![
        Request::rpc("/mcp/full", &call).token(token).header("mcp-session-id", &session),
        Request::modern("/mcp/full", "tools/call", params.clone()).token(token),
    ]
}

#[tokio::test]
async fn arguments_with_one_reading_are_accepted_in_both_eras_and_over_stdio() {
    let (_folder, served) = start(Settings::default()).await;
    for arguments in [json!({}), json!("{}"), json!(""), json!([]), json!("{\"format\": \"concise\"}"), json!(null)] {
        let params = json!({"name": "juju_controllers", "arguments": arguments});
        for request in in_both_eras(&served, &params).await {
            let answer = request.send(served.address).await.expect("an answer");
            assert_eq!(answer.status, 200, "{arguments}: {}", answer.body);
            assert_ne!(answer.json()["result"]["isError"], true, "{arguments}: {}", answer.body);
            assert!(answer.json()["result"]["content"].is_array(), "{arguments}: {}", answer.body);
        }
        let local = served.server.clone().local(Caller::local("ana", "admin"), Endpoint::full());
        let mut client = StdioClient::with(local);
        client.initialize("2025-11-25", &json!({})).await;
        client.send(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params})).await;
        let answer = client.receive().await;
        assert!(answer["result"]["content"].is_array(), "{arguments}: {answer}");
    }
}

#[tokio::test]
async fn call_without_a_single_reading_is_refused_by_a_sentence_that_names_it() {
    let (_folder, served) = start(Settings::default()).await;
    let token = served.token("admin");
    let opened = Request::rpc("/mcp/full", &hello()).token(token).send(served.address).await.expect("an answer");
    let session = opened.header("mcp-session-id").to_owned();
    for (body, sentence) in [
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_show_application","arguments":{"applications":["web"],"applications":["db"]}}}"#,
            "`applications` is given twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_status","name":"juju_models"}}"#,
            "`name` is given twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_status","input":{"model":"prod"}}}"#,
            "the nearest is `arguments`",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_status","args":{"model":"prod"}}}"#,
            "the nearest is `arguments`",
        ),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/lists"}"#, "no method `tools/lists`, the nearest is `tools/list`"),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_statsu"}}"#,
            "the nearest is `juju_status`",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_status","arguments":"model=shop"}}"#,
            "`arguments`, an object",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":5,"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#,
            "`protocolVersion`",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"juju_status","arguments":{"limit":NaN}}}"#,
            "not JSON",
        ),
        (r#"[{"jsonrpc":"2.0","id":2,"method":"tools/list"}]"#, "send one object"),
        ("", "not JSON"),
        ("null", "not a JSON-RPC message"),
    ] {
        let request = Request::new("POST", "/mcp/full").token(token).header("content-type", "application/json");
        let request =
            request.header("accept", "application/json, text/event-stream").header("mcp-session-id", &session);
        let answer = request.body(body).send(served.address).await.expect("an answer");
        assert!(answer.error_message().contains(sentence), "{body}: {} {}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn body_has_to_be_declared_as_json_in_any_case() {
    let (_folder, served) = start(Settings::default()).await;
    let request = || Request::modern("/mcp", "tools/list", json!({})).token(served.token("viewer"));
    for declared in ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "application/json;x"] {
        let answer = request().header("content-type", declared).send(served.address).await.expect("an answer");
        assert_eq!(answer.status, 200, "{declared}: {}", answer.body);
    }
    for declared in ["text/plain", "application/jsonx", "application/x-www-form-urlencoded", ""] {
        let answer = request().header("content-type", declared).send(served.address).await.expect("an answer");
        assert_eq!(answer.status, 415, "{declared}: {}", answer.body);
        assert!(answer.error_message().contains("`Content-Type: application/json`"), "{}", answer.body);
    }
    let answer = request().without_header("content-type").send(served.address).await.expect("an answer");
    assert_eq!(answer.status, 415, "{}", answer.body);
}
