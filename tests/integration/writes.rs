//! Every writing command, on the real and on the simulated controller: the `juju` client confirms each effect.

use std::collections::BTreeMap;

use audit::{Outcome, Phase};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, side_by_side::simulator};

/// Runs commands on one model and counts them.
struct Work<'a> {
    pair: &'a SideBySide,
    model: &'static str,
    done: BTreeMap<&'static str, usize>,
}

impl Work<'_> {
    async fn act(&mut self, tool: &'static str, mut arguments: Value) -> Value {
        if arguments.get("model").is_none() && tool != "add-model" {
            arguments["model"] = json!(self.model);
        }
        let reply = self.pair.juju_mcp(tool, &arguments).await;
        let reply = reply.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal} ({:?})", refusal.remedy()));
        assert!(!reply.text.trim().is_empty(), "{tool} has no text");
        *self.done.entry(tool).or_default() += 1;
        reply.value
    }

    async fn wait_until(&self, what: &str, settled: impl Fn(&Value) -> bool) -> Value {
        self.pair.status_until(self.model, what, settled).await
    }

    /// The output of the `juju` client; `None` where it is not installed.
    async fn juju_cli(&self, words: &[&str]) -> Option<Value> {
        if !self.pair.has_juju_cli() {
            return None;
        }
        Some(self.pair.juju_cli(words).await.unwrap_or_else(|error| panic!("juju {words:?}: {error}")))
    }
}

fn units(status: &Value, application: &str) -> usize {
    status["applications"][application]["units"].as_object().map_or(0, serde_json::Map::len)
}

fn is_active(status: &Value, application: &str, number: usize) -> bool {
    let idle =
        |unit: &Value| unit["workload-status"]["current"] == "active" && unit["juju-status"]["current"] == "idle";
    let all = status["applications"][application]["units"].as_object();
    all.is_some_and(|all| all.len() == number && all.values().all(idle))
}

/// Creates, changes and destroys a model with every writing command for machine models.
async fn run_every_write(pair: &SideBySide, cloud: &str) -> BTreeMap<&'static str, usize> {
    let mut work = Work { pair, model: "life", done: BTreeMap::new() };
    work.act("add-model", json!({"name": "life", "cloud": cloud})).await;
    deploy_and_configure(&mut work).await;
    relate_and_offer(&mut work, cloud).await;
    run_and_scale(&mut work).await;
    remove_everything(&mut work).await;
    work.done
}

async fn deploy_and_configure(work: &mut Work<'_>) {
    work.act("model-config", json!({"values": {"update-status-hook-interval": "10m"}})).await;
    if let Some(config) = work.juju_cli(&["model-config", "-m", "life"]).await {
        assert_eq!(config["update-status-hook-interval"]["Value"], "10m");
    }
    let store = json!({"charm": "postgresql", "channel": "14/stable", "config": {"profile": "testing"}});
    assert_eq!(work.act("deploy", store).await["application"], "postgresql");
    work.act("deploy", json!({"charm": "wordpress", "channel": "latest/stable", "constraints": "mem=2G"})).await;
    let status = work
        .wait_until("both applications are active", |now| {
            is_active(now, "postgresql", 1) && is_active(now, "wordpress", 1)
        })
        .await;
    assert_eq!(status["applications"]["postgresql"]["charm-channel"], "14/stable");
    work.act("config", json!({"application": "postgresql", "values": {"profile": "production"}})).await;
    if let Some(config) = work.juju_cli(&["config", "-m", "life", "postgresql"]).await {
        assert_eq!(config["settings"]["profile"]["value"], "production");
    }
    work.act("trust", json!({"application": "postgresql"})).await;
    if let Some(config) = work.juju_cli(&["config", "-m", "life", "postgresql"]).await {
        assert_eq!(config["application-config"]["trust"]["value"], true);
    }
    work.act("set-constraints", json!({"application": "postgresql", "constraints": "mem=4G cores=2"})).await;
    if let Some(constraints) = work.juju_cli(&["constraints", "-m", "life", "postgresql"]).await {
        assert_eq!((&constraints["mem"], &constraints["cores"]), (&json!(4096), &json!(2)));
    }
    work.act("expose", json!({"application": "wordpress"})).await;
    work.wait_until("wordpress is exposed", |now| now["applications"]["wordpress"]["exposed"] == true).await;
    work.act("unexpose", json!({"application": "wordpress"})).await;
    work.wait_until("wordpress is not exposed", |now| now["applications"]["wordpress"]["exposed"] == false).await;
    work.act("refresh", json!({"application": "wordpress", "channel": "latest/edge"})).await;
    work.wait_until("wordpress follows edge", |now| now["applications"]["wordpress"]["charm-channel"] == "latest/edge")
        .await;
}

async fn relate_and_offer(work: &mut Work<'_>, cloud: &str) {
    let related = |now: &Value| now["applications"]["wordpress"]["relations"].get("database").is_some();
    work.act("integrate", json!({"endpoints": ["wordpress:database", "postgresql:database"]})).await;
    work.wait_until("they are related", related).await;
    work.act("remove-relation", json!({"endpoints": ["wordpress:database", "postgresql:database"]})).await;
    work.wait_until("they are not related", |now| !related(now)).await;
    work.act("offer", json!({"application": "postgresql", "endpoints": ["database"], "offer_name": "store"})).await;
    if let Some(offers) = work.juju_cli(&["offers", "-m", "life"]).await {
        assert!(offers.get("store").is_some(), "{offers}");
    }
    work.act("add-model", json!({"name": "beside", "cloud": cloud})).await;
    work.act("consume", json!({"model": "beside", "offer": "admin/life.store"})).await;
    let beside = work
        .pair
        .status_until("beside", "the offer is consumed", |now| now["application-endpoints"].get("store").is_some());
    assert!(
        beside.await["application-endpoints"]["store"]["url"]
            .as_str()
            .is_some_and(|url| url.ends_with("admin/life.store"))
    );
    work.act("destroy-model", json!({"model": "beside", "destroy_storage": true})).await;
}

async fn run_and_scale(work: &mut Work<'_>) {
    work.act("add-unit", json!({"application": "wordpress", "num_units": 2})).await;
    work.wait_until("wordpress has three units", |now| is_active(now, "wordpress", 3)).await;
    let ran = work
        .act("run", json!({"units": ["postgresql/0"], "action": "create-backup", "params": {"type": "full"}}))
        .await;
    assert_eq!(ran["postgresql/0"]["status"], "completed", "{ran}");
    let ran = work.act("exec", json!({"command": "hostname", "units": ["postgresql/0"]})).await;
    assert_eq!(ran["postgresql/0"]["results"]["return-code"], 0, "{ran}");
    work.act("add-machine", json!({"constraints": "mem=1G"})).await;
    work.wait_until("there is a fifth machine", |now| now["machines"].as_object().is_some_and(|all| all.len() == 5))
        .await;
    work.act("remove-machine", json!({"machines": ["4"]})).await;
    work.wait_until("it is gone", |now| now["machines"].get("4").is_none()).await;
}

async fn remove_everything(work: &mut Work<'_>) {
    let some = work.act("remove-unit", json!({"units": ["wordpress/2", "wordpress/99"]})).await;
    assert_eq!(
        (&some["removing"], &some["failed"][0]["name"]),
        (&json!(["wordpress/2"]), &json!("wordpress/99")),
        "{some}"
    );
    work.wait_until("wordpress has two units", |now| units(now, "wordpress") == 2).await;
    let dry = json!({"applications": ["wordpress"], "dry_run": true});
    let would = work.act("remove-application", dry).await;
    assert!(would["preview"]["removing"].as_array().is_some_and(|all| all.contains(&json!("wordpress/0"))), "{would}");
    assert_eq!(units(&work.wait_until("nothing was removed", |_| true).await, "wordpress"), 2);
    work.act("remove-application", json!({"applications": ["wordpress"], "destroy_storage": true})).await;
    work.wait_until("wordpress is gone", |now| now["applications"].get("wordpress").is_none()).await;
    work.act("destroy-model", json!({"destroy_storage": true, "force": true})).await;
    let gone = |models: &Value| !models.to_string().contains("admin/life");
    work.pair.juju_mcp_until("models", &json!({}), "the model is gone", gone).await;
}

/// Every command that changes something, except those that require a unit in error or a Kubernetes model.
const DONE: [&str; 20] = [
    "add-machine",
    "add-model",
    "add-unit",
    "config",
    "consume",
    "deploy",
    "destroy-model",
    "exec",
    "expose",
    "integrate",
    "model-config",
    "offer",
    "refresh",
    "remove-application",
    "remove-machine",
    "remove-relation",
    "remove-unit",
    "run",
    "set-constraints",
    "trust",
];

async fn check_writes(pair: &SideBySide, cloud: &str) {
    let done = run_every_write(pair, cloud).await;
    assert!(DONE.iter().all(|tool| done.contains_key(tool)), "{done:?}");
    let records = pair.ledger_records().await;
    let ends = records.iter().filter_map(|record| match &record.phase {
        Phase::Close(ending) => Some(ending.outcome),
        Phase::Open(_) => None,
    });
    assert!(ends.clone().count() >= done.values().sum() && ends.clone().all(|end| end != Outcome::Unknown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_from_deploy_to_destroy_on_the_simulated_controller() {
    let simulator = simulator("empty").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    check_writes(&pair, &own_cloud(&pair).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn writes_from_deploy_to_destroy_on_the_real_controller() {
    let controller = RealController::start().await;
    check_writes(&SideBySide::on_real_controller(&controller).await, "dummy").await;
}

/// The cloud of the controller's own model.
async fn own_cloud(pair: &SideBySide) -> String {
    let models = pair.json("models", &json!({})).await.expect("models");
    models["models"][0]["cloud"].as_str().expect("a cloud").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resolved_clears_a_unit_error_on_the_simulated_controller() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.fail_payment_hook(&simulator).await;
    pair.juju_mcp("resolved", &json!({"model": "shop", "units": ["payment/0"], "no_retry": true}))
        .await
        .expect("resolved");
    pair.status_until("shop", "the unit is active", |now| is_active(now, "payment", 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn resolved_and_scale_work_on_the_real_controller() {
    let mut controller = RealController::start().await;
    controller.command("hook-error web/0 config-changed").await;
    let pair = SideBySide::on_real_controller(&controller).await;
    let failed = |now: &Value| now["applications"]["web"]["units"]["web/0"]["workload-status"]["current"] == "error";
    pair.status_until("prod", "a hook failed", failed).await;
    pair.juju_mcp("resolved", &json!({"model": "prod", "units": ["web/0"]})).await.expect("resolved");
    pair.status_until("prod", "it is in error no longer", |now| !failed(now)).await;
    let scale = json!({"model": "k8s", "application": "names", "scale": 3});
    pair.juju_mcp("scale-application", &scale).await.expect("scaled");
    pair.status_until("k8s", "there are three pods", |now| units(now, "names") == 3).await;
}

/// Bad input for each writing command, and a part of the sentence that refuses it.
fn invalid_calls() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("add-machine", json!({"constraints": "colour=red"}), "colour"),
        ("add-model", json!({"name": "Bad Name"}), "Bad Name"),
        ("add-unit", json!({"application": "nope"}), "nope"),
        ("config", json!({"application": "nope", "values": {"a": "b"}}), "nope"),
        ("config", json!({"application": "web", "values": {"no-such-option": "b"}}), "no-such-option"),
        ("consume", json!({"offer": "admin/missing.nothing"}), "missing"),
        ("deploy", json!({"charm": "no-such-charm"}), "no-such-charm"),
        ("deploy", json!({"charm": "./local"}), "application_name"),
        ("deploy", json!({"charm": "postgresql", "revision": 1}), "channel"),
        ("exec", json!({"command": "true"}), "units"),
        ("expose", json!({"application": "nope"}), "nope"),
        ("integrate", json!({"endpoints": ["web", "nope"]}), "nope"),
        ("model-config", json!({"values": {"agent-version": "9.9.9"}}), "agent-version"),
        ("offer", json!({"application": "nope", "endpoints": ["db"]}), "nope"),
        ("refresh", json!({"application": "nope"}), "nope"),
        ("remove-application", json!({"applications": ["nope"]}), "nope"),
        ("remove-machine", json!({"machines": ["99"]}), "99"),
        ("remove-relation", json!({"endpoints": ["web", "nope"]}), "nope"),
        ("remove-unit", json!({"units": ["web/99"]}), "web/99"),
        ("remove-unit", json!({"units": ["web"]}), "web/0"),
        ("resolved", json!({"units": ["web/99"]}), "web/99"),
        ("run", json!({"units": [], "action": "x"}), "units"),
        ("run", json!({"units": ["web/0"], "action": "no-such-action"}), "no-such-action"),
        ("scale-application", json!({"application": "nope", "scale": 1}), "scal"),
        ("set-constraints", json!({"application": "nope", "constraints": "mem=1G"}), "nope"),
        ("trust", json!({"application": "nope"}), "nope"),
        ("unexpose", json!({"application": "nope"}), "nope"),
        ("destroy-model", json!({"model": "missing"}), "missing"),
    ]
}

async fn check_refusals(pair: &SideBySide, model: &str) {
    let before = pair.status_until(model, "it answers", |_| true).await;
    let mut failures = Vec::new();
    for (tool, mut arguments, part) in invalid_calls() {
        if arguments.get("model").is_none() && tool != "add-model" {
            arguments["model"] = json!(model);
        }
        match pair.juju_mcp(tool, &arguments).await {
            Ok(reply) => failures.push(format!("{tool} {arguments} was done: {}", reply.text)),
            Err(refusal) if refusal.to_string().contains(part) => {}
            Err(refusal) => failures.push(format!("{tool} {arguments} does not contain `{part}`: {refusal}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let after = pair.status_until(model, "it answers", |_| true).await;
    assert_eq!(
        before["applications"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()),
        after["applications"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_input_is_refused_by_name_on_the_simulated_controller() {
    let simulator = simulator("shop").await;
    check_refusals(&SideBySide::on_simulator(&simulator).await, "shop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn invalid_input_is_refused_by_name_on_the_real_controller() {
    let controller = RealController::start().await;
    check_refusals(&SideBySide::on_real_controller(&controller).await, "prod").await;
}
