//! Own roles at the door: what they allow depends on tool, model and arguments; the rest is neither shown nor done.

use audit::{Outcome, Phase};
use dispatch::Refusal;
use juju_sim::Simulator;
use policy::{Policy, Profile};
use serde_json::{Value, json};
use tests::{SideBySide, TestServer, raw_http::Request, side_by_side::simulator, test_server::ServerSetup};

const ROLES: &str = "
roles:
  web-team:
    description: Looks after the web application of the shop, in small steps.
    allow:
      - {tools: [status, show-application]}
      - {tools: add-unit, models: shop, applications: web, arguments: {num_units: {max: 2}}}
      - {tools: expose, models: 'dev-*'}
    deny:
      - {tools: status, models: controller}
";

/// A door to the simulated shop with a policy of these texts and no shipped rules.
async fn shop(text: &str) -> (Simulator, SideBySide) {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.status_until("shop", "it answers", |_| true).await;
    pair.dispatcher.policy.replace(Policy::read(&[("own.yaml", text)], Profile::None).expect("good"));
    (simulator, pair)
}

fn writes(simulator: &Simulator) -> u64 {
    simulator.writes().values().sum()
}

/// How the last act ended: the outcome and its reason.
async fn last_end(pair: &SideBySide) -> (Outcome, String) {
    let records = pair.ledger_records().await;
    let ends = records.into_iter().rev().filter_map(|record| match record.phase {
        Phase::Close(ending) => Some((ending.outcome, ending.reason)),
        Phase::Open(_) => None,
    });
    ends.take(1).next().expect("an end")
}

#[tokio::test]
async fn what_a_role_allows_depends_on_the_model_and_on_the_arguments() {
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
            "`juju_machines` in `admin/shop` is not allowed to role `web-team`; ask",
        ),
        (
            "remove-unit",
            json!({"model": "shop", "units": ["web/0"]}),
            "`juju_remove_unit` in `admin/shop` is not allowed to role `web-team`; ask",
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
async fn a_hidden_tool_is_not_listed_and_a_call_of_it_is_denied_and_recorded_even_with_odd_arguments() {
    let simulator = simulator("shop").await;
    let folder = tempfile::tempdir().expect("a folder");
    // a shipped role by another meaning, because the tokens of this server are of the shipped ones
    let policy = Policy::read(&[("own.yaml", &ROLES.replace("web-team", "viewer"))], Profile::None).expect("good");
    let served = TestServer::with(
        folder.path(),
        ServerSetup { policy, ..ServerSetup::with_simulator(&simulator, folder.path()) },
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
        send("/mcp", "tools/call", json!({"name": "juju_find_command", "arguments": {"query": "machine"}})).await;
    let words = found["structuredContent"]["commands"].as_array().expect("commands").iter();
    assert_eq!(words.map(|found| &found["command"]).collect::<Vec<_>>(), ["status"], "{found}");
    for (path, name, arguments) in [
        ("/mcp/full", "juju_machines", json!({"model": "shop"})),
        ("/mcp/full", "juju_machines", json!({"model": "no-such-model"})),
        ("/mcp/full", "juju_machines", json!({"modell": "shop"})),
        ("/mcp", "juju_run_command", json!({"command": "machines", "arguments": {"colour": "red"}})),
    ] {
        let before = served.ledger_records().await.len();
        let refused = send(path, "tools/call", json!({"name": name, "arguments": arguments})).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "denied", "{refused}");
        let records = served.ledger_records().await;
        assert_eq!(records.len(), before + 2, "{arguments}");
        let Phase::Close(ending) = &records[before + 1].phase else { panic!("no end") };
        assert_eq!(ending.outcome, Outcome::Denied);
        let Phase::Open(beginning) = &records[before].phase else { panic!("no beginning") };
        assert_eq!(beginning.event.name(), "juju_machines");
    }
}

#[tokio::test]
async fn a_rule_that_warns_puts_its_text_beside_the_result() {
    let text = "
settings: {production: [shop]}
policies:
  - {name: small-steps, severity: low, check: units.added <= 1, message: 'One unit at a time', applies_to: {production: true}}
  - {name: few-units, severity: critical, check: units.after <= 5, message: 'Five units are enough'}
";
    let (simulator, pair) = shop(text).await;
    let add = |number: u32| json!({"model": "shop", "application": "web", "num_units": number});
    let reply = pair.juju_mcp("add-unit", &add(1)).await.expect("done");
    assert_eq!(reply.warnings, []);
    let reply = pair.juju_mcp("add-unit", &add(2)).await.expect("done with a warning");
    let told: Vec<_> = reply.warnings.iter().map(|hit| (hit.rule.as_str(), hit.sentence())).collect();
    assert_eq!(told, [("small-steps", "One unit at a time (`units.added` is 2)".to_owned())]);
    // two at first and three added: the rule knows how many there are
    let refusal = pair.juju_mcp("add-unit", &add(1)).await.expect_err("one too many").to_string();
    assert_eq!(refusal, "denied: forbidden by rule `few-units`: Five units are enough (`units.after` is 6)");
    assert_eq!(writes(&simulator), 2);
}

#[tokio::test]
async fn only_what_was_done_counts_against_a_budget() {
    let text = "
policies:
  - {name: slow, severity: critical, check: 'budget \"2 acts per 1h per caller\"', message: 'Not so fast'}
  - {name: calm, severity: critical, check: not forced, message: 'No force'}
";
    let (simulator, pair) = shop(text).await;
    let expose = |dry_run: bool| json!({"model": "shop", "application": "web", "dry_run": dry_run});
    for _ in 0..4 {
        pair.juju_mcp("expose", &expose(true)).await.expect("told");
        let forced = json!({"model": "shop", "units": ["web/0"], "force": true});
        pair.juju_mcp("remove-unit", &forced).await.expect_err("denied");
    }
    for _ in 0..2 {
        pair.juju_mcp("expose", &expose(false)).await.expect("done");
    }
    let refusal = pair.juju_mcp("expose", &expose(false)).await.expect_err("too many").to_string();
    assert!(refusal.contains("Not so fast (3 acts of 2 for this caller, this one included)"), "{refusal}");
    pair.juju_mcp("status", &json!({"model": "shop"})).await.expect("a read takes nothing of it");
    assert_eq!(writes(&simulator), 2);
}

#[tokio::test]
async fn an_act_is_validated_without_being_done_and_with_its_reasons() {
    let simulator = simulator("shop").await;
    let folder = tempfile::tempdir().expect("a folder");
    let policy = Policy::shipped().expect("part of the program");
    let served = TestServer::with(
        folder.path(),
        ServerSetup { policy, ..ServerSetup::with_simulator(&simulator, folder.path()) },
    )
    .await;
    let validate = async |role: &str, action: Value| {
        let params = json!({"name": "validate_action", "arguments": {"action": action}});
        let request = Request::modern("/mcp", "tools/call", params).token(served.token(role));
        request.send(served.address).await.expect("an answer").json()["result"].clone()
    };
    let seed = json!({"type": "create_cluster", "node_count": 15, "gpu_enabled": true});
    let told = validate("operator", seed).await["structuredContent"].clone();
    assert_eq!((&told["allowed"], &told["requires_approval"]), (&json!(false), &json!(true)), "{told}");
    let rules: Vec<_> = told["rules"].as_array().expect("rules").iter().map(|rule| &rule["rule"]).collect();
    assert_eq!(rules, ["gpu-needs-approval", "large-node-count-needs-approval"]);
    let few =
        validate("operator", json!({"type": "create_cluster", "node_count": 3})).await["structuredContent"].clone();
    assert_eq!((&few["allowed"], &few["reasons"]), (&json!(true), &json!([])), "{few}");
    let units = json!({"type": "add-unit", "model": "shop", "application": "web", "num_units": 15});
    let told = validate("operator", units.clone()).await["structuredContent"].clone();
    assert!(told["reasons"][0].as_str().is_some_and(|text| text.contains("`nodes.added` is 15")), "{told}");
    let told = validate("viewer", units).await["structuredContent"].clone();
    assert_eq!((&told["allowed"], &told["requires_approval"]), (&json!(false), &json!(false)), "{told}");
    assert!(told["reasons"][0].as_str().is_some_and(|text| text.contains("not allowed to role `viewer`")), "{told}");
    let odd = validate("operator", json!({"type": "add-unit", "model": "shop"})).await;
    assert_eq!((&odd["isError"], &odd["_meta"]["juju-mcp/code"]), (&json!(true), &json!("bad arguments")), "{odd}");
    assert_eq!(simulator.writes().values().sum::<u64>(), 0);
    let dry = served.ledger_records().await;
    let dry = dry.iter().filter(|record| matches!(&record.phase, Phase::Open(beginning) if matches!(&beginning.event, audit::AuditEvent::ToolCall(call) if call.dry_run)));
    assert_eq!(dry.count(), 4);
}
