//! The scenarios of the demo: a reader finds the cause with the existing tools, and the repair ends the outage.

use serde_json::{Value, json};
use tests::{SideBySide, side_by_side::simulator};

/// Units with a workload that is not `active`.
fn unhealthy(status: &Value) -> Vec<&str> {
    let applications = status["applications"].as_object().into_iter().flatten();
    let units = applications.flat_map(|(_, application)| application["units"].as_object().into_iter().flatten());
    units.filter(|(_, unit)| unit["workload-status"]["current"] != "active").map(|(name, _)| name.as_str()).collect()
}

async fn text(pair: &SideBySide, tool: &str, arguments: Value) -> String {
    let answer = pair.json_as("operator", tool, &arguments).await;
    answer.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal}")).to_string()
}

/// Runs a scenario: what is broken, the words that the log and the history contain, what does not help, and the repair.
async fn run(scenario: &str, broken: &[&str], evidence: &[&str], useless: &[(&str, Value)], repair: &[(&str, Value)]) {
    let simulator = simulator(scenario).await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let status = pair.json("status", &json!({"model": "shop"})).await.expect("a status");
    assert_eq!(unhealthy(&status), broken, "{scenario}");
    let log = text(&pair, "debug-log", json!({"model": "shop", "lines": 100})).await;
    let history =
        text(&pair, "show-status-log", json!({"model": "shop", "entity_name": broken[0], "type": "unit"})).await;
    let found = log + &history;
    for words in evidence {
        assert!(found.contains(words), "{scenario}: `{words}` in {found}");
    }
    let act = async |(tool, arguments): &(&str, Value)| {
        let mut arguments = arguments.clone();
        arguments["model"] = "shop".into();
        let role = if tool.starts_with("remove") { "admin" } else { "operator" };
        let reply = pair.juju_mcp_as(role, tool, &arguments).await;
        reply.unwrap_or_else(|refusal| panic!("{scenario}: {tool} {arguments}: {refusal} {:?}", refusal.remedy()));
    };
    for step in useless {
        act(step).await;
        let failed = |status: &Value| {
            let unit = &status["applications"]["payment"]["units"]["payment/0"]["workload-status"];
            unit["current"] == "error" && unhealthy(status) == broken
        };
        pair.status_until("shop", "the hook fails again", failed).await;
    }
    for step in repair {
        act(step).await;
    }
    pair.status_until("shop", "the outage is over", |status| unhealthy(status).is_empty()).await;
}

#[tokio::test]
async fn outage_by_a_charm_ends_with_the_previous_revision() {
    let resolved = ("resolved", json!({"units": ["payment/0"]}));
    Box::pin(run(
        "outage",
        &["cart/0", "payment/0", "web/0", "web/1"],
        &[
            "upgrading charm from revision 33 to revision 34",
            "KeyError: 'read-only-endpoints'",
            "payment API answers 503",
        ],
        std::slice::from_ref(&resolved),
        &[("refresh", json!({"application": "payment", "revision": 33})), resolved.clone()],
    ))
    .await;
}

#[tokio::test]
async fn outage_by_configuration_ends_when_the_option_is_reset() {
    let resolved = ("resolved", json!({"units": ["payment/0"]}));
    Box::pin(run(
        "outage-configuration",
        &["cart/0", "payment/0", "web/0", "web/1"],
        &["db-pool must be between 1 and 200, not 0", "hook \\\"config-changed\\\"", "payment API answers 503"],
        std::slice::from_ref(&resolved),
        &[("config", json!({"application": "payment", "reset": ["db-pool"]})), resolved.clone()],
    ))
    .await;
}

#[tokio::test]
async fn outage_by_a_lost_machine_ends_when_its_unit_is_replaced() {
    Box::pin(run(
        "outage-infrastructure",
        &["cart/0", "orders/0", "payment/0", "postgresql/0", "postgresql/1", "web/0", "web/1"],
        &["no quorum for a switchover", "connection to postgresql-0 timed out", "payment API answers 503"],
        &[],
        &[
            ("add-unit", json!({"application": "postgresql"})),
            ("remove-unit", json!({"units": ["postgresql/0"], "force": true})),
        ],
    ))
    .await;
}
