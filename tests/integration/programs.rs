//! Commands that the program of the Juju client does, with the real client and a simulated controller.

use serde_json::json;
use tests::{SideBySide, side_by_side::simulator};

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn files_of_the_client_change_as_by_the_client_itself() {
    let simulator = simulator("kubernetes").await;
    let pair = SideBySide::on_simulator_with_client_files(&simulator).await;
    pair.juju_mcp("switch", &json!({"to": "edge"})).await.expect("switched");
    let now = pair.juju_cli_text(&["switch"]).await.expect("the client");
    assert!(now.trim_end().ends_with("/edge"), "{now}");
    let dry = pair.juju_mcp("switch", &json!({"to": "shop", "dry_run": true})).await.expect("a dry run").text;
    assert!(dry.contains("juju switch"), "{dry}");
    assert_eq!(pair.juju_cli_text(&["switch"]).await.expect("the client"), now);
    let missing = pair.juju_mcp("switch", &json!({"to": "nonsense"})).await.expect_err("no such model").to_string();
    assert!(missing.contains("no model \"nonsense\""), "{missing}");
    let region = pair.juju_mcp("default-region", &json!({"cloud": "aws", "region": "eu-west-1"})).await.expect("set");
    // the client stores it once it has a credential for the cloud
    assert!(region.provenance.untrusted && region.text.contains("eu-west-1"), "{}", region.text);
    let name = pair.controller_name();
    pair.juju_mcp("unregister", &json!({"name": name})).await.expect("forgotten");
    let left = pair.juju_cli_text(&["controllers"]).await;
    assert!(!left.unwrap_or_default().contains(&name));
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn password_goes_to_the_program_alone() {
    let simulator = simulator("kubernetes").await;
    let pair = SideBySide::on_simulator_with_client_files(&simulator).await;
    let arguments = json!({"user": "admin", "password": "Canary1hunter2"});
    let refusal = pair.juju_mcp("login", &arguments).await.map(|reply| reply.text);
    let text = refusal.unwrap_or_else(|refusal| refusal.to_string());
    let records = serde_json::to_string(&pair.ledger_records().await).expect("JSON");
    assert!(!text.contains("Canary1") && !records.contains("Canary1"), "{text}");
}

#[tokio::test]
async fn program_that_is_absent_or_needs_a_terminal_is_refused_with_a_remedy() {
    let simulator = simulator("kubernetes").await;
    let pair = SideBySide::on_simulator_with_client_files(&simulator).await;
    let hooks = json!({"model": "shop", "unit": "web/0"});
    let refusal = pair.juju_mcp("debug-hooks", &hooks).await.expect_err("no terminal");
    assert!(refusal.to_string().contains("juju debug-hooks -m admin/shop web/0"), "{refusal}");
    assert!(refusal.remedy().is_some_and(|remedy| remedy.contains("juju_exec")));
    for (tool, arguments) in [
        ("ssh", json!({"model": "shop", "target": "web/0"})),
        ("ssh", json!({"model": "shop", "target": "web/0", "command": " "})),
        ("ssh", json!({"model": "shop", "target": "-oProxyCommand=id", "command": "id"})),
        ("scp", json!({"model": "shop", "source": "/etc/passwd", "destination": "/tmp/x"})),
        ("bootstrap", json!({"cloud": "--config=x"})),
        ("bootstrap", json!({"cloud": "aws", "config": {"--x": "y"}})),
        ("unregister", json!({"name": "-x"})),
    ] {
        let refusal = pair.juju_mcp(tool, &arguments).await.expect_err(tool);
        assert_eq!(refusal.code(), "invalid_arguments", "{tool} {arguments}: {refusal}");
    }
    let copy = json!({"model": "shop", "source": "/etc/passwd", "destination": "web/0:/tmp/x"});
    let refusal = pair.juju_mcp("scp", &copy).await.expect_err("a file of the system").to_string();
    assert!(refusal.contains("--file-root"), "{refusal}");
    let without = SideBySide::on_simulator(&simulator).await;
    let refusal = without.juju_mcp("switch", &json!({"to": "shop"})).await.expect_err("no files of a user");
    assert!(refusal.to_string().contains("a user's own client"), "{refusal}");
}
