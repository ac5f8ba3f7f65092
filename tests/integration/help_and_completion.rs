//! Help on every command, with examples that work, and completion of arguments in both protocol eras.

use std::collections::BTreeSet;

use catalogue::{Catalogue, Tool, estimate_tokens};
use mcp::Prompts;
use serde_json::{Value, json};
use tests::{TestServer, raw_http::Request, side_by_side::simulator, test_server::ServerSetup};

use crate::dry_runs::{at_shop, estate};

/// Commands with an example that needs what the simulator is not: a terminal, a user's own client, a cloud, Charmhub, or a second
/// controller. Their examples are planned, and refused for nothing in their arguments.
const ELSEWHERE: [&str; 29] = [
    "agree",
    "agreements",
    "autoload-credentials",
    "bootstrap",
    "charm-resources",
    "dashboard",
    "debug-code",
    "debug-hooks",
    "default-credential",
    "default-region",
    "diff-bundle",
    "download",
    "download-backup",
    "find",
    "info",
    "login",
    "logout",
    "migrate",
    "register",
    "regions",
    "scp",
    "show-cloud",
    "show-credential",
    "ssh",
    "switch",
    "sync-agent-binary",
    "unregister",
    "update-public-clouds",
    "version",
];

fn examples(catalogue: &Catalogue) -> Vec<(&dyn Tool, Value)> {
    let of = |tool: &'_ dyn Tool| {
        let parsed = catalogue.examples(tool.command()).map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        parsed.collect::<Vec<_>>()
    };
    catalogue.iter().flat_map(|tool| of(tool).into_iter().map(move |example| (tool, example))).collect()
}

#[tokio::test]
async fn example_of_every_command_is_accepted_by_the_simulator() {
    let (_simulator, pair) = estate().await;
    let catalogue = Catalogue::builtin();
    // an operation and its task exist
    let exec = json!({"model": "shop", "command": "true", "units": ["web/0"]});
    pair.juju_mcp("juju_exec", &exec).await.expect("a command");
    for tool in catalogue.iter() {
        assert!(catalogue.examples(tool.command()).next().is_some(), "add an example of {}", tool.command());
    }
    let mut refused = Vec::new();
    for (tool, example) in examples(&catalogue) {
        let arguments = example.as_object().cloned().expect("an object");
        let plan = tool.plan(arguments).unwrap_or_else(|bad| panic!("{} {example}: {bad}", tool.name()));
        let program = if tool.is_client_command() { "juju " } else { "juju-mcp call " };
        assert!(plan.command_line().starts_with(program), "{}", plan.command_line());
        let dry_run = plan.unresolved_act().effect.changes();
        let answer = pair.juju_mcp(tool.name(), &at_shop(tool.name(), &example, dry_run)).await;
        if let Err(refusal) = answer {
            // the suite with real backends calls their tools
            let elsewhere = ELSEWHERE.contains(&tool.command()) || !tool.is_client_command();
            let elsewhere = elsewhere && refusal.code() != "invalid_arguments";
            if !elsewhere {
                refused.push(format!("{} {example}: {refusal}", tool.command()));
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

async fn served() -> (tempfile::TempDir, TestServer) {
    let folder = tempfile::tempdir().expect("a folder");
    let simulator = simulator("kubernetes").await;
    let mut setup = ServerSetup::with_simulator(&simulator, folder.path()).await;
    let names = [
        "controller",
        "model",
        "application",
        "unit",
        "machine",
        "endpoint",
        "action",
        "option",
        "channel",
        "user",
        "command",
        "colour",
    ];
    let arguments: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
    let prompt = json!({"name": "check", "template": "t", "arguments": arguments});
    let roles = ["viewer", "operator", "admin"].map(str::to_owned).to_vec();
    let (prompts, notes) = Prompts::read(&json!({"ops": {"prompts": [prompt]}}).to_string(), roles).expect("an object");
    assert!(notes.is_empty(), "{notes:?}");
    setup.adjust = Box::new(move |server| server.with_prompts(prompts));
    let served = TestServer::with(folder.path(), setup).await;
    // the simulator lives as long as the test
    Box::leak(Box::new(simulator));
    (folder, served)
}

async fn modern(served: &TestServer, role: &str, method: &str, params: Value) -> Value {
    let uri = params["uri"].as_str().map(str::to_owned);
    let request = Request::modern("/mcp", method, params).token(served.token(role));
    let request = if let Some(uri) = uri { request.header("mcp-name", &uri) } else { request };
    request.send(served.address).await.expect("an answer").json()
}

#[tokio::test]
async fn help_on_every_command_names_its_arguments_and_is_short() {
    let (_folder, served) = served().await;
    for tool in Catalogue::builtin().iter() {
        let call = json!({"name": "juju_help", "arguments": {"command": tool.command()}});
        let answer = modern(&served, "admin", "tools/call", call).await;
        let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
        assert!(text.starts_with(&format!("{}: ", tool.command())), "{text}");
        for name in tool.input_schema()["properties"].as_object().expect("properties").keys() {
            assert!(text.contains(&format!("\n  {name}: ")), "{name}: {text}");
        }
        for part in ["\nroles: ", "\neffect: ", "\nmodel: ", "\nexample: {", "  the same in "] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(estimate_tokens(text) <= 1_200, "{}: {} tokens", tool.command(), estimate_tokens(text));
    }
    let call = json!({"name": "juju_help", "arguments": {"command": "add-unti"}});
    let answer = modern(&served, "admin", "tools/call", call).await;
    assert!(
        answer["result"]["content"][0]["text"].as_str().is_some_and(|text| text.contains("`add-unit`")),
        "{answer}"
    );
    // a caller without the permission for a tool does not see its help
    let call = json!({"name": "juju_help", "arguments": {"command": "destroy-model"}});
    let answer = modern(&served, "viewer", "tools/call", call).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
}

fn complete(argument: &str, value: &str, context: &Value) -> Value {
    json!({"ref": {"type": "ref/prompt", "name": "ops.check"}, "argument": {"name": argument, "value": value},
        "context": {"arguments": context}})
}

fn values(answer: &Value) -> BTreeSet<String> {
    let values = answer["result"]["completion"]["values"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert!(values.len() <= 100, "{answer}");
    values.iter().map(|value| value.as_str().expect("a text").to_owned()).collect()
}

/// Argument, typed text, what the client has already, and values that are and that are not among the answer.
type Row = (&'static str, &'static str, Value, &'static [&'static str], &'static [&'static str]);

fn completions() -> Vec<Row> {
    let shop = json!({"model": "shop"});
    let web = json!({"model": "shop", "application": "web"});
    vec![
        ("controller", "sim", json!({}), &["simulated"], &[]),
        ("model", "sh", json!({}), &["admin/shop"], &["admin/edge"]),
        ("application", "", shop.clone(), &["web", "postgresql", "cart", "ntp"], &["traefik"]),
        ("application", "po", shop.clone(), &["postgresql"], &["web"]),
        ("application", "", json!({"model": "edge"}), &["traefik"], &["web"]),
        ("unit", "web/", shop.clone(), &["web/0", "web/1"], &["cart/0"]),
        ("unit", "nt", shop.clone(), &["ntp/0"], &[]),
        ("machine", "", shop.clone(), &["0"], &[]),
        ("endpoint", "", web.clone(), &["website", "cart"], &["web"]),
        ("endpoint", "web:we", shop.clone(), &["web:website"], &["web:cart"]),
        ("endpoint", "ca", shop.clone(), &["cart"], &[]),
        ("action", "re", web.clone(), &["restart"], &[]),
        ("action", "re", json!({"model": "shop", "unit": "web/0"}), &["restart"], &[]),
        ("option", "ti", web.clone(), &["title"], &["workers"]),
        ("option", "update", shop.clone(), &["update-status-hook-interval"], &[]),
        ("channel", "", json!({"model": "shop", "application": "postgresql"}), &["14/stable", "14/edge"], &[]),
        ("user", "rea", json!({}), &["reader"], &["admin"]),
        ("command", "add-u", json!({}), &["add-unit"], &["status"]),
        ("colour", "r", shop, &[], &[]),
    ]
}

#[tokio::test]
async fn completion_returns_names_of_the_estate_in_both_protocol_eras() {
    let (_folder, served) = served().await;
    let mut wrong = Vec::new();
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18",
        "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}});
    let opened = Request::rpc("/mcp", &hello).token(served.token("admin")).send(served.address).await.expect("sent");
    let session = opened.header("mcp-session-id");
    assert!(opened.json()["result"]["capabilities"]["completions"].is_object(), "{}", opened.body);
    for (argument, typed, context, present, absent) in completions() {
        let params = complete(argument, typed, &context);
        let new = modern(&served, "admin", "completion/complete", params.clone()).await;
        assert_eq!(new["result"]["resultType"], "complete", "{new}");
        let legacy = json!({"jsonrpc": "2.0", "id": 3, "method": "completion/complete", "params": params});
        let request = Request::rpc("/mcp", &legacy).header("mcp-session-id", session);
        let old = request.token(served.token("admin")).send(served.address).await.expect("an answer").json();
        let found = values(&new);
        if found != values(&old) || !present.iter().all(|name| found.contains(*name)) {
            wrong.push(format!("{argument} `{typed}` {context}: {new} {old}"));
        }
        assert!(!absent.iter().any(|name| found.contains(*name)), "{argument} `{typed}`: {found:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let info = modern(&served, "admin", "server/discover", json!({})).await;
    assert!(info["result"]["capabilities"]["completions"].is_object(), "{info}");
}

#[tokio::test]
async fn completion_for_what_does_not_exist_or_may_not_be_seen_has_no_values() {
    let (_folder, served) = served().await;
    for reference in [
        json!({"type": "ref/prompt", "name": "ops.other"}),
        json!({"type": "ref/prompt", "name": "ops.check"}),
        json!({"type": "ref/resource", "uri": "juju://other/{colour}"}),
    ] {
        let params = json!({"ref": reference, "argument": {"name": "flavour", "value": ""}});
        let answer = modern(&served, "admin", "completion/complete", params).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    let commands = values(&modern(&served, "viewer", "completion/complete", complete("command", "", &json!({}))).await);
    assert!(commands.contains("status") && !commands.contains("destroy-model"), "{commands:?}");
    // reads of an unknown model are refused, and recorded
    let missing = complete("application", "", &json!({"model": "no-such-model"}));
    assert!(values(&modern(&served, "viewer", "completion/complete", missing).await).is_empty());
    let long = complete("model", &"x".repeat(5_000), &json!({}));
    assert!(values(&modern(&served, "viewer", "completion/complete", long).await).is_empty());
    let records = serde_json::to_string(&served.ledger_records().await).expect("records");
    assert!(records.contains("juju_status"), "{records}");
}

#[tokio::test]
async fn help_is_a_resource_for_callers_who_may_use_the_command() {
    let (_folder, served) = served().await;
    let read = json!({"uri": "juju://help/add-unit"});
    let answer = modern(&served, "admin", "resources/read", read.clone()).await;
    let text = answer["result"]["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(text.starts_with("add-unit: ") && text.contains("\nexample: {"), "{text}");
    let listed = modern(&served, "viewer", "resources/list", json!({})).await.to_string();
    assert!(listed.contains("juju://help/status") && !listed.contains("juju://help/destroy-model"), "{listed}");
    for (role, uri) in
        [("viewer", "juju://help/destroy-model"), ("admin", "juju://help/no-such"), ("admin", "juju://help/a/b")]
    {
        let answer = modern(&served, role, "resources/read", json!({"uri": uri})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    let templates = modern(&served, "admin", "resources/templates/list", json!({})).await.to_string();
    assert!(templates.contains("juju://help/{command}"), "{templates}");
    let by_template = |template: &str, argument: &str, value: &str, context: Value| {
        json!({"ref": {"type": "ref/resource", "uri": template}, "argument": {"name": argument, "value": value},
            "context": {"arguments": context}})
    };
    let place = json!({"controller": "simulated", "model": "shop"});
    for (template, argument, value, context, expected) in [
        ("juju://help/{command}", "command", "add-u", json!({}), "add-unit"),
        ("juju://{controller}/{model}/status", "model", "sho", json!({"controller": "simulated"}), "admin/shop"),
        ("juju://{controller}/{model}/application/{name}", "name", "post", place.clone(), "postgresql"),
        ("juju://{controller}/{model}/unit/{name}", "name", "web/", place, "web/1"),
    ] {
        let params = by_template(template, argument, value, context);
        let found = values(&modern(&served, "admin", "completion/complete", params).await);
        assert!(found.contains(expected), "{template} {argument}: {found:?}");
    }
}
