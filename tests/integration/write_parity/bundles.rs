//! Cases of `write_parity.rs` for bundles: overlays, machines that are there already, clusters, and the same on a real controller.

use serde_json::{Value, json};
use tests::{RealController, SideBySide, wait_until};

use super::{Case, Twins};

const BUNDLE: &str = include_str!("../../fixtures/bundle/bundle.yaml");
const OVERLAY: &str = include_str!("../../fixtures/bundle/overlay.yaml");
const LATER: &str = include_str!("../../fixtures/bundle/later.yaml");
const CLUSTER: &str = include_str!("../../fixtures/bundle/cluster.yaml");
const BUNDLE_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bundle/bundle.yaml");
const OVERLAY_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bundle/overlay.yaml");
const LATER_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bundle/later.yaml");
const CLUSTER_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bundle/cluster.yaml");

/// One after the other, each on what the earlier ones left.
pub(super) fn cases() -> Vec<Case> {
    vec![
        (
            "offer",
            json!({"model": "staging", "application": "db", "endpoints": ["server"], "offer_name": "goods"}),
            &["offer", "staging.db:server", "goods", "-c", "simulated"],
        ),
        (
            "deploy",
            json!({"model": "prod", "charm": BUNDLE, "overlay": [OVERLAY]}),
            &["deploy", "-m", "prod", BUNDLE_FILE, "--overlay", OVERLAY_FILE],
        ),
        (
            "deploy",
            json!({"model": "prod", "charm": BUNDLE, "overlay": [LATER], "map_machines": "existing,0=7,1=8"}),
            &["deploy", "-m", "prod", BUNDLE_FILE, "--overlay", LATER_FILE, "--map-machines", "existing,0=7,1=8"],
        ),
        ("deploy", json!({"model": "k8s", "charm": CLUSTER}), &["deploy", "-m", "k8s", CLUSTER_FILE]),
    ]
}

/// Lines of a plan in the order of their text: the client lists offers in any order. It counts new containers from 0, whatever the
/// machine has, so their numbers are left out.
fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let without_number = |line: String| match line.split_once("/lxd/") {
        Some((before, after)) => {
            format!("{before}/lxd/{}", after.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        }
        None => line,
    };
    let mut lines: Vec<_> = lines.map(without_number).collect();
    lines.sort();
    lines
}

async fn dry_runs_agree(ours: &SideBySide, theirs: &SideBySide, (tool, arguments, words): &Case) {
    let mut arguments = arguments.clone();
    arguments["dry_run"] = json!(true);
    let reply = ours.juju_mcp(tool, &arguments).await.unwrap_or_else(|refusal| panic!("{arguments}: {refusal}"));
    let steps = reply.value["preview"]["steps"].as_array().cloned().unwrap_or_default();
    let steps = sorted(steps.iter().filter_map(Value::as_str).map(str::to_owned));
    let printed = theirs.juju_cli_text(&[words, &["--dry-run"][..]].concat()).await.expect("a dry run");
    let expected = sorted(printed.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned));
    assert_eq!(steps, expected, "{words:?}\n{}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn bundle_plan_equals_the_plan_of_the_real_client() {
    let twins = Twins::start(super::ESTATE).await;
    for case in cases() {
        if case.0 == "deploy" {
            Box::pin(dry_runs_agree(&twins.ours, &twins.theirs, &case)).await;
        }
        let (problems, _) = Box::pin(twins.run(&[case])).await;
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn bundle_on_real_controller_makes_the_model_that_the_client_makes() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    for model in ["one", "two"] {
        pair.juju_cli_text(&["add-model", model, "dummy", "--no-switch"]).await.expect("a model");
    }
    pair.juju_cli_text(&["offer", "staging.db:server", "goods"]).await.expect("an offer");
    let arguments = json!({"model": "one", "charm": BUNDLE, "overlay": [OVERLAY]});
    let words: &[&str] = &["deploy", "-m", "two", BUNDLE_FILE, "--overlay", OVERLAY_FILE];
    Box::pin(dry_runs_agree(&pair, &pair, &("deploy", arguments.clone(), words))).await;
    let reply = pair.juju_mcp("deploy", &arguments).await.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(reply.text.contains("add unit front/2 to new machine 4"), "{}", reply.text);
    pair.juju_cli_text(words).await.expect("deployed");
    wait_until("both models are the same bundle", async || {
        let exported = async |model: &str| pair.juju_cli_text(&["export-bundle", "-m", model]).await;
        let (one, two) = (exported("one").await, exported("two").await);
        if one.is_ok() && one == two { Ok(()) } else { Err(format!("{one:?}\n{two:?}")) }
    })
    .await;
    let again = pair.juju_mcp("deploy", &arguments).await.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(!again.text.contains("add unit") && !again.text.contains("add new machine"), "{}", again.text);
}
