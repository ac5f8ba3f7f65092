//! Answers claim no more than was looked at: partial results are named as partial, requests are not reported as results.

use std::time::Duration;

use dispatch::Refusal;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, side_by_side::simulator, wait_until};

/// The text and the data of an answer.
async fn answer(pair: &SideBySide, tool: &str, arguments: Value) -> (String, Value) {
    let reply = pair.juju_mcp(tool, &arguments).await;
    let reply = reply.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal} ({:?})", refusal.remedy()));
    (reply.text, reply.value)
}

async fn refusal(pair: &SideBySide, tool: &str, arguments: Value) -> String {
    match pair.juju_mcp(tool, &arguments).await {
        Ok(reply) => panic!("{tool} {arguments} was done: {}", reply.text),
        Err(refusal) => format!("{refusal} {}", refusal.remedy().unwrap_or_default()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_with_unreadable_storage_shows_the_rest_and_names_it() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let (_, whole) =
        answer(&pair, "status", json!({"model": "shop", "selectors": ["postgresql"], "format": "json"})).await;
    let storage = whole["storage"]["storage"].as_object().unwrap_or_else(|| {
        panic!("the shop has no storage: {:?}", whole.as_object().map(|all| all.keys().collect::<Vec<_>>()))
    });
    let id = storage.keys().next().expect("an instance").clone();
    simulator.inject(format!("lose-filesystem {id}").parse().expect("a fault")).await.expect("injected");
    for format in ["concise", "detailed", "json"] {
        let arguments = json!({"model": "shop", "selectors": ["postgresql"], "format": format});
        let (text, _) = answer(&pair, "status", arguments).await;
        assert!(text.contains("postgresql") && text.contains(&id) && text.contains("not found"), "{format}: {text}");
    }
    let (text, _) = answer(&pair, "destroy-model", json!({"model": "shop", "dry_run": true})).await;
    assert!(text.contains("storage-not-shown") && text.contains(&id), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_with_one_unit_down_returns_the_others_and_what_is_pending() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let (_, status) = answer(&pair, "status", json!({"model": "shop", "format": "json"})).await;
    let machine =
        |unit: &str| status["applications"]["web"]["units"][unit]["machine"].as_str().expect("placed").to_owned();
    simulator.inject(format!("machine-down {}", machine("web/1")).parse().expect("a fault")).await.expect("injected");
    let exec = json!({"model": "shop", "command": "uptime", "units": ["web/0", "web/1"], "wait": 4});
    let (text, value) = answer(&pair, "exec", exec).await;
    assert_eq!(value["web/0"]["status"], "completed", "{value}");
    assert_eq!(value["not-ended"]["units"], json!(["web/1"]), "{value}");
    assert!(text.contains("not-ended") && text.contains("juju_show_operation"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_are_the_newest_and_their_number_is_named() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let mut ids = Vec::new();
    for _ in 0..51 {
        let exec = json!({"model": "shop", "command": "true", "units": ["web/0"], "background": true});
        let (_, begun) = answer(&pair, "exec", exec).await;
        ids.push(begun["operation"].as_str().expect("an id").to_owned());
    }
    let (text, value) = answer(&pair, "operations", json!({"model": "shop", "format": "json"})).await;
    let shown = value.as_object().map_or(0, serde_json::Map::len);
    assert!(value.get(&ids[50]).is_some() && value.get(&ids[0]).is_none(), "{shown} of {ids:?}");
    assert!(value["not-shown"].as_str().is_some_and(|note| note.starts_with("50 of 51")), "{value}");
    assert!(text.contains("50 of 51"), "{text}");
    let (_, older) = answer(&pair, "operations", json!({"model": "shop", "format": "json", "offset": 50})).await;
    assert!(older.get(&ids[0]).is_some() && older.get(&ids[1]).is_none(), "{older}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_of_an_application_named_like_a_tag_is_found() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let deploy = json!({"model": "shop", "charm": "postgresql", "application_name": "model-registry"});
    answer(&pair, "deploy", deploy).await;
    wait_until("the application has log lines", async || {
        let (text, value) =
            answer(&pair, "debug-log", json!({"model": "shop", "include": ["model-registry"], "format": "json"})).await;
        let lines = value["lines"].as_array().expect("lines");
        assert!(
            lines
                .iter()
                .all(|line| line["entity"].as_str().is_some_and(|name| name.starts_with("unit-model-registry-")))
        );
        if lines.is_empty() { Err(text) } else { Ok(()) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removal_of_a_dying_application_needs_no_second_approval() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.fail_payment_hook(&simulator).await;
    let remove = json!({"model": "shop", "applications": ["payment"]});
    answer(&pair, "remove-application", remove.clone()).await;
    let dying = |now: &Value| now["applications"]["payment"]["life"] == "dying";
    pair.status_until("shop", "the application is dying", dying).await;
    let (text, _) = answer(&pair, "status", json!({"model": "shop"})).await;
    assert!(!text.contains("all well") && text.contains("it is being removed"), "{text}");

    pair.dispatcher.policy.replace(Policy::read(&[], BuiltinRules::All).expect("the rules"));
    let (text, value) = answer(&pair, "remove-application", remove.clone()).await;
    assert_eq!(value["already_removing"], json!(["payment"]), "{text}");
    let (_, value) = answer(&pair, "remove-unit", json!({"model": "shop", "units": ["payment/0"]})).await;
    assert_eq!(value["already_removing"], json!(["payment/0"]), "{value}");
    // what does more than what is under way is asked about, and so is what is alive
    for arguments in [
        json!({"model": "shop", "applications": ["payment"], "force": true}),
        json!({"model": "shop", "applications": ["payment", "web"]}),
    ] {
        let refused = pair.juju_mcp("remove-application", &arguments).await;
        assert!(matches!(refused, Err(Refusal::ApprovalRequired(_))), "{arguments}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_for_a_model_of_another_name_is_not_found() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let nonsense = json!({"model": "shop", "kind": "model", "name": "nonsense"});
    let text = refusal(&pair, "wait-for", nonsense).await;
    assert!(text.contains("model \"nonsense\" not found") && text.contains("juju_models"), "{text}");
    for name in ["shop", "admin/shop"] {
        answer(&pair, "wait-for", json!({"model": "shop", "kind": "model", "name": name})).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_on_a_silent_controller_does_not_claim_absence() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    answer(&pair, "status", json!({"model": "shop"})).await;
    let wait =
        json!({"model": "shop", "kind": "application", "name": "web", "query": "exposed==false", "timeout": "1s"});
    simulator.inject("delay 3000".parse().expect("a fault")).await.expect("injected");
    let text = refusal(&pair, "wait-for", wait).await;
    assert!(text.contains("is not known") && text.contains("reported nothing"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_goes_on_over_a_new_connection() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let wait =
        json!({"model": "shop", "kind": "application", "name": "web", "query": "exposed==false", "timeout": "2m"});
    let change = async {
        // the wait has begun, its connection breaks, and then what it waits for comes
        tokio::time::sleep(Duration::from_secs(1)).await;
        simulator.inject("drop-connections".parse().expect("a fault")).await.expect("injected");
        tokio::time::sleep(Duration::from_secs(1)).await;
        answer(&pair, "unexpose", json!({"model": "shop", "application": "web"})).await;
    };
    answer(&pair, "expose", json!({"model": "shop", "application": "web"})).await;
    let (waited, ()) = tokio::join!(pair.juju_mcp("wait-for", &wait), change);
    assert_eq!(waited.expect("it goes on").value["properties"]["exposed"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resolved_reports_a_request_and_what_to_look_at() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.fail_payment_hook(&simulator).await;
    let (text, value) = answer(&pair, "resolved", json!({"model": "shop", "units": ["payment/0"]})).await;
    assert_eq!(value["asked_to_retry"], json!(["payment/0"]), "{value}");
    assert!(text.contains("may fail again") && text.contains("juju_show_status_log"), "{text}");
    let (text, _) = answer(&pair, "show-status-log", json!({"model": "shop", "entity_name": "payment/0"})).await;
    assert!(text.contains("Z ") && !text.contains('.'), "no parts of seconds: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_item_of_a_read_does_not_hide_the_others() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    let (text, value) =
        answer(&pair, "show-application", json!({"model": "shop", "applications": ["web", "nope"]})).await;
    assert!(value["web"]["charm"].is_string(), "{value}");
    assert!(value["nope"]["error"].as_str().is_some_and(|error| error.contains("not found")), "{value}");
    assert!(text.contains("nope"), "{text}");
    let (_, value) = answer(&pair, "show-unit", json!({"model": "shop", "units": ["web/0", "web/99"]})).await;
    assert!(value["web/0"]["charm"].is_string() && value["web/99"]["error"].is_string(), "{value}");
    let text = refusal(&pair, "show-application", json!({"model": "shop", "applications": ["nope"]})).await;
    assert!(text.contains("nope"), "{text}");
}

async fn check_second_relation(pair: &SideBySide, model: &str, endpoints: [&str; 2]) {
    let relate = json!({"model": model, "endpoints": endpoints});
    let _ = pair.juju_mcp("integrate", &relate).await; // it may exist already
    let text = refusal(pair, "integrate", relate).await;
    assert!(text.contains("already exists"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_relation_exists_already_on_the_simulated_controller() {
    let simulator = simulator("shop").await;
    check_second_relation(
        &SideBySide::on_simulator(&simulator).await,
        "shop",
        ["payment:database", "postgresql:database"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn second_relation_and_bundle_have_clear_sentences_on_the_real_controller() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    check_second_relation(&pair, "prod", ["web:db", "db:server"]).await;
    let text = refusal(&pair, "deploy", json!({"model": "prod", "charm": "blog"})).await;
    assert!(text.contains("is a bundle") && text.contains("one by one"), "{text}");
    let text = refusal(&pair, "wait-for", json!({"model": "prod", "kind": "model", "name": "nonsense"})).await;
    assert!(text.contains("not found"), "{text}");
}

#[tokio::test]
async fn wait_for_one_unit_that_does_not_get_there_reports_the_others() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.fail_payment_hook(&simulator).await;
    let settled = json!({"model": "shop", "kind": "units", "name": "web", "timeout": "3m"});
    answer(&pair, "wait-for", settled.clone()).await;
    let both = json!({"model": "shop", "kind": "units", "name": "web", "also": ["unit payment/0"], "timeout": "2s"});
    let refusal = pair.juju_mcp("wait-for", &both).await.expect_err("a hook failed").to_string();
    assert!(
        refusal.contains("unit payment/0 did not get there within 2 s") && refusal.contains("\"error\""),
        "{refusal}"
    );
    assert!(refusal.contains("these did: units of web"), "{refusal}");
}
