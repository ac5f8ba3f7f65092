//! A token that is too narrow for a call: status 403, a challenge that names all that is needed, and an entry in the ledger.

use audit::Outcome;
use serde_json::{Value, json};
use tests::{
    ServerWithProvider,
    raw_http::{Request, Response},
    server_with_provider::PUBLIC,
};

fn scopes(scopes: &'static [&'static str]) -> impl Fn(&mut Value) {
    move |claims| claims["scp"] = json!(scopes)
}

fn add_unit(path: &str) -> Request {
    Request::modern(path, "tools/call", json!({"name": "juju_add_unit", "arguments": {"application": "web"}}))
}

fn challenge(path: &str, scopes: &str) -> String {
    let metadata = format!("{PUBLIC}/.well-known/oauth-protected-resource{path}");
    format!(r#"Bearer realm="juju-mcp", error="insufficient_scope", resource_metadata="{metadata}", scope="{scopes}""#)
}

async fn send(request: Request, parts: &ServerWithProvider, token: &str) -> Response {
    request.token(token).send(parts.served.address).await.expect("an answer")
}

#[tokio::test]
async fn narrow_token_receives_all_required_scopes() {
    let parts = ServerWithProvider::start().await;
    let token = parts.token(scopes(&["openid", "offline_access", "juju:read"]));
    let answer = send(add_unit("/mcp"), &parts, &token).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), challenge("/mcp", "openid juju:read juju:write"));
    assert!(answer.error_message().contains("need a token with the scope `juju:write`"), "{}", answer.body);
    assert_eq!(answer.json()["id"], 1);
    let answer = send(add_unit("/mcp/x/deploy"), &parts, &token).await;
    assert_eq!(answer.header("www-authenticate"), challenge("/mcp/x/deploy", "openid juju:read juju:write"));
    let inner = json!({"name": "juju_run_command", "arguments": {"command": "remove-unit",
        "arguments": {"units": ["web/0"]}}});
    let answer = send(Request::modern("/mcp", "tools/call", inner), &parts, &token).await;
    assert_eq!((answer.status, answer.json()["error"]["data"]["scopes"][2].as_str()), (403, Some("juju:write")));
    let acts = parts.closed_acts().await;
    let tools: Vec<_> = acts.iter().map(|act| act.tool.as_str()).collect();
    assert_eq!(tools, ["juju_add_unit", "juju_add_unit", "juju_remove_unit"]);
    for act in acts {
        assert_eq!((act.caller.as_str(), act.outcome), ("oauth:ana", Outcome::Denied));
        assert!(act.reason.contains("`juju:write`"), "{}", act.reason);
    }
}

#[tokio::test]
async fn session_client_receives_the_scope_challenge() {
    let parts = ServerWithProvider::start().await;
    let token = parts.token(scopes(&["juju:read"]));
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}});
    let opened = send(Request::rpc("/mcp", &hello), &parts, &token).await;
    let call = json!({"jsonrpc": "2.0", "id": "seven", "method": "tools/call", "params": {
        "name": "juju_add_unit", "arguments": {"application": "web"}}});
    let request = Request::rpc("/mcp", &call).header("mcp-session-id", opened.header("mcp-session-id"));
    let answer = send(request.clone(), &parts, &token).await;
    assert_eq!((answer.status, answer.json()["id"].as_str()), (403, Some("seven")), "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), challenge("/mcp", "juju:read juju:write"));
    // the same session goes on with a token for more, as after a new sign-in
    let wider = parts.token(scopes(&["juju:read", "juju:write"]));
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let ready = Request::rpc("/mcp", &initialized).header("mcp-session-id", opened.header("mcp-session-id"));
    assert_eq!(send(ready, &parts, &wider).await.status, 202);
    let answer = send(request, &parts, &wider).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["result"]["isError"], true, "there is no controller: {}", answer.body);
}

#[tokio::test]
async fn step_up_is_not_requested_if_it_cannot_help() {
    let parts = ServerWithProvider::start().await;
    let denied = async |token: String| {
        let answer = send(add_unit("/mcp"), &parts, &token).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (200, ""), "{}", answer.body);
        answer.json()["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
    };
    let staff = parts.token(|claims| {
        claims["scp"] = json!(["juju:read"]);
        claims["groups"] = json!("staff");
    });
    denied(staff).await;
    for approves in [&["juju:approve"][..], &["juju:read", "juju:write", "juju:approve"]] {
        let message = denied(parts.token(scopes(approves))).await;
        assert!(message.contains("sign in again for `juju:write` without `juju:approve`"), "{message}");
    }
    // scopes that are none of ours limit nothing
    let unlimited = denied(parts.token(scopes(&["openid"]))).await;
    assert!(!unlimited.contains("scope"), "{unlimited}");
    let read = Request::modern("/mcp", "tools/call", json!({"name": "juju_controllers", "arguments": {}}));
    for scope in [&["juju:read"], &["juju:write"], &["juju:sensitive"], &["juju:approve"]] {
        let answer = send(read.clone(), &parts, &parts.token(scopes(scope))).await;
        assert_eq!((answer.status, &answer.json()["result"]["isError"]), (200, &json!(false)), "{}", answer.body);
    }
}

#[tokio::test]
async fn management_api_requires_the_approve_scope() {
    let parts = ServerWithProvider::start().await;
    let request = Request::new("POST", "/api/v1/approvals/1/approve")
        .header("content-type", "application/json")
        .body(json!({"digest": "x"}).to_string());
    let answer = send(request, &parts, &parts.token(scopes(&["juju:write"]))).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (403, &*challenge("/mcp", "juju:approve")));
}
