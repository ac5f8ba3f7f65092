//! Custom roles in the dispatcher: permissions depend on tool, model and arguments; other tools are neither listed nor run.

use audit::{Outcome, Phase};
use dispatch::Refusal;
use juju_sim::Simulator;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{SideBySide, TestServer, raw_http::Request, side_by_side::simulator, test_server::ServerSetup};

const ROLES: &str = "
roles:
  web-team:
    description: Maintains the web application of the shop, in small steps.
    allow:
      - {tools: [status, show-application]}
      - {tools: add-unit, models: shop, applications: web, arguments: {num_units: {max: 2}}}
      - {tools: expose, models: 'dev-*'}
    deny:
      - {tools: status, models: controller}
";

/// A dispatcher with the simulated shop, a policy of this text and no built-in rules.
async fn shop(text: &str) -> (Simulator, SideBySide) {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.status_until("shop", "it answers", |_| true).await;
    pair.dispatcher.policy.replace(Policy::read(&[("own.yaml", text)], BuiltinRules::None).expect("good"));
    (simulator, pair)
}

fn writes(simulator: &Simulator) -> u64 {
    simulator.writes().values().sum()
}

/// Outcome and reason of the last act.
async fn last_end(pair: &SideBySide) -> (Outcome, String) {
    let records = pair.ledger_records().await;
    let ends = records.into_iter().rev().filter_map(|record| match record.phase {
        Phase::Close(ending) => Some((ending.outcome, ending.reason)),
        Phase::Open(_) => None,
    });
    ends.take(1).next().expect("an end")
}

#[tokio::test]
async fn role_permissions_depend_on_model_and_arguments() {
    let (simulator, pair) = shop(ROLES).await;
    let web = |number: u32| json!({"model": "shop", "application": "web", "num_units": number});
    for (tool, arguments, part) in [
        ("status", json!({"model": "controller"}), "role `web-team` forbids `juju_status` in `admin/controller`"),
        (
            "expose",
            json!({"model": "shop", "application": "web"}),
            "`juju_expose` in `admin/shop` is not allowed to role",
        ),
        ("add-unit", web(3), "is not allowed to role `web-team` here with these arguments"),
        ("add-unit", json!({"model": "shop", "application": "cart"}), "here with these arguments"),
        (
            "machines",
            json!({"model": "shop"}),
            "`juju_machines` in `admin/shop` is not allowed to role `web-team`; use",
        ),
        (
            "remove-unit",
            json!({"model": "shop", "units": ["web/0"]}),
            "`juju_remove_unit` in `admin/shop` is not allowed to role `web-team`; use",
        ),
    ] {
        let refusal = pair.juju_mcp_as("web-team", tool, &arguments).await.expect_err("denied");
        assert!(matches!(refusal, Refusal::Denied(_)) && refusal.to_string().contains(part), "{tool}: {refusal}");
        let (outcome, reason) = last_end(&pair).await;
        assert_eq!((outcome, reason.as_str()), (Outcome::Denied, refusal.to_string().as_str()), "{tool}");
    }
    assert_eq!(writes(&simulator), 0);
    pair.juju_mcp_as("web-team", "status", &json!({"model": "shop"})).await.expect("allowed");
    pair.juju_mcp_as("web-team", "add-unit", &web(2)).await.expect("allowed");
    assert_eq!(writes(&simulator), 1);
}

#[tokio::test]
async fn hidden_tool_is_not_listed_and_every_call_is_denied_and_recorded() {
    let simulator = simulator("shop").await;
    let folder = tempfile::tempdir().expect("a folder");
    // replaces a built-in role, because the tokens of the test server have built-in roles
    let policy = Policy::read(&[("own.yaml", &ROLES.replace("web-team", "viewer"))], BuiltinRules::None).expect("good");
    let served = TestServer::with(
        folder.path(),
        ServerSetup { policy, ..ServerSetup::with_simulator(&simulator, folder.path()).await },
    )
    .await;
    let send = async |path: &str, method: &str, params: Value| {
        let request = Request::modern(path, method, params).token(served.token("viewer"));
        request.send(served.address).await.expect("an answer").json()["result"].clone()
    };
    let names = async |path: &str| {
        let list = send(path, "tools/list", json!({})).await;
        let tools = list["tools"].as_array().cloned().expect("tools").into_iter();
        tools.map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let listed = names("/mcp/full").await;
    assert_eq!(listed, ["juju_add_unit", "juju_expose", "juju_show_application", "juju_status"]);
    assert!(names("/mcp").await.contains(&"juju_run_command".to_owned()));
    let found =
        send("/mcp", "tools/call", json!({"name": "juju_find_command", "arguments": {"query": "status of machines"}}))
            .await;
    let text = found["content"][0]["text"].as_str().expect("a text");
    let commands: Vec<_> = text.lines().filter_map(|line| line.split_once(" (")).map(|(command, _)| command).collect();
    let visible = ["add-unit", "expose", "show-application", "status"];
    assert!(!commands.is_empty() && commands.iter().all(|command| visible.contains(command)), "{found}");
    for (path, name, arguments) in [
        ("/mcp/full", "juju_machines", json!({"model": "shop"})),
        ("/mcp/full", "juju_machines", json!({"model": "no-such-model"})),
        ("/mcp/full", "juju_machines", json!({"modell": "shop"})),
        ("/mcp", "juju_run_command", json!({"command": "machines", "arguments": {"colour": "red"}})),
    ] {
        let before = served.ledger_records().await.len();
        let refused = send(path, "tools/call", json!({"name": name, "arguments": arguments})).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "permission_denied", "{refused}");
        let records = served.ledger_records().await;
        assert_eq!(records.len(), before + 2, "{arguments}");
        let Phase::Close(ending) = &records[before + 1].phase else { panic!("no end") };
        assert_eq!(ending.outcome, Outcome::Denied);
        let Phase::Open(beginning) = &records[before].phase else { panic!("no beginning") };
        assert_eq!(beginning.event.name(), "juju_machines");
    }
}

#[tokio::test]
async fn warning_is_returned_beside_the_result() {
    let text = "
settings: {production_models: [shop]}
rules:
  - {name: small-steps, severity: low, check: units.added <= 1, message: 'One unit at a time', applies_to: {production: true}}
  - {name: few-units, severity: critical, check: units.total <= 5, message: 'Five units are enough'}
";
    let (simulator, pair) = shop(text).await;
    let add = |number: u32| json!({"model": "shop", "application": "web", "num_units": number});
    let reply = pair.juju_mcp("add-unit", &add(1)).await.expect("done");
    assert_eq!(reply.warnings, []);
    let reply = pair.juju_mcp("add-unit", &add(2)).await.expect("done with a warning");
    let warnings: Vec<_> = reply.warnings.iter().map(|hit| (hit.rule.as_str(), hit.sentence())).collect();
    assert_eq!(warnings, [("small-steps", "One unit at a time (`units.added` is 2)".to_owned())]);
    // two existing units and three added ones: the rule counts both
    let refusal = pair.juju_mcp("add-unit", &add(1)).await.expect_err("one too many").to_string();
    assert_eq!(refusal, "denied: forbidden by rule `few-units`: Five units are enough (`units.total` is 6)");
    assert_eq!(writes(&simulator), 2);
}

#[tokio::test]
async fn budget_counts_performed_acts_only() {
    let text = "
rules:
  - {name: slow, severity: critical, check: 'budget \"2 acts per 1h per caller\"', message: 'Not so fast'}
  - {name: calm, severity: critical, check: not force, message: 'No force'}
";
    let (simulator, pair) = shop(text).await;
    let expose = |dry_run: bool| json!({"model": "shop", "application": "web", "dry_run": dry_run});
    for _ in 0..4 {
        pair.juju_mcp("expose", &expose(true)).await.expect("a preview");
        let forced = json!({"model": "shop", "units": ["web/0"], "force": true});
        pair.juju_mcp("remove-unit", &forced).await.expect_err("denied");
    }
    for _ in 0..2 {
        pair.juju_mcp("expose", &expose(false)).await.expect("done");
    }
    let refusal = pair.juju_mcp("expose", &expose(false)).await.expect_err("too many").to_string();
    assert!(refusal.contains("Not so fast (3 acts of 2 for this caller, this one included)"), "{refusal}");
    pair.juju_mcp("status", &json!({"model": "shop"})).await.expect("a read does not use the budget");
    assert_eq!(writes(&simulator), 2);
}

#[tokio::test]
async fn validate_action_explains_an_act_without_performing_it() {
    let simulator = simulator("shop").await;
    let folder = tempfile::tempdir().expect("a folder");
    let policy = Policy::builtin().expect("part of the program");
    let served = TestServer::with(
        folder.path(),
        ServerSetup { policy, ..ServerSetup::with_simulator(&simulator, folder.path()).await },
    )
    .await;
    let validate = async |role: &str, action: Value| {
        let params = json!({"name": "validate_action", "arguments": {"action": action}});
        let request = Request::modern("/mcp", "tools/call", params).token(served.token(role));
        request.send(served.address).await.expect("an answer").json()["result"].clone()
    };
    let verdict = async |role: &str, action: Value| {
        let result = validate(role, action).await;
        serde_json::from_str::<Value>(result["content"][0]["text"].as_str().expect("a text")).expect("JSON")
    };
    let seed = json!({"type": "create_cluster", "node_count": 15, "gpu_enabled": true});
    let result = verdict("operator", seed).await;
    assert_eq!((&result["allowed"], &result["requires_approval"]), (&json!(false), &json!(true)), "{result}");
    let rules: Vec<_> = result["rules"].as_array().expect("rules").iter().map(|rule| &rule["rule"]).collect();
    assert_eq!(rules, ["gpu-needs-approval", "large-node-count-needs-approval"]);
    let few = verdict("operator", json!({"type": "create_cluster", "node_count": 3})).await;
    assert_eq!((&few["allowed"], &few["reasons"]), (&json!(true), &json!([])), "{few}");
    let units = json!({"type": "add-unit", "model": "shop", "application": "web", "num_units": 15});
    let result = verdict("operator", units.clone()).await;
    assert!(result["reasons"][0].as_str().is_some_and(|text| text.contains("`nodes.added` is 15")), "{result}");
    let result = verdict("viewer", units).await;
    assert_eq!((&result["allowed"], &result["requires_approval"]), (&json!(false), &json!(false)), "{result}");
    assert!(
        result["reasons"][0].as_str().is_some_and(|text| text.contains("not allowed to role `viewer`")),
        "{result}"
    );
    let odd = validate("operator", json!({"type": "add-unit", "model": "shop"})).await;
    assert_eq!((&odd["isError"], &odd["_meta"]["juju-mcp/code"]), (&json!(true), &json!("invalid_arguments")), "{odd}");
    assert_eq!(simulator.writes().values().sum::<u64>(), 0);
    let dry = served.ledger_records().await;
    let dry = dry.iter().filter(|record| matches!(&record.phase, Phase::Open(beginning) if matches!(&beginning.event, audit::AuditEvent::ToolCall(call) if call.dry_run)));
    assert_eq!(dry.count(), 4);
}
