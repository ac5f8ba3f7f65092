//! A call with a missing target is refused at once, also as a dry run: no approver receives a request for a typing error.

use audit::Outcome;
use dispatch::ApprovalSettings;
use policy::Policy;
use serde_json::{Value, json};
use tests::approval_fixture::{ApprovalFixture, policy_requiring_approval};

/// Methods with a dry run of their own; here they are called only as dry runs.
const WITH_DRY_RUN: [&str; 3] =
    ["Application.DestroyApplication", "Application.DestroyUnit", "MachineManager.DestroyMachineWithParams"];

async fn shop() -> ApprovalFixture {
    ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await
}

fn text(answer: &Value) -> &str {
    answer["content"][0]["text"].as_str().unwrap_or_default()
}

/// Checks that a call fails like on a controller, without an approval request and without a write.
async fn check_not_found(shop: &ApprovalFixture, tool: &str, arguments: &Value, what: &str) {
    for dry_run in [false, true] {
        let mut arguments = arguments.clone();
        arguments["model"] = "shop".into();
        arguments["dry_run"] = dry_run.into();
        let answer = shop.call("admin", tool, &arguments, &json!({})).await;
        assert!(text(&answer).contains(what), "{tool} {arguments}: {answer}");
        assert_eq!(answer["isError"], true, "{tool} {arguments}");
        assert_eq!(shop.last_close().await, (Outcome::Failed, None), "{tool} {arguments}");
    }
    let (_, listed) = shop.api("approver", "GET", "", &Value::Null).await;
    assert_eq!(listed["approvals"], json!([]), "{tool}: no approval request");
    let mut writes = shop.simulator.writes();
    writes.retain(|method, _| !WITH_DRY_RUN.contains(&method.as_str()));
    assert!(writes.is_empty(), "{tool}: {writes:?}");
}

#[tokio::test]
async fn missing_target_is_refused_without_approval_request() {
    let shop = shop().await;
    let (application, unit, machine) =
        ("application \"nope\" not found", "unit \"web/99\" not found", "machine 99 not found");
    for (tool, arguments, what) in [
        ("juju_add_unit", json!({"application": "nope", "num_units": 2}), application),
        ("juju_expose", json!({"application": "nope"}), application),
        ("juju_trust", json!({"application": "nope"}), application),
        ("juju_config", json!({"application": "nope", "values": {"title": "x"}}), application),
        ("juju_set_constraints", json!({"application": "nope", "constraints": "mem=1G"}), application),
        ("juju_offer", json!({"application": "nope", "endpoints": ["website"]}), application),
        ("juju_integrate", json!({"endpoints": ["web", "nope"]}), application),
        ("juju_remove_relation", json!({"endpoints": ["nope:db", "web"]}), application),
        ("juju_remove_application", json!({"applications": ["nope"]}), application),
        ("juju_exec", json!({"command": "true", "applications": ["nope"]}), application),
        ("juju_exec", json!({"command": "true", "units": ["web/99"]}), unit),
        ("juju_run", json!({"action": "restart", "units": ["web/0", "web/99"]}), unit),
        ("juju_run", json!({"action": "restart", "units": ["nope/leader"]}), "unit \"nope/leader\" not found"),
        ("juju_resolved", json!({"units": ["web/99"]}), unit),
        ("juju_remove_unit", json!({"units": ["web/99"]}), "unit \"web/99\" does not exist"),
        ("juju_exec", json!({"command": "true", "machines": ["99"]}), machine),
        ("juju_remove_machine", json!({"machines": ["99"]}), machine),
    ] {
        check_not_found(&shop, tool, &arguments, what).await;
    }
}

#[tokio::test]
async fn missing_target_under_unit_rule_requests_no_approval() {
    let shop = shop().await;
    shop.served.dispatcher.policy.replace(Policy::builtin().expect("part of the program"));
    check_not_found(
        &shop,
        "juju_add_unit",
        &json!({"application": "nope", "num_units": 2}),
        "application \"nope\" not found",
    )
    .await;
}

#[tokio::test]
async fn missing_target_refusal_equals_the_error_of_the_controller() {
    let shop = shop().await;
    for (tool, arguments) in [
        ("juju_add_unit", json!({"model": "shop", "application": "nope"})),
        ("juju_expose", json!({"model": "shop", "application": "nope"})),
        ("juju_set_constraints", json!({"model": "shop", "application": "nope", "constraints": "mem=1G"})),
        ("juju_remove_machine", json!({"model": "shop", "machines": ["99"]})),
    ] {
        shop.served.dispatcher.policy.replace(Policy::without_rules().expect("the policy"));
        let controllers = shop.call("admin", tool, &arguments, &json!({})).await;
        shop.served.dispatcher.policy.replace(policy_requiring_approval(policy::Effect::Write, false));
        let ours = shop.call("admin", tool, &arguments, &json!({})).await;
        let (ours_code, code) = (&ours["_meta"]["juju-mcp/code"], &controllers["_meta"]["juju-mcp/code"]);
        assert_eq!((text(&ours), ours_code), (text(&controllers), code), "{tool}");
    }
}

#[tokio::test]
async fn existing_or_new_target_requests_an_approval() {
    let shop = shop().await;
    for (tool, arguments) in [
        ("juju_deploy", json!({"charm": "postgresql", "application_name": "new"})),
        ("juju_expose", json!({"application": "web"})),
        ("juju_exec", json!({"command": "true", "units": ["web/0"]})),
        ("juju_exec", json!({"command": "true", "machines": ["0"]})),
        ("juju_run", json!({"action": "restart", "units": ["web/leader"]})),
    ] {
        let mut arguments = arguments;
        arguments["model"] = "shop".into();
        let asked = shop.call("admin", tool, &arguments, &json!({})).await;
        assert_eq!(asked["_meta"]["juju-mcp/code"], "approval_required", "{tool}: {asked}");
    }
}
