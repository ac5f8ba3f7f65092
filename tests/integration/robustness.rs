//! No call stops or slows the calls of others: panics, bounds of arguments, large denied calls, silent connections.

use std::{sync::Arc, time::Duration};

use audit::{Outcome, Phase};
use catalogue::{BadArguments, Catalogue, Plan, Scope, Tool, with_all_bounds};
use http_server::Settings;
use juju_client::Controllers;
use juju_sim::Fault;
use limits::Rate;
use mcp::{Endpoint, listing};
use policy::Effect;
use serde_json::{Map, Value, json};
use tests::{
    SideBySide, TEST_TIMEOUT, TestServer, long_timeouts, raw_http::Request, side_by_side::simulator,
    test_server::ServerSetup, wait_until,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A tool that panics as soon as it is called.
struct PanickingTool(Arc<Map<String, Value>>);

impl Tool for PanickingTool {
    fn name(&self) -> &'static str {
        "juju_panic"
    }
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn command(&self) -> &'static str {
        "panic"
    }
    fn toolset(&self) -> &'static str {
        "status"
    }
    fn description(&self) -> &'static str {
        "Panics."
    }
    fn scope(&self) -> Scope {
        Scope::Client
    }
    fn effect(&self) -> Effect {
        Effect::Read
    }
    fn least(&self) -> Effect {
        Effect::Read
    }
    fn idempotent(&self) -> bool {
        true
    }
    fn answers_untrusted(&self) -> bool {
        false
    }

    fn curated(&self) -> bool {
        true
    }
    fn input_schema(&self) -> &Arc<Map<String, Value>> {
        &self.0
    }
    fn input_schema_text(&self) -> &'static str {
        "{}"
    }
    fn plan(&self, _: Map<String, Value>) -> Result<Plan, BadArguments> {
        panic!("planted by a test")
    }
}

async fn server(settings: Settings, catalogue: Catalogue) -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let controllers = Controllers::new(Vec::new(), None, long_timeouts());
    let setup = ServerSetup { settings, catalogue, ..ServerSetup::with_controllers(controllers) };
    let server = TestServer::with(folder.path(), setup).await;
    (folder, server)
}

fn call(tool: &str, arguments: &Value) -> Request {
    Request::modern("/mcp/full", "tools/call", json!({"name": tool, "arguments": arguments}))
}

#[tokio::test]
async fn panic_of_a_tool_is_answered_counted_and_recorded() {
    let schema = json!({"type": "object", "properties": {}}).as_object().cloned().expect("an object");
    let planted = Catalogue::builtin().with_tool(Box::new(PanickingTool(Arc::new(schema))));
    let (_folder, server) = server(Settings::default(), planted).await;
    let answer =
        call("juju_panic", &json!({})).token(server.token("viewer")).send(server.address).await.expect("an answer");
    let body = answer.body.clone();
    assert!(body.contains("internal error") && body.contains("\"juju-mcp/code\":\"internal_error\""), "{body}");
    let counted = "juju_mcp_tool_calls_total{tool=\"juju_panic\",outcome=\"panicked\"} 1\n";
    assert!(server.metrics.text().contains(counted), "{}", server.metrics.text());
    let records = server.ledger_records().await;
    let closed = records.iter().find_map(|record| match &record.phase {
        Phase::Close(closed) => Some(closed),
        Phase::Open(_) => None,
    });
    let closed = closed.expect("a closed entry");
    assert_eq!(closed.outcome, Outcome::Failed);
    assert!(closed.reason.contains("panicked"), "{}", closed.reason);
    let again =
        call("juju_controllers", &json!({})).token(server.token("viewer")).send(server.address).await.expect("sent");
    assert_eq!(again.status, 200, "the server goes on");
}

#[tokio::test]
async fn denied_call_of_a_megabyte_leaves_a_small_record() {
    let (_folder, server) = server(Settings::default(), Catalogue::builtin()).await;
    for bytes in [1_000_000, 3_900_000] {
        let arguments =
            json!({"model": "x".repeat(1000), "units": ["web/0"], "action": "a", "params": {"x": "x".repeat(bytes)}});
        let answer =
            call("juju_run", &arguments).token(server.token("viewer")).send(server.address).await.expect("an answer");
        assert!(answer.body.contains("denied"), "{}", &answer.body[..answer.body.len().min(500)]);
    }
    let records = server.ledger_records().await;
    assert!(records.len() >= 4, "both calls are recorded");
    for record in records {
        let size = serde_json::to_string(&record.phase).expect("JSON").len();
        assert!(size < 32 * 1024, "{size} bytes");
    }
}

#[test]
fn every_property_of_every_endpoint_has_bounds() {
    fn unbounded(schema: &Value, path: &str, found: &mut Vec<String>) {
        let has = |key: &str| schema.get(key).is_some();
        let bounded = match schema["type"].as_str() {
            Some("integer" | "number") => has("minimum") && has("maximum"),
            Some("string") => has("maxLength") || has("enum"),
            Some("array") => has("maxItems"),
            Some("object") => has("properties") || has("maxProperties"),
            _ => true,
        };
        if !bounded {
            found.push(path.to_owned());
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            unbounded(inner, &format!("{path}.{name}"), found);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key) {
                unbounded(inner, &format!("{path}[]"), found);
            }
        }
    }
    let catalogue = Catalogue::builtin();
    let mut found = Vec::new();
    for endpoint in [Endpoint::curated(), Endpoint::full(), Endpoint::curated().read_only()] {
        for size in listing(&catalogue, &endpoint).tools {
            let schema = size.tool["inputSchema"].as_object().expect("an object");
            unbounded(&with_all_bounds(schema).into(), &size.name, &mut found);
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn builtin_tools_refuse_arguments_beyond_their_bounds() {
    let (_folder, server) = server(Settings::default(), Catalogue::builtin()).await;
    for (tool, arguments, sentence) in [
        ("juju_find_command", json!({"query": "unit ".repeat(1000)}), "`query` has 5000 characters"),
        ("juju_find_command", json!({"query": "unit", "limit": u64::MAX}), "`limit` has to be from 1"),
        ("validate_action", json!({"action": {"type": "x".repeat(300)}}), "`action.type` has 300 characters"),
        (
            "validate_action",
            json!({"action": {"type": "create_pod", "manifest": "x".repeat(2 << 20)}}),
            "bytes of text",
        ),
    ] {
        let request = Request::modern("/mcp", "tools/call", json!({"name": tool, "arguments": arguments}));
        let answer = request.token(server.token("viewer")).send(server.address).await.expect("an answer");
        assert!(answer.body.contains(sentence), "{tool}: {}", answer.body);
    }
}

#[tokio::test]
async fn caller_with_a_flood_of_large_calls_is_limited_by_bytes() {
    let settings = Settings { request_kilobytes: Rate { per_minute: 60, burst: 300 }, ..Settings::default() };
    let (_folder, server) = server(settings, Catalogue::builtin()).await;
    let large = json!({"model": "shop", "units": ["web/0"], "action": "a", "params": {"x": "x".repeat(100_000)}});
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = call("juju_run", &large).token(server.token("viewer")).send(server.address).await.expect("sent");
        statuses.push(answer.status);
    }
    assert!(statuses[0] == 200 && statuses[3] == 429, "{statuses:?}");
    let other = call("juju_controllers", &json!({})).token(server.token("operator")).send(server.address).await;
    assert_eq!(other.expect("sent").status, 200, "the budget is that of one caller");
    let limited = server
        .ledger_records()
        .await
        .into_iter()
        .any(|record| matches!(&record.phase, Phase::Open(opened) if opened.event.kind() == "rate_limited"));
    assert!(limited, "the ledger names the caller");
}

#[tokio::test]
async fn wait_that_ends_early_leaves_no_watcher_on_the_controller() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let wait = |timeout: &str| json!({"model": "shop", "kind": "application", "name": "web", "query": "status==\"no such status\"", "timeout": timeout});
    let refused = pair.juju_mcp("wait-for", &wait("1ms")).await.expect_err("too short");
    assert!(refused.to_string().contains("from 1s to 24h"), "{refused}");
    pair.juju_mcp("status", &json!({"model": "shop"})).await.expect("a connection");
    simulator.inject(Fault::Delay(Duration::from_millis(100))).await.expect("slow answers");
    // callers that vanish before, during and after the answer with the id of the watcher
    for milliseconds in (10..400).step_by(30) {
        let vanished = Duration::from_millis(milliseconds);
        assert!(tokio::time::timeout(vanished, pair.juju_mcp("wait-for", &wait("1h"))).await.is_err());
    }
    pair.juju_mcp("wait-for", &wait("1s")).await.expect_err("it does not get there");
    simulator.inject(Fault::Clear).await.expect("as before");
    let none_left = async || match simulator.watchers() {
        (0, started) if started >= 10 => Ok(()),
        other => Err(format!("{other:?}")),
    };
    wait_until("all watchers are stopped", none_left).await;
}

#[tokio::test]
async fn caller_has_at_most_sixteen_waits_at_once() {
    let simulator = simulator("shop").await;
    let folder = tempfile::tempdir().expect("a folder");
    let server = TestServer::with(folder.path(), ServerSetup::with_simulator(&simulator, folder.path()).await).await;
    let arguments =
        json!({"model": "shop", "kind": "application", "name": "web", "query": "status==\"none\"", "timeout": "60s"});
    let wait = |token: &str| {
        let (request, address) = (call("juju_wait_for", &arguments).token(server.token(token)), server.address);
        async move { request.send(address).await }
    };
    let waits: Vec<_> = (0..16).map(|_| tokio::spawn(wait("viewer"))).collect();
    let all_started = async || match simulator.watchers() {
        (16, _) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    wait_until("sixteen waits have begun", all_started).await;
    let beyond = wait("viewer").await.expect("an answer").body;
    assert!(beyond.contains("\"juju-mcp/code\":\"rate_limited\""), "{beyond}");
    let other = tokio::time::timeout(Duration::from_millis(500), wait("operator")).await;
    assert!(other.is_err(), "the wait of another caller begins");
    for wait in waits {
        wait.abort();
    }
    let ended = async || match simulator.watchers() {
        (0, _) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    wait_until("the waits of vanished callers end", ended).await;
}

async fn wait_alive(server: &TestServer) {
    let probe = async || {
        let request = Request::new("GET", "/healthz");
        match tokio::time::timeout(Duration::from_secs(2), request.send(server.address)).await {
            Ok(Ok(answer)) if answer.status == 200 => Ok(()),
            Ok(Ok(answer)) => Err(answer.status.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer".to_owned()),
        }
    };
    wait_until("the server answers others", probe).await;
}

#[tokio::test]
async fn silent_connections_release_their_slots() {
    let settings = Settings {
        read_timeout: Duration::from_millis(300),
        max_connections: 8,
        max_connections_per_peer: 0,
        ..Settings::default()
    };
    let (_folder, server) = server(settings, Catalogue::builtin()).await;
    for beginning in ["", "P", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "GET / HTTP/1.1\r\nHost:"] {
        let mut silent = Vec::new();
        for _ in 0..16 {
            let mut stream = TcpStream::connect(server.address).await.expect("a connection");
            stream.write_all(beginning.as_bytes()).await.expect("sent");
            silent.push(stream);
        }
        wait_alive(&server).await;
        for mut stream in silent {
            let mut rest = Vec::new();
            let ended = tokio::time::timeout(TEST_TIMEOUT, stream.read_to_end(&mut rest)).await;
            assert!(ended.is_ok(), "{beginning:?}: the server closes a silent connection");
        }
    }
}

#[tokio::test]
async fn peer_has_a_maximum_of_connections() {
    let settings = Settings { max_connections_per_peer: 4, ..Settings::default() };
    let (_folder, server) = server(settings, Catalogue::builtin()).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect(server.address).await.expect("a connection"));
    }
    let mut beyond = TcpStream::connect(server.address).await.expect("a connection");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(TEST_TIMEOUT, beyond.read_to_end(&mut rest)).await;
    assert!(ended.is_ok() && rest.is_empty(), "the connection is closed");
    drop(held);
    wait_alive(&server).await;
}
