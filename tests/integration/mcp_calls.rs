//! Lists and calls in both protocol eras, by raw messages.

use http_server::Settings;
use serde_json::{Value, json};
use tests::{TestServer, raw_http::Request};

async fn served() -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let served = TestServer::start(folder.path(), Vec::new(), Settings::default()).await;
    (folder, served)
}

async fn modern(served: &TestServer, role: &str, path: &str, method: &str, params: Value) -> Value {
    let request = Request::modern(path, method, params).token(served.token(role));
    let answer = request.send(served.address).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn names(list: &Value) -> Vec<&str> {
    let tools = list["result"]["tools"].as_array().expect("tools");
    tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn tool_lists_are_sorted_private_and_cacheable() {
    let (_folder, served) = served().await;
    let first = modern(&served, "admin", "/mcp", "tools/list", json!({})).await;
    let again = modern(&served, "admin", "/mcp", "tools/list", json!({})).await;
    assert_eq!(first["result"], again["result"]);
    assert_eq!(first["result"]["cacheScope"], "private");
    assert!(first["result"]["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0));
    let names = names(&first);
    assert!(names.is_sorted(), "{names:?}");
    for name in ["juju_find_command", "juju_read_command", "juju_run_command"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[tokio::test]
async fn tool_list_depends_on_roles_and_endpoint_only() {
    let (_folder, served) = served().await;
    let list = async |role: &str, path: &str| modern(&served, role, path, "tools/list", json!({})).await;
    let full = list("admin", "/mcp/full").await;
    assert!(!names(&full).contains(&"juju_run_command"));
    assert!(names(&full).contains(&"juju_whoami"));
    assert!(!names(&list("viewer", "/mcp").await).contains(&"juju_run_command"));
    for tool in list("admin", "/mcp/readonly").await["result"]["tools"].as_array().expect("tools") {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{}", tool["name"]);
    }
    for tool in list("viewer", "/mcp/full").await["result"]["tools"].as_array().expect("tools") {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{}", tool["name"]);
    }
}

#[tokio::test]
async fn tools_have_closed_schema_short_description_and_correct_hints() {
    let (_folder, served) = served().await;
    for path in ["/mcp", "/mcp/x/deploy", "/mcp/full"] {
        let list = modern(&served, "admin", path, "tools/list", json!({})).await;
        for tool in list["result"]["tools"].as_array().expect("tools") {
            let name = tool["name"].as_str().expect("a name");
            assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
            assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
            assert!(tool["outputSchema"].is_null(), "results are text: {name}");
            assert!(tool["description"].as_str().is_some_and(|text| !text.is_empty() && text.len() <= 400), "{name}");
            let hints = &tool["annotations"];
            assert!(hints["readOnlyHint"] == true || hints["destructiveHint"].is_boolean(), "{name}: {hints}");
        }
    }
}

#[tokio::test]
async fn endpoint_serves_both_protocol_eras() {
    let (_folder, served) = served().await;
    let found = modern(&served, "viewer", "/mcp", "server/discover", json!({})).await;
    let versions = found["result"]["supportedVersions"].as_array().expect("versions");
    assert!(found["result"]["instructions"].as_str().is_some_and(|text| text.contains("juju_find_command")));
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        assert!(versions.contains(&json!(version)), "{versions:?}");
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}});
        let opened =
            Request::rpc("/mcp", &hello).token(served.token("viewer")).send(served.address).await.expect("sent");
        assert_eq!(opened.json()["result"]["protocolVersion"], version, "{}", opened.body);
        let session = opened.header("mcp-session-id");
        let say = |message: Value| {
            Request::rpc("/mcp", &message).header("mcp-session-id", session).token(served.token("viewer"))
        };
        let ready = say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        assert_eq!(ready.send(served.address).await.expect("sent").status, 202);
        let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "juju_find_command", "arguments": {"query": "whoami"}}});
        let answer = say(call).send(served.address).await.expect("sent").json();
        let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
        assert!(text.starts_with("whoami (read): "), "{answer}");
    }
}

#[tokio::test]
async fn read_command_is_recorded_under_the_wrapped_command() {
    let (_folder, served) = served().await;
    let call = json!({"name": "juju_read_command", "arguments": {"command": "whoami", "arguments": {}}});
    let answer = modern(&served, "viewer", "/mcp", "tools/call", call).await;
    assert_eq!(answer["result"]["isError"], true, "there is no controller: {answer}");
    assert_eq!(answer["result"].get("structuredContent"), None);
    let ledger = serde_json::to_value(served.ledger_records().await).expect("records");
    assert_eq!(ledger[0]["operation"]["tool"], "juju_whoami", "{ledger}");
    assert_eq!(ledger[0]["client"], "tests/1", "{ledger}");
    let metrics = served.metrics.text();
    assert!(metrics.contains("juju_mcp_tool_calls_total{tool=\"juju_whoami\",outcome=\"failed\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn call_of_unoffered_tool_or_invalid_arguments_is_refused() {
    let (_folder, served) = served().await;
    for (path, name) in
        [("/mcp", "juju_nothing"), ("/mcp/readonly", "juju_run_command"), ("/mcp/full", "juju_run_command")]
    {
        let answer = modern(&served, "admin", path, "tools/call", json!({"name": name, "arguments": {}})).await;
        assert_eq!(answer["error"]["code"], -32602, "{path} {name}: {answer}");
    }
    let odd = json!({"name": "juju_whoami", "arguments": {"colour": "red"}});
    let answer = modern(&served, "viewer", "/mcp/full", "tools/call", odd).await;
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(answer["result"]["isError"], true);
    assert!(text.contains("colour"), "{text}");
    let odd = json!({"name": "juju_run_command", "arguments": {"command": "whoami", "args": {}}});
    let answer = modern(&served, "admin", "/mcp", "tools/call", odd).await;
    assert!(answer["result"]["content"][0]["text"].as_str().is_some_and(|text| text.contains("`args`")), "{answer}");
}

#[tokio::test]
async fn concurrent_clients_are_all_answered() {
    let (_folder, served) = served().await;
    let list = Request::modern("/mcp", "tools/list", json!({})).token(served.token("viewer"));
    let all = (0..64).map(|_| {
        let (list, address) = (list.clone(), served.address);
        tokio::spawn(async move {
            for _ in 0..4 {
                let answer = list.send(address).await.expect("an answer");
                assert_eq!(answer.status, 200);
                assert!(!names(&answer.json()).is_empty());
            }
        })
    });
    for one in futures::future::join_all(all).await {
        one.expect("no client failed");
    }
}
