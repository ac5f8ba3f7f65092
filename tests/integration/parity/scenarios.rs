//! Every read of every model of the shipped scenarios equals the output of the real client.

use serde_json::{Value, json};
use tests::{SideBySide, side_by_side::simulator};

use super::{Compare, read_differs};

/// What can be read of a model, by the names in its status.
fn cases_of_model(model: &str, status: &Value) -> Vec<(&'static str, Value, Vec<String>)> {
    let mut cases = Vec::new();
    let mut add = |tool: &'static str, mut arguments: Value, words: &[&str]| {
        arguments["model"] = json!(model);
        let words = [&[tool, "-m", model][..], words].concat();
        cases.push((tool, arguments, words.into_iter().map(str::to_owned).collect()));
    };
    for tool in ["status", "machines", "offers", "spaces", "storage", "storage-pools", "firewall-rules", "secrets"] {
        add(tool, json!({}), &[]);
    }
    for tool in ["model-config", "model-constraints", "disabled-commands", "subnets", "payloads"] {
        add(tool, json!({}), &[]);
    }
    let names = |value: &Value| value.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect::<Vec<_>>();
    for application in names(&status["applications"]) {
        let one = application.as_str();
        add("show-application", json!({"applications": [one]}), &[one]);
        for tool in ["config", "constraints", "actions"] {
            add(tool, json!({"application": one}), &[one]);
        }
        add("resources", json!({"name": one}), &[one]);
        add("show-status-log", json!({"entity_name": one, "type": "application"}), &[one, "--type", "application"]);
        for unit in names(&status["applications"][one]["units"]) {
            add("show-unit", json!({"units": [unit]}), &[&unit]);
            add("show-status-log", json!({"entity_name": unit}), &[&unit]);
        }
    }
    for machine in names(&status["machines"]) {
        add("show-machine", json!({"machines": [machine]}), &[&machine]);
    }
    cases
}

/// Compares every read of every model of a scenario.
async fn reads_of_scenario_agree(scenario: &str) {
    let simulator = simulator(scenario).await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let models = pair.juju_cli(&["models"]).await.expect("models");
    let models = models["models"].as_array().cloned().unwrap_or_default();
    let (mut found, mut compared) = (Vec::new(), 0);
    for model in models.iter().filter_map(|model| model["short-name"].as_str()) {
        let status = pair.juju_cli(&["status", "-m", model]).await.expect("a status");
        for (tool, arguments, words) in cases_of_model(model, &status) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            // what the client refuses, such as machines of a cluster, is compared elsewhere
            if pair.juju_cli(&words).await.is_ok() {
                found.extend(read_differs(&pair, tool, &arguments, &words, Compare::Whole).await);
                compared += 1;
            }
        }
    }
    assert!(found.is_empty(), "{scenario}: {} differences in {compared}:\n{}", found.len(), found.join("\n"));
    assert!(compared >= 20, "{scenario}: {compared} reads");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn reads_equal_the_real_client_in_each_scenario() {
    for scenario in ["shop", "kubernetes", "regions", "outage"] {
        Box::pin(reads_of_scenario_agree(scenario)).await;
    }
}
