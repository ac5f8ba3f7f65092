//! Every reading command answers what the real Juju client prints with `--format json`, against the same controller: the
//! real one, and the simulated one with the same estate.

mod cases;
mod scenarios;

use self::cases::{Case, Compare, cases};
use juju_sim::Simulator;
use serde_json::{Value, json};
use tests::{RealController, SideBySide, side_by_side::simulator, wait_until, with_growing_limit};

/// The real controller's estate, as the simulator begins with it.
const ESTATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/real/compare/estate.yaml");

/// A call that fails, and a part of the sentence that both say.
type Failing = (&'static str, Value, &'static [&'static str], &'static str);

fn failing() -> Vec<Failing> {
    vec![
        (
            "show-application",
            json!({"model": "prod", "applications": ["nope"]}),
            &["show-application", "-m", "prod", "nope"],
            "application \"nope\" not found",
        ),
        (
            "show-unit",
            json!({"model": "prod", "units": ["web/99"]}),
            &["show-unit", "-m", "prod", "web/99"],
            "unit \"web/99\" not found",
        ),
        (
            "constraints",
            json!({"model": "prod", "application": "nope"}),
            &["constraints", "-m", "prod", "nope"],
            "application \"nope\" not found",
        ),
        (
            "actions",
            json!({"model": "prod", "application": "nope"}),
            &["actions", "-m", "prod", "nope"],
            "application \"nope\" not found",
        ),
        (
            "show-operation",
            json!({"model": "prod", "operation_id": "99"}),
            &["show-operation", "-m", "prod", "99"],
            "99",
        ),
        (
            "show-status-log",
            json!({"model": "prod", "entity_name": "web/99"}),
            &["show-status-log", "-m", "prod", "web/99"],
            "unit \"web/99\" not found",
        ),
        ("status", json!({"model": "missing"}), &["status", "-m", "missing"], "missing"),
    ]
}

/// Ages and the time of day differ between two calls, and only they do.
fn normalised(value: Value) -> Value {
    match value {
        Value::String(text) if text == "just now" || text.ends_with(" ago") => json!("(age)"),
        Value::Array(items) => items.into_iter().map(normalised).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| match name.as_str() {
                "timestamp" => (name, json!("(now)")),
                _ => (name, normalised(value)),
            })
            .collect(),
        other => other,
    }
}

/// The differences of two answers, by path.
fn differences(path: &str, ours: &Value, theirs: &Value, compare: Compare, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) => {
            let missing = other.keys().filter(|name| matches!(compare, Compare::Whole) && !one.contains_key(*name));
            found.extend(missing.map(|name| format!("{path}.{name}: only the client returns {}", other[name])));
            for (name, value) in one {
                let theirs = other.get(name).unwrap_or(&Value::Null);
                differences(&format!("{path}.{name}"), value, theirs, compare, found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (value, theirs)) in one.iter().zip(other).enumerate() {
                differences(&format!("{path}[{index}]"), value, theirs, compare, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: {ours}, and the client returns {theirs}")),
    }
}

/// `juju-mcp` and the `juju` client, both connected to one simulated controller.
async fn on_simulator() -> (Simulator, SideBySide) {
    let simulator = simulator(ESTATE).await;
    let pair = SideBySide::on_simulator(&simulator).await;
    (simulator, pair)
}

async fn reads_agree(pair: &SideBySide) {
    pair.juju_cli(&["run", "-m", "prod", "--wait", "3m", "web/0", "restart"]).await.expect("an operation to look at");
    for words in [
        &["add-secret", "-m", "prod", "api-key", "user=ana", "token=a=b=="][..],
        &["update-secret", "-m", "prod", "api-key", "user=bob", "--info", "For the API."],
        &["grant-secret", "-m", "prod", "api-key", "web"],
        &["disable-command", "-m", "staging", "remove-object", "frozen for a while"],
        &["disable-command", "-m", "prod", "destroy-model"],
    ] {
        pair.juju_cli_text(words).await.expect("something to look at");
    }
    let mut found = Vec::new();
    for case in cases() {
        found.extend(case_differs(pair, &case).await);
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// Where one read differs. The controller works between two reads, so a difference counts only if the client returns the same
/// before and after our read.
async fn case_differs(pair: &SideBySide, (tool, arguments, words, compare): &Case) -> Vec<String> {
    read_differs(pair, tool, arguments, words, *compare).await
}

/// The same for words of the test run.
async fn read_differs(
    pair: &SideBySide,
    tool: &str,
    arguments: &Value,
    words: &[&str],
    compare: Compare,
) -> Vec<String> {
    let controller = pair.controller_name();
    let words: Vec<_> =
        words.iter().map(|word| if *word == "CONTROLLER" { controller.as_str() } else { word }).collect();
    let words = words.as_slice();
    let theirs = async || pair.juju_cli(words).await.map(normalised);
    let mut before = theirs().await;
    wait_until(&format!("the client returns the same twice for {words:?}"), async || {
        let ours = pair.json(tool, arguments).await;
        let found = compared(words, ours.map_err(|refusal| refusal.to_string()), before.clone(), compare);
        if found.is_empty() {
            return Ok(found);
        }
        let after = theirs().await;
        let same = after == before;
        before = after;
        if same { Ok(found) } else { Err(found.join("\n")) }
    })
    .await
}

fn compared(
    words: &[&str],
    ours: Result<Value, String>,
    theirs: Result<Value, String>,
    compare: Compare,
) -> Vec<String> {
    let words = words.join(" ");
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            let ours = if theirs.is_array() { ours["result"].clone() } else { ours };
            let mut found = Vec::new();
            differences(&words, &normalised(ours), &theirs, compare, &mut found);
            found
        }
        (Err(refusal), _) => vec![format!("{words}: {refusal}")],
        (_, Err(error)) => vec![format!("{words}: the client fails: {error}")],
    }
}

async fn failures_agree(pair: &SideBySide) {
    for (tool, arguments, words, part) in failing() {
        let theirs = pair.juju_cli(words).await.expect_err("the client refuses");
        assert!(theirs.contains(part), "{words:?}: {theirs}");
        let ours = pair.juju_mcp(tool, &arguments).await.expect_err("refused").to_string();
        assert!(ours.contains(part), "{words:?}: {ours}");
    }
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn reads_equal_the_real_client() {
    let controller = RealController::start().await;
    reads_agree(&SideBySide::on_real_controller(&controller).await).await;
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn reads_equal_the_real_client_on_the_simulated_controller() {
    let (_simulator, pair) = on_simulator().await;
    reads_agree(&pair).await;
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn failures_have_the_same_reason_as_the_real_client() {
    let controller = RealController::start().await;
    failures_agree(&SideBySide::on_real_controller(&controller).await).await;
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn failures_have_the_same_reason_on_the_simulated_controller() {
    let (_simulator, pair) = on_simulator().await;
    failures_agree(&pair).await;
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn wait_for_ends_like_the_client_at_goal_and_timeout() {
    let mut controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    let theirs = pair.juju_cli_text(&["wait-for", "application", "db", "-m", "prod", "--timeout", "3m"]).await;
    let ours = pair.juju_mcp("wait-for", &json!({"model": "prod", "kind": "application", "name": "db"})).await;
    let (ours, theirs) = (ours.expect("it is well").text, theirs.expect("the client sees it too"));
    assert!(ours.starts_with(&theirs) && ours.contains("took: "), "{ours} / {theirs}");
    let cache = json!({"model": "prod", "kind": "unit", "name": "cache/0", "timeout": "3m",
        "query": "workload-status==\"active\" && agent-status==\"idle\""});
    let (waited, _) = tokio::join!(pair.juju_mcp("wait-for", &cache), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        controller.command("unit cache/0 active ready").await
    });
    let reached = json!({"workload-status": "active", "agent-status": "idle"});
    assert_eq!(waited.expect("it gets well").value["properties"], reached);
    with_growing_limit("the machine is heard of", async |limit| {
        let never = json!({"model": "prod", "kind": "machine", "name": "0", "timeout": format!("{}s", limit.as_secs()),
            "query": "status==\"down\""});
        let refusal = pair.juju_mcp("wait-for", &never).await.expect_err("it stays up").to_string();
        let state = refusal.split_once(&format!("within {} s; it is: ", limit.as_secs())).expect("a limit").1;
        (!state.starts_with("not there")).then(|| assert!(state.starts_with("{\"status\":\"started\"}"), "{refusal}"))
    })
    .await;
    let odd = json!({"model": "prod", "kind": "machine", "name": "0", "query": "colour==\"red\""});
    let refusal = pair.juju_mcp("wait-for", &odd).await.expect_err("no such name").to_string();
    assert!(refusal.contains("not: colour"), "{refusal}");
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn debug_log_equals_the_output_of_the_client() {
    let mut controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    controller.command("log unit-web-0 WARNING juju.worker.uniter the first").await;
    controller.command("log unit-db-0 ERROR juju.worker.uniter the second").await;
    controller.command("log machine-0 INFO juju.worker.machiner the third").await;
    for (arguments, words, lines) in [
        (json!({"model": "prod"}), vec![], 3),
        (json!({"model": "prod", "level": "warning"}), vec!["--level", "WARNING"], 2),
        (json!({"model": "prod", "include": ["web/0"]}), vec!["--include", "web/0"], 1),
        (json!({"model": "prod", "exclude": ["db"]}), vec!["--exclude", "unit-db-*"], 2),
    ] {
        let words = [&["debug-log", "-m", "prod", "--no-tail", "--utc"], words.as_slice()].concat();
        let theirs = pair.juju_cli_text(&words).await.expect("the client's log");
        let ours = pair.juju_mcp("debug-log", &arguments).await.expect("the log");
        assert_eq!(ours.text, theirs, "{arguments}");
        assert_eq!(ours.text.lines().count(), lines, "{arguments}");
    }
    let last = pair.juju_mcp("debug-log", &json!({"model": "prod", "lines": 1})).await.expect("the log");
    assert!(last.text.ends_with("the third\n") && last.text.lines().count() == 1, "{}", last.text);
    let odd = pair.juju_mcp("debug-log", &json!({"model": "prod", "level": "loud"})).await.expect_err("no such level");
    assert!(odd.to_string().contains("not: loud"), "{odd}");
}
