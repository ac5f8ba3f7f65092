//! A dry run finds what the act would be refused for, and states what the act costs, for every tool that changes something.

mod commands;
mod workloads;

use catalogue::{Catalogue, Tool};
use juju_sim::Simulator;
use juju_wire::facade::block::{BlockSwitchParams, SwitchBlockOff, SwitchBlockOn};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, approval_fixture::policy_requiring_approval, side_by_side::simulator};

/// Methods with a dry run of their own; in these tests they are called as dry runs too.
pub(crate) const WITH_DRY_RUN: [&str; 6] = [
    "Application.DeployFromRepository",
    "Application.DestroyApplication",
    "Application.DestroyUnit",
    "MachineManager.DestroyMachineWithParams",
    "ModelUpgrader.UpgradeModel",
    "Spaces.RemoveSpace",
];

/// Tools with an accepted dry run in another file, because it needs a store (`charmhub.rs`), a second controller (`migrations.rs`),
/// the program of the client (`programs.rs`) or a backend (`tests/real/backends`), and those that are always refused, because they need a terminal.
const ELSEWHERE: [&str; 21] = [
    "alertmanager_add_silence",
    "alertmanager_expire_silence",
    "juju_agree",
    "juju_autoload_credentials",
    "juju_bootstrap",
    "juju_debug_code",
    "juju_debug_hooks",
    "juju_default_credential",
    "juju_default_region",
    "juju_download",
    "juju_download_backup",
    "juju_login",
    "juju_logout",
    "juju_migrate",
    "juju_register",
    "juju_scp",
    "juju_ssh",
    "juju_switch",
    "juju_sync_agent_binary",
    "juju_unregister",
    "juju_update_public_clouds",
];

/// An act that is refused: tool, arguments, code, part of the sentence, part of the remedy.
type Refused = (&'static str, Value, &'static str, &'static str, &'static str);

fn writing_tools(catalogue: &Catalogue) -> impl Iterator<Item = &dyn Tool> {
    // the suite with real backends calls the tools that are no commands of the client
    catalogue.iter().filter(|tool| tool.effect().changes() && tool.is_client_command())
}

/// Arguments with which each tool does something in the scenario `kubernetes`.
pub(crate) fn accepted() -> Vec<(&'static str, Value)> {
    [workloads::accepted(), commands::accepted()].concat()
}

fn refused() -> Vec<Refused> {
    [workloads::refused(), commands::refused()].concat()
}

pub(crate) fn at_shop(tool: &str, arguments: &Value, dry_run: bool) -> Value {
    let mut arguments = arguments.clone();
    let takes_model =
        Catalogue::builtin().get(tool).is_some_and(|tool| tool.input_schema()["properties"]["model"].is_object());
    if arguments.get("model").is_none() && takes_model {
        arguments["model"] = json!("shop");
    }
    if dry_run {
        arguments["dry_run"] = json!(true);
    }
    arguments
}

/// The scenario `kubernetes` with what the rows act on, and the writes that made it.
pub(crate) async fn estate() -> (Simulator, SideBySide) {
    let simulator = simulator("kubernetes").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    for (tool, arguments) in commands::prepared() {
        pair.juju_mcp(tool, &at_shop(tool, &arguments, false)).await.expect(tool);
    }
    (simulator, pair)
}

/// The number of requests that changed something, or would have.
fn acts(simulator: &Simulator) -> u64 {
    let own = |method: &str| !WITH_DRY_RUN.contains(&method);
    simulator.writes().iter().filter(|(method, _)| own(method)).map(|(_, count)| *count).sum()
}

/// Code, sentence and remedy of a call that is refused.
async fn refusal(pair: &SideBySide, tool: &str, arguments: &Value) -> Option<(&'static str, String, String)> {
    let refusal = pair.juju_mcp(tool, arguments).await.err()?;
    Some((refusal.code(), refusal.to_string(), refusal.remedy().unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_of_every_writing_tool_is_refused_for_what_the_act_would_be() {
    let (simulator, pair) = estate().await;
    let (rows, before) = (refused(), acts(&simulator));
    let untested: Vec<_> = writing_tools(&pair.dispatcher.catalogue)
        // the suite with real backends has those of their tools
        .filter(|tool| tool.is_client_command())
        .map(Tool::name)
        .filter(|name| !rows.iter().any(|(tool, ..)| tool == name))
        .collect();
    assert!(untested.is_empty(), "add a refused dry run for {untested:?}");
    let mut problems = Vec::new();
    for (tool, arguments, code, sentence, remedy) in &rows {
        match refusal(&pair, tool, &at_shop(tool, arguments, true)).await {
            None => problems.push(format!("{tool} {arguments}: the dry run is accepted")),
            Some(found) if found.0 != *code || !found.1.contains(sentence) || !found.2.contains(remedy) => {
                problems.push(format!("{tool} {arguments}: {found:?}, not {code}, {sentence}, {remedy}"));
            }
            Some(_) => {}
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(acts(&simulator), before, "{:?}", simulator.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn act_that_a_dry_run_refuses_is_refused_with_the_same_code() {
    let (_simulator, pair) = estate().await;
    let mut problems = Vec::new();
    for (tool, arguments, code, ..) in refused() {
        let found = refusal(&pair, tool, &at_shop(tool, &arguments, false)).await;
        // the controller accepts constraints that no machine can meet, and the machine never comes
        let accepted = arguments["constraints"].as_str().is_some_and(|text| text.contains("spaces"));
        if found.as_ref().map(|found| found.0) != Some(code) && !(accepted && found.is_none()) {
            problems.push(format!("{tool} {arguments}: {found:?}, and the dry run is refused with {code}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_of_every_writing_tool_states_the_cost() {
    let (simulator, pair) = estate().await;
    let (rows, before) = (accepted(), acts(&simulator));
    let cost = async |tool: &str, arguments: &Value| {
        let reply = pair.juju_mcp(tool, &at_shop(tool, arguments, true)).await;
        let reply = reply.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal} ({:?})", refusal.remedy()));
        let lines = reply.value["preview"]["cost"].as_array().cloned().unwrap_or_default();
        assert!(
            !lines.is_empty() && reply.text.contains(lines[0].as_str().unwrap_or_default()),
            "{tool}: {}",
            reply.text
        );
        lines
    };
    for tool in writing_tools(&pair.dispatcher.catalogue).filter(|tool| !ELSEWHERE.contains(&tool.name())) {
        let (name, arguments) = rows
            .iter()
            .find(|(name, _)| *name == tool.name())
            .unwrap_or_else(|| panic!("add arguments for {}", tool.name()));
        cost(name, arguments).await;
    }
    for (tool, arguments, lines) in [
        ("juju_add_machine", json!({"num_machines": 2}), json!(["adds 2 machines"])),
        (
            "juju_add_unit",
            json!({"application": "web", "num_units": 2, "to": ["0"]}),
            json!(["adds 1 machine", "adds 2 units"]),
        ),
        ("juju_deploy", json!({"charm": "redis", "num_units": 2}), json!(["adds 2 machines", "adds 2 units"])),
        ("juju_refresh", json!({"application": "web"}), json!(["restarts or runs hooks on 2 units: web/0, web/1"])),
        (
            "juju_remove_application",
            json!({"applications": ["cart"]}),
            json!(["removes 1 unit: cart/0", "removes 1 relation: web:cart cart:api"]),
        ),
        (
            "juju_remove_unit",
            json!({"units": ["postgresql/1"]}),
            json!(["removes 2 units: postgresql/1, ntp/1", "destroys 1 storage instance: pgdata/1"]),
        ),
        (
            "juju_scale_application",
            json!({"model": "edge", "application": "traefik", "scale": 1}),
            json!(["removes 1 unit: traefik/1"]),
        ),
    ] {
        assert_eq!(json!(cost(tool, &arguments).await), lines, "{tool} {arguments}");
    }
    assert_eq!(acts(&simulator), before, "{:?}", simulator.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removal_of_an_offered_application_states_its_consumers() {
    let simulator = simulator("kubernetes").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    for (tool, arguments) in [
        ("juju_offer", json!({"application": "postgresql", "endpoints": ["database"], "offer_name": "store"})),
        ("juju_add_model", json!({"name": "beside", "cloud": "microk8s"})),
    ] {
        pair.juju_mcp(tool, &at_shop(tool, &arguments, false)).await.expect(tool);
    }
    let reply =
        pair.juju_mcp("juju_destroy_model", &json!({"model": "shop", "destroy_storage": true, "dry_run": true})).await;
    let preview = reply.expect("a dry run").value["preview"].clone();
    assert_eq!(preview["offers"], json!(["store"]), "{preview}");
    assert!(preview["cost"].to_string().contains("removes 7 units"), "{preview}");
}

/// Switches a block of a model.
async fn switch_block(pair: &SideBySide, model: &str, kind: &str, on: bool) {
    let controller = pair.dispatcher.controllers.controller(None).expect("the only one");
    let connection = controller.model(model).await.expect("the model");
    let params = BlockSwitchParams { kind: kind.to_owned(), message: "frozen for the audit".to_owned() };
    let reply = if on {
        connection.call::<SwitchBlockOn>(params).await
    } else {
        connection.call::<SwitchBlockOff>(params).await
    };
    reply.expect("a reply").into_result().expect("switched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_of_every_writing_tool_finds_the_block_that_the_act_meets() {
    let (_simulator, pair) = estate().await;
    let mut problems = Vec::new();
    for kind in ["BlockChange", "BlockRemove", "BlockDestroy"] {
        for model in ["shop", "edge"] {
            switch_block(&pair, model, kind, true).await;
        }
        for (tool, arguments) in accepted() {
            let foreseen = refusal(&pair, tool, &at_shop(tool, &arguments, true)).await.map(|found| (found.0, found.1));
            // a call that succeeds would change the estate of the next one
            if foreseen.is_some() || tool == "juju_run" || tool == "juju_offer" {
                let real =
                    refusal(&pair, tool, &at_shop(tool, &arguments, false)).await.map(|found| (found.0, found.1));
                if foreseen != real {
                    problems.push(format!("{kind} {tool}: {foreseen:?}, and the act {real:?}"));
                }
            }
        }
        for model in ["shop", "edge"] {
            switch_block(&pair, model, kind, false).await;
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constraints_that_no_machine_of_the_cloud_meets_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("sized.yaml");
    let text = "cloud: {name: aws, type: ec2, region: eu-west-1}\nmodels:\n  shop:\n    applications:\n      web: {units: 1}\n";
    std::fs::write(&scenario, text).expect("a scenario");
    let simulator = simulator(scenario.to_str().expect("a path")).await;
    let pair = SideBySide::on_simulator(&simulator).await;
    for (tool, arguments) in [
        ("juju_add_machine", json!({})),
        ("juju_deploy", json!({"charm": "redis"})),
        ("juju_set_constraints", json!({"application": "web"})),
    ] {
        for (constraints, fits) in [("mem=4G cores=2", true), ("mem=1T", false), ("instance-type=m9.huge", false)] {
            let mut arguments = at_shop(tool, &arguments, true);
            arguments["constraints"] = json!(constraints);
            let found = refusal(&pair, tool, &arguments).await;
            assert_eq!(found.is_none(), fits, "{tool} {constraints}: {found:?}");
            let names = |found: &(&str, String, String)| {
                found.1.contains(&format!("no machine can meet the constraints `{constraints}`"))
            };
            assert!(fits || found.as_ref().is_some_and(names), "{tool}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_act_names_the_nearest_name_as_the_dry_run_does() {
    let simulator = simulator("kubernetes").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    for (tool, arguments, remedy) in [
        ("juju_add_unit", json!({"application": "wbe"}), "did you mean `web`?"),
        ("juju_show_application", json!({"applications": ["postgresq"]}), "did you mean `postgresql`?"),
        ("juju_show_unit", json!({"units": ["web/9"]}), "units of web: web/0, web/1"),
        ("juju_config", json!({"application": "web", "values": {"titel": "x"}}), "did you mean `title`?"),
        ("juju_run", json!({"units": ["web/0"], "action": "restar"}), "did you mean `restart`?"),
    ] {
        let found = refusal(&pair, tool, &at_shop(tool, &arguments, false)).await.expect(tool);
        assert!(found.2.contains(remedy), "{tool} {arguments}: {found:?}");
    }
}

fn refused_on_real_controller() -> Vec<Refused> {
    let relate = |one: &str, other: &str| json!({"endpoints": [one, other]});
    vec![
        ("juju_deploy", json!({"charm": "ubuntu", "application_name": "web"}), "already_exists", "\"web\"", ""),
        ("juju_deploy", json!({"charm": "ubuntu", "application_name": "web-2"}), "juju_error", "\"web-2\"", ""),
        (
            "juju_deploy",
            json!({"charm": "postgresql", "channel": "14/stable", "storage": {"pgdata": "lop,1G"}}),
            "not_found",
            "lop",
            "`loop`",
        ),
        ("juju_add_unit", json!({"application": "web", "to": ["lxc:0"]}), "juju_error", "lxc", "`lxd`"),
        ("juju_add_unit", json!({"application": "wbe"}), "not_found", "\"wbe\"", "`web`"),
        ("juju_add_unit", json!({"application": "watch"}), "juju_error", "subordinate", ""),
        ("juju_add_unit", json!({"application": "web", "to": ["99"]}), "not_found", "machine 99", ""),
        ("juju_config", json!({"application": "web", "values": {"nonsense": "x"}}), "juju_error", "nonsense", ""),
        ("juju_deploy", json!({"charm": "nonsense"}), "juju_error", "nonsense", ""),
        (
            "juju_deploy",
            json!({"charm": "postgresql", "channel": "14/stable", "base": "ubuntu@24.04"}),
            "juju_error",
            "ubuntu@24.04",
            "",
        ),
        ("juju_deploy", json!({"charm": "ubuntu", "to": ["99"]}), "not_found", "machine 99", ""),
        ("juju_deploy", json!({"charm": "ubuntu", "bind": {"": "alfa"}}), "not_found", "space", "`alpha`"),
        ("juju_exec", json!({"command": "true", "applications": ["wbe"]}), "not_found", "\"wbe\"", "`web`"),
        ("juju_expose", json!({"application": "web", "endpoints": ["nonsense"]}), "not_found", "\"nonsense\"", ""),
        ("juju_expose", json!({"application": "web", "to_spaces": ["alfa"]}), "not_found", "\"alfa\"", "`alpha`"),
        ("juju_integrate", relate("web", "web"), "juju_error", "no relations found", ""),
        ("juju_integrate", relate("web:nonsense", "db"), "juju_error", "has no \"nonsense\" relation", ""),
        ("juju_integrate", relate("web", "db"), "already_exists", "web:db db:", ""),
        (
            "juju_model_config",
            json!({"values": {"agent-version": "3.6.12"}}),
            "juju_error",
            "agent-version cannot be changed",
            "",
        ),
        (
            "juju_model_config",
            json!({"values": {"automatically-retry-hooks": "maybe"}}),
            "juju_error",
            "expected bool",
            "",
        ),
        ("juju_offer", json!({"application": "db", "endpoints": ["nonsense"]}), "juju_error", "nonsense", ""),
        ("juju_refresh", json!({"application": "web", "channel": "9/stable"}), "juju_error", "9/stable", ""),
        ("juju_remove_application", json!({"applications": ["wbe"]}), "not_found", "\"wbe\"", "`web`"),
        ("juju_remove_machine", json!({"machines": ["0"]}), "in_use", "machine 0", ""),
        ("juju_remove_machine", json!({"machines": ["99"]}), "not_found", "machine 99", ""),
        ("juju_remove_relation", relate("web", "watch"), "not_found", "\"web watch\"", ""),
        ("juju_remove_relation", json!({"relation_id": 999}), "not_found", "relation 999", ""),
        ("juju_remove_unit", json!({"units": ["web/9"]}), "juju_error", "\"web/9\"", ""),
        ("juju_remove_unit", json!({"units": ["watch/0"]}), "juju_error", "subordinate", ""),
        ("juju_resolved", json!({"units": ["db/0"]}), "juju_error", "\"db/0\" is not in an error state", ""),
        (
            "juju_run",
            json!({"units": ["web/0"], "action": "restar"}),
            "juju_error",
            "action \"restar\" not defined",
            "`restart`",
        ),
        ("juju_scale_application", json!({"application": "web", "scale": 3}), "not_supported", "", "juju_add_unit"),
        ("juju_add_machine", json!({"model": "k8s"}), "not_supported", "", ""),
        (
            "juju_set_constraints",
            json!({"application": "watch", "constraints": "mem=1G"}),
            "juju_error",
            "subordinate",
            "",
        ),
        ("juju_trust", json!({"application": "wbe"}), "not_found", "\"wbe\"", "`web`"),
        ("juju_unexpose", json!({"application": "web", "endpoints": ["nonsense"]}), "not_found", "\"nonsense\"", ""),
        ("juju_add_model", json!({"name": "staging", "cloud": "dummy"}), "already_exists", "staging", ""),
        ("juju_add_model", json!({"name": "x", "cloud": "dumy"}), "not_found", "dumy", "`dummy`"),
        ("juju_add_model", json!({"name": "x", "cloud": "dummy", "region": "no-such"}), "not_found", "no-such", ""),
        ("juju_add_model", json!({"name": "x", "cloud": "dummy", "credential": "no-such"}), "not_found", "no-such", ""),
        (
            "juju_consume",
            json!({"model": "staging", "offer": "admin/prod.shop-databas"}),
            "not_found",
            "shop-databas",
            "`shop-database`",
        ),
        (
            "juju_consume",
            json!({"model": "staging", "offer": "admin/prod.shop-database", "application_alias": "front"}),
            "already_exists",
            "front",
            "",
        ),
        ("juju_destroy_model", json!({"model": "controller"}), "juju_error", "controller", ""),
    ]
}

fn at_prod(tool: &str, arguments: &Value, dry_run: bool) -> Value {
    let mut arguments = at_shop(tool, arguments, dry_run);
    if arguments["model"] == "shop" {
        arguments["model"] = json!("prod");
    }
    arguments
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn dry_run_on_real_controller_names_the_cause_of_the_real_refusal() {
    let real = RealController::start().await;
    let pair = SideBySide::on_real_controller(&real).await;
    let mut problems = Vec::new();
    for (tool, arguments, code, sentence, remedy) in refused_on_real_controller() {
        let foreseen = refusal(&pair, tool, &at_prod(tool, &arguments, true)).await;
        let act = refusal(&pair, tool, &at_prod(tool, &arguments, false)).await;
        let fits = |found: &Option<(&str, String, String)>| {
            found.as_ref().is_some_and(|found| found.0 == code && found.1.contains(sentence))
        };
        let helps = foreseen.as_ref().is_some_and(|found| found.2.contains(remedy));
        if !fits(&foreseen) || !fits(&act) || !helps {
            problems.push(format!("{tool} {arguments}:\n  dry run {foreseen:?}\n  act     {act:?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn dry_run_of_reader_on_real_controller_is_refused_as_the_act_is() {
    let real = RealController::start().await;
    let pair = SideBySide::on_real_controller_as(&real, "reader").await;
    let mut problems = Vec::new();
    for (tool, arguments) in [
        ("juju_add_machine", json!({})),
        ("juju_add_unit", json!({"application": "web"})),
        ("juju_config", json!({"application": "web", "reset": ["title"]})),
        ("juju_deploy", json!({"charm": "ubuntu"})),
        ("juju_exec", json!({"command": "true", "units": ["web/0"]})),
        ("juju_expose", json!({"application": "db"})),
        ("juju_integrate", json!({"endpoints": ["web", "db"]})),
        ("juju_model_config", json!({"reset": ["default-space"]})),
        ("juju_offer", json!({"application": "db", "endpoints": ["db"]})),
        ("juju_remove_application", json!({"applications": ["web"]})),
        ("juju_remove_machine", json!({"machines": ["0"]})),
        ("juju_remove_relation", json!({"endpoints": ["web", "db"]})),
        ("juju_remove_unit", json!({"units": ["web/0"]})),
        ("juju_resolved", json!({"all": true})),
        ("juju_run", json!({"units": ["web/0"], "action": "restart"})),
        ("juju_set_constraints", json!({"application": "web", "constraints": "mem=1G"})),
        ("juju_trust", json!({"application": "web"})),
        ("juju_unexpose", json!({"application": "web"})),
        ("juju_destroy_model", json!({"model": "prod"})),
    ] {
        let foreseen = refusal(&pair, tool, &at_prod(tool, &arguments, true)).await;
        let act = refusal(&pair, tool, &at_prod(tool, &arguments, false)).await;
        let is_denied =
            |found: &Option<(&str, String, String)>| found.as_ref().is_some_and(|found| found.0 == "unauthorized");
        let helps = foreseen.as_ref().is_some_and(|found| found.2.contains("juju grant reader"));
        if !is_denied(&foreseen) || !is_denied(&act) || !helps {
            problems.push(format!("{tool} {arguments}:\n  dry run {foreseen:?}\n  act     {act:?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn removal_of_a_dying_machine_on_real_controller_is_done_already() {
    let mut real = RealController::start().await;
    real.command("agents off").await;
    let pair = SideBySide::on_real_controller(&real).await;
    let added = pair.juju_mcp("juju_add_machine", &json!({"model": "prod"})).await.expect("a machine");
    let remove = json!({"model": "prod", "machines": added.value["machines"]});
    pair.juju_mcp("juju_remove_machine", &remove).await.expect("a removal");
    pair.dispatcher.policy.replace(policy_requiring_approval(policy::Effect::Write, false));
    let again = pair.juju_mcp("juju_remove_machine", &remove).await;
    let again = again.unwrap_or_else(|refusal| panic!("{refusal}: no approval is needed for what is done"));
    assert_eq!(again.value["already_removing"], added.value["machines"], "{}", again.text);
}
