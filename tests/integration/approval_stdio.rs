//! Approvals over stdio, in both protocol eras, also for the command tools, and for those over HTTP.

use audit::Outcome;
use dispatch::ApprovalSettings;
use serde_json::{Value, json};
use tests::{
    StdioClient,
    approval_fixture::{ApprovalFixture, TOOL, arguments, elicitation_answer, with_elicitation},
};

const ELICITS: &str = r#"{"elicitation": {"form": {}}}"#;

async fn shop() -> ApprovalFixture {
    ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await
}

fn capable() -> Value {
    serde_json::from_str(ELICITS).expect("capabilities")
}

/// The act as a command of `juju_run_command`.
fn inner() -> Value {
    json!({"command": "add-unit", "arguments": arguments()})
}

fn called(id: u32, tool: &str, arguments: &Value, more: &Value) -> Value {
    let mut params = json!({"name": tool, "arguments": arguments});
    for (name, value) in more.as_object().into_iter().flatten() {
        params[name] = value.clone();
    }
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

/// A call of the current version, by a client with elicitation.
fn modern(id: u32, tool: &str, arguments: &Value, more: &Value) -> Value {
    let mut call = called(id, tool, arguments, more);
    call["params"]["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capable()});
    call
}

fn yes(asked: &Value) -> Value {
    json!({"requestState": asked["requestState"], "inputResponses": elicitation_answer(&json!({"approve": true}))})
}

/// The elicitation request that an older client receives for its call: its id and its text.
async fn elicited(client: &mut StdioClient, call: Value) -> (Value, String) {
    let question = client.request(call).await;
    assert_eq!(question["method"], "elicitation/create", "{question}");
    (question["id"].clone(), question["params"]["message"].as_str().expect("a text").to_owned())
}

fn answered(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

#[tokio::test]
async fn current_client_confirms_over_stdio_for_tools_and_commands() {
    let shop = shop().await;
    for (number, (tool, args)) in [(1, (TOOL, arguments())), (2, ("juju_run_command", inner()))] {
        let mut client = shop.stdio_client();
        let asked = client.request(modern(1, tool, &args, &json!({}))).await;
        let asked = &asked["result"];
        assert_eq!(asked["resultType"], "input_required", "{asked}");
        assert!(asked["inputRequests"]["approval"]["params"]["message"].to_string().contains("juju add-unit"));
        let done = client.request(modern(2, tool, &args, &yes(asked))).await;
        assert_ne!(done["result"]["isError"], true, "{done}");
        assert_eq!(shop.units_added(), number);
        let again = client.request(modern(3, tool, &args, &yes(asked))).await;
        assert_eq!(again["result"]["_meta"]["juju-mcp/code"], "not_approved", "{again}");
        assert_eq!(shop.units_added(), number);
        client.disconnect().await.expect("a good end");
    }
    for (tool, _) in shop.close_records().await {
        assert!(tool == TOOL || tool == "approval_decided", "the ledger names the inner command, not {tool}");
    }
}

#[tokio::test]
async fn older_client_gets_elicitation_while_its_call_waits() {
    let shop = shop().await;
    let mut client = shop.stdio_client();
    client.initialize("2025-11-25", &capable()).await;
    for (done, (tool, args)) in [(0, (TOOL, arguments())), (1, ("juju_run_command", inner()))] {
        let (question, text) = elicited(&mut client, called(2, tool, &args, &json!({}))).await;
        assert!(text.contains("juju add-unit") && text.contains("changes"), "{text}");
        assert_eq!(shop.units_added(), done, "nothing runs before the answer");
        let answer =
            client.request(answered(&question, &json!({"action": "accept", "content": {"approve": true}}))).await;
        assert_eq!(answer["id"], 2, "{answer}");
        assert_ne!(answer["result"]["isError"], true, "{answer}");
        assert_eq!(shop.units_added(), done + 1);
    }
}

#[tokio::test]
async fn older_client_answers_without_consent_do_nothing() {
    let shop = shop().await;
    let mut client = shop.stdio_client();
    client.initialize("2025-06-18", &capable()).await;
    for odd in [
        json!({"action": "cancel"}),
        json!({"action": "accept"}),
        json!({"action": "accept", "content": {"approve": "true"}}),
        json!({"action": "accept", "content": {"yes": true}}),
        json!({"action": "decline", "content": {"approve": true}}),
    ] {
        let (question, _) = elicited(&mut client, called(2, TOOL, &arguments(), &json!({}))).await;
        let answer = client.request(answered(&question, &odd)).await;
        assert_eq!(answer["result"]["_meta"]["juju-mcp/code"], "not_approved", "{odd}: {answer}");
        assert_eq!(shop.last_close().await.0, Outcome::Denied, "{odd}");
    }
    // an answer to a request that the server never sent
    client.send(answered(&json!(77), &json!({"action": "accept", "content": {"approve": true}}))).await;
    let refused = client.request(called(3, TOOL, &arguments(), &json!({}))).await;
    assert_eq!(refused["result"]["_meta"]["juju-mcp/code"], "not_approved", "a rejection is final: {refused}");
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn clients_cannot_answer_for_the_second_approver() {
    let shop = ApprovalFixture::start(true, ApprovalSettings::with_client_confirmation()).await;
    let mut older = shop.stdio_client();
    older.initialize("2025-11-25", &capable()).await;
    let refused = older.request(called(2, TOOL, &arguments(), &json!({}))).await;
    assert_eq!(refused["result"]["_meta"]["juju-mcp/code"], "approval_required", "no form is shown: {refused}");
    let mut newer = shop.stdio_client();
    let unasked = json!({"inputResponses": elicitation_answer(&json!({"approve": true}))});
    let refused = newer.request(modern(1, TOOL, &arguments(), &unasked)).await;
    assert_eq!(refused["result"]["_meta"]["juju-mcp/code"], "approval_required", "{refused}");
    let invented =
        json!({"requestState": "rs1.AAAA.BBBB", "inputResponses": elicitation_answer(&json!({"approve": true}))});
    let refused = newer.request(modern(2, TOOL, &arguments(), &invented)).await;
    assert_eq!(refused["result"]["_meta"]["juju-mcp/code"], "not_approved", "{refused}");
    assert_eq!((shop.units_added(), shop.last_close().await.0), (0, Outcome::Denied));
}

#[tokio::test]
async fn stricter_rule_invalidates_a_pending_confirmation() {
    let shop = shop().await;
    let mut client = shop.stdio_client();
    client.initialize("2025-11-25", &capable()).await;
    let (question, _) = elicited(&mut client, called(2, TOOL, &arguments(), &json!({}))).await;
    shop.served
        .dispatcher
        .policy
        .replace(tests::approval_fixture::policy_requiring_approval(policy::Effect::Write, true));
    let answer = client.request(answered(&question, &json!({"action": "accept", "content": {"approve": true}}))).await;
    assert_eq!(answer["result"]["_meta"]["juju-mcp/code"], "not_approved", "{answer}");
    assert_eq!((shop.units_added(), shop.last_close().await.0), (0, Outcome::Denied));
}

#[tokio::test]
async fn command_tool_state_is_bound_to_the_outer_call() {
    let shop = shop().await;
    let run = async |path: &str, tool: &str, args: &Value, more: Value| {
        shop.call_at(path, "admin", tool, args, &with_elicitation(more)).await
    };
    let asked = run("/mcp", "juju_run_command", &inner(), json!({})).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    // the same act by the same caller, but not the call that received this state
    let other = json!({"command": "juju add-unit", "arguments": arguments()});
    for (path, tool, args) in
        [("/mcp", TOOL, &arguments()), ("/mcp/full", TOOL, &arguments()), ("/mcp", "juju_run_command", &other)]
    {
        let refused = run(path, tool, args, yes(&asked)).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{path} {tool}: {refused}");
        assert_eq!((shop.units_added(), shop.last_close().await.0), (0, Outcome::Denied), "{path} {tool}");
    }
    let done = run("/mcp", "juju_run_command", &inner(), yes(&asked)).await;
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn read_command_can_require_approval() {
    let shop = shop().await;
    shop.served
        .dispatcher
        .policy
        .replace(tests::approval_fixture::policy_requiring_approval(policy::Effect::Read, false));
    let args = json!({"command": "models", "arguments": {}});
    let mut client = shop.stdio_client();
    let asked = client.request(modern(1, "juju_read_command", &args, &json!({}))).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let done = client.request(modern(2, "juju_read_command", &args, &yes(&asked["result"]))).await;
    assert!(done["result"]["content"][0]["text"].as_str().is_some_and(|text| text.contains("shop")), "{done}");
    let (tool, ending) = shop.close_records().await.pop().expect("an ending");
    assert_eq!((tool.as_str(), ending.outcome), ("juju_models", Outcome::Done));
}
