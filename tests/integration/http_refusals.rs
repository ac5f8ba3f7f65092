//! Requests that HTTP refuses: each with the right status and one sentence with the remedy.

use std::time::Duration;

use http_server::Settings;
use serde_json::{Value, json};
use tests::{TestServer, raw_http::Request};

async fn served(settings: Settings) -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let served = TestServer::start(folder.path(), Vec::new(), settings).await;
    (folder, served)
}

fn list() -> Request {
    Request::modern("/mcp", "tools/list", json!({}))
}

#[tokio::test]
async fn refusals_have_their_status_and_one_sentence() {
    let (_folder, served) = served(Settings { max_body_bytes: 2000, ..Settings::default() }).await;
    let token = served.token("viewer");
    let good = list().token(token);
    let cases: Vec<(&str, Request, u16, &str)> = vec![
        ("no token", list(), 401, "the request has no bearer token"),
        ("a wrong token", list().token("jmcp_wrong"), 401, "the bearer token is unknown"),
        ("another scheme", list().header("authorization", "Basic eDp5"), 401, "only bearer tokens"),
        ("a malformed header", list().header("authorization", "Bearer a b"), 400, "not of the form"),
        ("another name", good.clone().header("host", "evil.example"), 403, "`Host` is not allowed"),
        ("no name", good.clone().without_header("host"), 400, "`Host` header is missing"),
        ("a web page", good.clone().header("origin", "http://evil.example"), 403, "web pages of this origin"),
        ("no page", good.clone().header("origin", "null"), 403, "web pages of this origin"),
        ("a large body", good.clone().body(vec![b' '; 3000]), 413, "send at most 2000 bytes"),
        ("no JSON", good.clone().body("{\"jsonrpc\": "), 400, "is not JSON"),
        ("no message", good.clone().body("{\"a\": 1}"), 400, "is not a JSON-RPC message"),
        ("no such path", Request::new("GET", "/missing").token(token), 404, "nothing is served at this path"),
        (
            "no such toolset",
            Request::modern("/mcp/x/none", "tools/list", json!({})).token(token),
            404,
            "no such toolset",
        ),
        ("a wrong method", good.clone().header("mcp-method", "tools/call"), 400, "Mcp-Method"),
        ("a wrong version", good.clone().header("mcp-protocol-version", "2025-06-18"), 400, "MCP-Protocol-Version"),
        ("another form of answer", good.clone().header("accept", "text/html"), 406, "Accept:"),
        ("a put", Request::new("PUT", "/mcp").token(token), 405, "does not support that method"),
        ("a post to health", Request::new("POST", "/healthz"), 405, "does not support that method"),
        ("a foreign session", good.clone().header("mcp-session-id", "x"), 404, "session is unknown"),
    ];
    for (what, request, status, sentence) in cases {
        let answer = request.send(served.address).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.error_message().contains(sentence), "{what}: {}", answer.body);
        assert!(!answer.header("x-request-id").is_empty(), "{what}");
    }
    assert_eq!(good.send(served.address).await.expect("an answer").status, 200);
}

#[tokio::test]
async fn challenge_names_invalid_token_only_if_one_was_sent() {
    let (_folder, served) = served(Settings::default()).await;
    let missing = list().send(served.address).await.expect("an answer");
    assert_eq!(missing.header("www-authenticate"), r#"Bearer realm="juju-mcp""#);
    let wrong = list().token("jmcp_wrong").send(served.address).await.expect("an answer");
    assert_eq!(wrong.header("www-authenticate"), r#"Bearer realm="juju-mcp", error="invalid_token""#);
}

#[tokio::test]
async fn incomplete_body_ends_the_request_with_408() {
    let (_folder, served) = served(Settings { read_timeout: Duration::from_millis(300), ..Settings::default() }).await;
    let request = list().token(served.token("viewer")).header("content-length", "900000").body("{");
    let answer = request.send(served.address).await.expect("an answer");
    assert_eq!(answer.status, 408, "{}", answer.body);
}

#[tokio::test]
async fn probes_show_checks_to_authenticated_callers_only() {
    let (_folder, served) = served(Settings::default()).await;
    for path in ["/healthz", "/readyz"] {
        // a probe connects by address, so the server does not check the name
        let answer =
            Request::new("GET", path).header("host", "10.1.2.3:8080").send(served.address).await.expect("sent");
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.json()["checks"].is_null(), "{path}: {}", answer.body);
    }
    let known = Request::new("GET", "/readyz").token(served.token("viewer")).send(served.address).await.expect("sent");
    assert_eq!(known.json()["checks"], json!([]));
}

#[tokio::test]
async fn metrics_require_loopback_or_a_token() {
    let (_folder, served) = served(Settings::default()).await;
    let get = |host: &str| Request::new("GET", "/metrics").header("host", host);
    list().token(served.token("viewer")).send(served.address).await.expect("sent");
    let local = get("localhost").send(served.address).await.expect("sent");
    assert_eq!(local.status, 200);
    let counted = "juju_mcp_http_requests_total{route=\"/mcp\",method=\"POST\",status=\"200\"} 1\n";
    assert!(local.body.contains(counted), "{}", local.body);
    assert_eq!(get("10.1.2.3").send(served.address).await.expect("sent").status, 403);
    assert_eq!(
        get("localhost").header("x-forwarded-for", "8.8.8.8").send(served.address).await.expect("sent").status,
        403
    );
    let known = get("10.1.2.3").token(served.token("viewer")).send(served.address).await.expect("sent");
    assert_eq!(known.status, 200);
    // behind a proxy that forwards `Host` and nothing else, every client of the proxy looks like this machine
    let mut public_host = Settings::default();
    public_host.allowed_hosts.push("mcp.example".to_owned());
    let public_url = Settings { public_url: Some("https://mcp.example".to_owned()), ..Settings::default() };
    for settings in [public_host, public_url] {
        let (_folder, served) = self::served(settings).await;
        assert_eq!(get("localhost").send(served.address).await.expect("sent").status, 403);
        let known = get("localhost").token(served.token("viewer")).send(served.address).await.expect("sent");
        assert_eq!(known.status, 200);
    }
}

#[tokio::test]
async fn mcp_session_is_rejected_for_another_caller() {
    let (_folder, served) = served(Settings::default()).await;
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}});
    let opened = Request::rpc("/mcp", &hello).token(served.token("operator")).send(served.address).await.expect("sent");
    let session = opened.header("mcp-session-id").to_owned();
    assert!(!session.is_empty(), "{}", opened.body);
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let again = Request::rpc("/mcp", &list).header("mcp-session-id", &session);
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let reported =
        Request::rpc("/mcp", &initialized).header("mcp-session-id", &session).token(served.token("operator"));
    assert_eq!(reported.send(served.address).await.expect("sent").status, 202);
    assert_eq!(again.clone().token(served.token("viewer")).send(served.address).await.expect("sent").status, 404);
    let own = again.token(served.token("operator")).send(served.address).await.expect("sent");
    assert_eq!(own.status, 200);
    assert!(own.json()["result"]["tools"].as_array().is_some_and(|tools| !tools.is_empty()), "{}", own.body);
}

#[tokio::test]
async fn oldest_mcp_session_ends_beyond_the_limit() {
    let (_folder, served) = served(Settings::default()).await;
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}});
    let open = Request::rpc("/mcp", &hello).token(served.token("viewer"));
    let mut sessions = Vec::new();
    for _ in 0..501 {
        let opened = open.send(served.address).await.expect("sent");
        sessions.push(opened.header("mcp-session-id").to_owned());
    }
    let reported = |session: &str| {
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        Request::rpc("/mcp", &initialized).header("mcp-session-id", session).token(served.token("viewer"))
    };
    assert_eq!(reported(&sessions[0]).send(served.address).await.expect("sent").status, 404);
    assert_eq!(reported(&sessions[1]).send(served.address).await.expect("sent").status, 202);
    assert_eq!(reported(&sessions[500]).send(served.address).await.expect("sent").status, 202);
}

#[tokio::test]
async fn error_message_never_contains_the_token() {
    let (_folder, served) = served(Settings::default()).await;
    let answer = list().token("jmcp_guessed_0123456789").send(served.address).await.expect("sent");
    assert!(!answer.body.contains("guessed"), "{}", answer.body);
    assert_ne!(answer.json(), Value::Null);
}
