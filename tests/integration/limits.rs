//! Rate and concurrency limits, and requests of browsers from other origins.

use audit::{AuditEvent, Phase};
use http_server::Settings;
use juju_client::Controllers;
use limits::Rate;
use mcp::ToolLimits;
use serde_json::{Value, json};
use tests::{
    TestServer, long_timeouts,
    raw_http::{Request, Response},
    test_server::ServerSetup,
    wait_until,
};

const ORIGIN: &str = "https://console.example";

async fn start_server(settings: Settings) -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = TestServer::start(folder.path(), Vec::new(), settings).await;
    (folder, server)
}

async fn start_server_with_tool_limits(limits: ToolLimits) -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let adjust = Box::new(move |server: mcp::Server| server.with_tool_limits(limits));
    let setup =
        ServerSetup { adjust, ..ServerSetup::with_controllers(Controllers::new(Vec::new(), None, long_timeouts())) };
    let server = TestServer::with(folder.path(), setup).await;
    (folder, server)
}

async fn list(server: &TestServer, role: &str) -> Response {
    let request = Request::modern("/mcp", "tools/list", json!({})).token(server.token(role));
    request.send(server.address).await.expect("an answer")
}

async fn call(server: &TestServer, role: &str, name: &str, arguments: Value) -> Value {
    let call = json!({"name": name, "arguments": arguments});
    let request = Request::modern("/mcp/full", "tools/call", call).token(server.token(role));
    request.send(server.address).await.expect("an answer").json()["result"].clone()
}

/// One record of refusals by a limit.
#[derive(Debug, PartialEq)]
struct RateLimited {
    scope: String,
    limit: String,
    tool: Option<String>,
    refused_count: u64,
}

/// The records of refusals by a limit.
async fn rate_limit_records(server: &TestServer) -> Vec<RateLimited> {
    wait_until("a refusal is in the ledger", async || {
        let records = server.ledger_records().await;
        let found = records.iter().cloned().filter_map(|record| match record.phase {
            Phase::Open(opened) => match opened.event {
                AuditEvent::RateLimited { scope, limit, tool, refused_count } => {
                    Some(RateLimited { scope, limit, tool, refused_count })
                }
                _ => None,
            },
            Phase::Close(_) => None,
        });
        let found: Vec<_> = found.collect();
        if found.is_empty() { Err(format!("{records:?}")) } else { Ok(found) }
    })
    .await
}

#[tokio::test]
async fn rate_limit_returns_retry_after_and_spares_other_callers() {
    // a minute is far more than these few requests take
    let rate = Rate { per_minute: 1, burst: 5 };
    let (_folder, server) = start_server(Settings { rate, ..Settings::default() }).await;
    for _ in 0..5 {
        assert_eq!(list(&server, "viewer").await.status, 200);
    }
    for _ in 0..20 {
        let refused = list(&server, "viewer").await;
        assert_eq!(refused.status, 429, "{}", refused.body);
        let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert!(refused.error_message().contains("retry in"), "{}", refused.body);
    }
    assert_eq!(list(&server, "admin").await.status, 200, "another caller has a limit of its own");
    let records = rate_limit_records(&server).await;
    let expected = RateLimited { scope: "caller".into(), limit: "rate".into(), tool: None, refused_count: 1 };
    assert_eq!(records, [expected], "many refusals have one record");
    assert!(server.metrics.text().contains("juju_mcp_rate_limited_total{scope=\"caller\",limit=\"rate\"} 20\n"));
}

#[tokio::test]
async fn concurrency_limit_ends_with_a_finished_request() {
    let (_folder, server) = start_server(Settings { max_concurrent: 2, ..Settings::default() }).await;
    let unfinished = Request::modern("/mcp", "tools/list", json!({}))
        .token(server.token("viewer"))
        .header("content-length", "100000")
        .body("{");
    let first = unfinished.open(server.address).await.expect("a connection");
    let _second = unfinished.open(server.address).await.expect("a connection");
    let refused = wait_until("two requests are under way", async || match list(&server, "viewer").await {
        answer if answer.status == 200 => Err(answer.body),
        refused => Ok(refused),
    })
    .await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"), "{}", refused.body);
    assert!(refused.error_message().contains("wait for a response"), "{}", refused.body);
    assert_eq!(list(&server, "admin").await.status, 200);
    drop(first);
    wait_until("a request that ended no longer counts", async || match list(&server, "viewer").await {
        answer if answer.status == 200 => Ok(()),
        refused => Err(refused.body),
    })
    .await;
}

#[tokio::test]
async fn tool_limit_applies_to_every_name_of_the_tool() {
    let once = Rate { per_minute: 1, burst: 1 };
    let (_folder, server) = start_server_with_tool_limits(ToolLimits::new([("juju_models".to_owned(), once, 0)])).await;
    let code = |result: &Value| result["_meta"]["juju-mcp/code"].clone();
    let first = call(&server, "admin", "juju_models", json!({})).await;
    assert_ne!(code(&first), "rate_limited", "{first}");
    let again = call(&server, "admin", "juju_models", json!({})).await;
    assert_eq!((&again["isError"], code(&again)), (&json!(true), json!("rate_limited")), "{again}");
    assert!(again["_meta"]["juju-mcp/retry-after-seconds"].as_u64().is_some_and(|seconds| (1..=60).contains(&seconds)));
    assert!(again["content"][0]["text"].as_str().is_some_and(|text| text.contains("call it again in")), "{again}");
    let around = json!({"name": "juju_read_command", "arguments": {"command": "models", "arguments": {}}});
    let request = Request::modern("/mcp", "tools/call", around).token(server.token("admin"));
    let around = request.send(server.address).await.expect("an answer").json()["result"].clone();
    assert_eq!(code(&around), "rate_limited", "a catch-all tool is no way around: {around}");
    assert_ne!(code(&call(&server, "viewer", "juju_models", json!({})).await), "rate_limited");
    assert_ne!(code(&call(&server, "admin", "juju_whoami", json!({})).await), "rate_limited");
    let records = rate_limit_records(&server).await;
    assert_eq!(records[0].tool.as_deref(), Some("juju_models"), "{records:?}");
    assert!(server.metrics.text().contains("juju_mcp_rate_limited_total{scope=\"tool\",limit=\"rate\"} 2\n"));
}

#[tokio::test]
async fn headers_that_contradict_the_body_are_refused() {
    let (_folder, server) = start_server(Settings::default()).await;
    let call = Request::modern("/mcp/full", "tools/call", json!({"name": "juju_whoami", "arguments": {}}))
        .token(server.token("admin"));
    let cases = [
        ("another method", call.clone().header("mcp-method", "tools/list"), 400, -32020),
        ("no method", call.clone().without_header("mcp-method"), 400, -32020),
        ("another name", call.clone().header("mcp-name", "juju_status"), 400, -32020),
        ("no name", call.clone().without_header("mcp-name"), 400, -32020),
        ("an older version", call.clone().header("mcp-protocol-version", "2025-11-25"), 400, -32020),
    ];
    for (what, request, status, code) in cases {
        let answer = request.send(server.address).await.expect("an answer");
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_i64()),
            (status, Some(code)),
            "{what}: {}",
            answer.body
        );
    }
    assert!(server.ledger_records().await.is_empty(), "what was refused so was not looked at");
    assert_eq!(call.send(server.address).await.expect("an answer").status, 200);
}

#[tokio::test]
async fn cors_admits_only_listed_origins() {
    let settings = Settings { allowed_origins: vec![ORIGIN.to_owned()], ..Settings::default() };
    let (_folder, server) = start_server(settings).await;
    let preflight = |origin: &str| {
        Request::new("OPTIONS", "/mcp")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, mcp-method")
    };
    let asked = preflight(ORIGIN).send(server.address).await.expect("an answer");
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (200, ORIGIN));
    for header in ["authorization", "content-type", "mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id"]
    {
        assert!(asked.header("access-control-allow-headers").contains(header), "{header}");
    }
    assert_eq!(asked.header("access-control-allow-credentials"), "", "callers bring tokens, never cookies");
    assert_eq!(asked.header("vary"), "origin");

    let list = Request::modern("/mcp", "tools/list", json!({}));
    let read = list.clone().token(server.token("viewer")).header("origin", ORIGIN);
    let read = read.send(server.address).await.expect("an answer");
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, ORIGIN));
    let denied = list.clone().header("origin", ORIGIN).send(server.address).await.expect("an answer");
    assert_eq!((denied.status, denied.header("access-control-allow-origin")), (401, ORIGIN), "a page reads why");
    assert!(denied.header("access-control-expose-headers").contains("www-authenticate"));

    for origin in ["https://evil.example", "https://console.example.evil.example", "http://console.example", "null"] {
        for request in [preflight(origin), list.clone().token(server.token("viewer")).header("origin", origin)] {
            let refused = request.send(server.address).await.expect("an answer");
            assert_eq!((refused.status, refused.header("access-control-allow-origin")), (403, ""), "{origin}");
        }
    }
    let plain = list.token(server.token("viewer")).send(server.address).await.expect("an answer");
    assert_eq!(plain.header("access-control-allow-origin"), "", "a request without an origin has no CORS headers");
}
