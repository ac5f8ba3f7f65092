//! Migrations, and the ends of controllers: the real client goes on after its request, so these have tests of their own.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{SideBySide, side_by_side::simulator};

use super::{Twins, recorded, without};

/// Time in which the real client sends its request; then it waits for the end of the controller, which the simulator lacks.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// An estate in a cloud that the client opens without a network.
fn estate(folder: &std::path::Path) -> String {
    let file = folder.join("manual.yaml");
    let text = "cloud: {name: mine, type: manual, region: default, endpoint: 127.0.0.1}\n\
        models:\n  shop:\n    applications:\n      web: {units: 1}\n";
    std::fs::write(&file, text).expect("a scenario");
    file.display().to_string()
}

/// The requests of both, of which the client's may still be without an end.
async fn requests(scenario: &str, (tool, arguments, words): (&str, Value, &[&str])) -> (Vec<Value>, Vec<Value>) {
    let twins = Twins::start(scenario).await;
    twins.ours.juju_mcp(tool, &arguments).await.unwrap_or_else(|refusal| panic!("{tool}: {refusal}"));
    let client = async {
        let printed = twins.theirs.juju_cli_text(words).await;
        panic!("juju {words:?} ends: {printed:?}")
    };
    let sent = async {
        loop {
            let wanted = recorded(&twins.their_simulator);
            if wanted.iter().any(|request| request["method"] == "DestroyController") {
                return wanted;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let wanted = tokio::select! {
        wanted = sent => wanted,
        () = client => Vec::new(),
        () = tokio::time::sleep(REQUEST_TIMEOUT) => panic!("juju {words:?} sends no request"),
    };
    (recorded(&twins.our_simulator), wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn ends_of_controllers_send_the_requests_of_the_real_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = estate(folder.path());
    let cases: [(&str, Value, &[&str]); 3] = [
        (
            "destroy-controller",
            json!({"name": "simulated", "destroy_all_models": true, "destroy_storage": true}),
            &["destroy-controller", "simulated", "--no-prompt", "--destroy-all-models", "--destroy-storage"],
        ),
        (
            "destroy-controller",
            json!({"name": "simulated", "destroy_all_models": true, "release_storage": true, "force": true,
                "no_wait": true, "model_timeout": "10m"}),
            &[
                "destroy-controller",
                "simulated",
                "--no-prompt",
                "--destroy-all-models",
                "--release-storage",
                "--force",
                "--no-wait",
                "--model-timeout",
                "10m",
            ],
        ),
        ("kill-controller", json!({"name": "simulated"}), &["kill-controller", "simulated", "--no-prompt"]),
    ];
    for case in cases {
        let name = format!("{} {}", case.0, case.1);
        let (sent, wanted) = Box::pin(requests(&scenario, case)).await;
        assert_eq!(json!(sent), json!(wanted), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn migration_sends_the_requests_of_the_real_client() {
    let (first, second, target) = (simulator("shop").await, simulator("shop").await, simulator("empty").await);
    let ours = SideBySide::on_simulator(&first).await.with_second_controller("west", &target).await;
    let theirs = SideBySide::on_simulator(&second).await.with_second_controller("west", &target).await;
    let arguments = json!({"controller": "simulated", "model": "shop", "target_controller": "west"});
    ours.juju_mcp("migrate", &arguments).await.expect("started");
    theirs.juju_cli_text(&["migrate", "simulated:shop", "west"]).await.expect("started");
    let (sent, wanted) = (json!(recorded(&first)), json!(recorded(&second)));
    // a server has no macaroons; the client sends an empty list
    let reduced = |requests: &Value| without(requests, &["macaroons"]);
    assert_eq!(reduced(&sent), reduced(&wanted));
    assert_eq!(sent.as_array().map(Vec::len), Some(1), "{sent}");
}
