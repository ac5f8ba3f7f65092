//! What an act is, by what it does and touches: no tool opens a shell for operators, hides a target, or shows content to viewers.

mod arguments;

use std::collections::BTreeSet;

use catalogue::{Catalogue, Tool};
use dispatch::{Refusal, Reply};
use identity::Caller;
use juju_sim::Simulator;
use policy::{Act, Budget, BuiltinRules, EvaluationContext, Fact, Policy, Target};
use serde_json::{Map, Value, json};
use tests::{SideBySide, side_by_side::simulator};

pub(crate) use arguments::required;
use arguments::{CANARY, names_no_entity, naming};

fn plan(tool: &dyn Tool, arguments: Value) -> Result<Act, String> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Ok(tool.plan(arguments).map_err(|error| error.to_string())?.unresolved_act())
}

#[test]
fn property_that_names_an_entity_is_in_the_target_of_every_tool() {
    let mut named = 0;
    for tool in Catalogue::builtin().iter() {
        let properties = tool.input_schema()["properties"].as_object().cloned().unwrap_or_default();
        for property in properties.keys() {
            let path = format!("{} {property}", tool.name());
            let Some((value, excluded)) = naming(tool.name(), property) else {
                assert!(names_no_entity(tool.name(), property).is_some(), "{path} is in no table of this test");
                continue;
            };
            let mut arguments = required(tool.name());
            for name in excluded {
                arguments.as_object_mut().expect("an object").remove(*name);
            }
            arguments[property] = value.clone();
            let act = plan(tool, arguments).unwrap_or_else(|error| panic!("{path}: {error}"));
            let targets = json!([act.target, act.source]).to_string();
            let name =
                if value.to_string().contains("77\"") && !value.to_string().contains(CANARY) { "77" } else { CANARY };
            let name = if value.is_number() || value == json!([77]) { "77" } else { name };
            assert!(targets.contains(name), "{path}: {targets}");
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}

fn decision(tool: &dyn Tool, role: &str, arguments: Value) -> Result<&'static str, String> {
    let policy = Policy::builtin().expect("built-in policy");
    let act = plan(tool, arguments)?;
    let location = if act.target.location.model().is_none() && tool.name() == "juju_add_model" {
        policy::Location::from_names(Some("eu".into()), None)
    } else {
        policy::Location::from_names(Some("eu".into()), Some("admin/prod-shop".into()))
    };
    let act = Act { target: Target { location, entities: act.target.entities.clone() }, ..act };
    let now = "2026-11-17T09:00:00Z".parse().expect("a moment");
    let context = EvaluationContext {
        now,
        toolset: tool.toolset().to_owned(),
        facts: [(Fact::UnitsNow, 2)].into(),
        reservation: Some(Budget::default().reserve("ana", &act, &policy::Prices::default(), now)),
    };
    Ok(policy.explain(&Caller::local("ana", role), &act, &context).decision)
}

/// Free-form properties that run no code, with the reason. Others need hostile values in the test below.
const HARMLESS: [(&str, &str, &str); 29] = [
    ("juju_add_storage", "storage", "pools and sizes"),
    ("juju_create_storage_pool", "attributes", "attributes of a pool"),
    ("juju_update_storage_pool", "attributes", "attributes of a pool"),
    ("juju_bind", "bind", "spaces of endpoints"),
    ("juju_add_secret", "secret_content", "content of a secret"),
    ("juju_update_secret", "secret_content", "content of a secret"),
    ("juju_run", "params", "parameters of an action of the charm"),
    ("juju_deploy", "bind", "spaces of endpoints"),
    ("juju_deploy", "storage", "pools and sizes"),
    ("juju_deploy", "device", "kinds of devices"),
    ("juju_refresh", "bind", "spaces of endpoints"),
    ("juju_refresh", "storage", "pools and sizes"),
    ("juju_wait_for", "query", "read by this server"),
    ("juju_operations", "actions", "a filter by name"),
    ("juju_add_cloud", "definition", "for administrators alone"),
    ("juju_add_k8s", "definition", "for administrators alone"),
    ("juju_update_cloud", "definition", "for administrators alone"),
    ("juju_update_k8s", "definition", "for administrators alone"),
    ("juju_add_credential", "secret_attributes", "a credential"),
    ("juju_update_credential", "secret_attributes", "a credential"),
    ("juju_add_secret_backend", "config", "address and token of a backend"),
    ("juju_update_secret_backend", "config", "address and token of a backend"),
    ("juju_update_secret_backend", "reset", "address and token of a backend"),
    ("juju_download", "charm", "a name in Charmhub"),
    ("juju_bootstrap", "storage_pool", "attributes of a pool"),
    ("juju_change_user_password", "reset", "a flag"),
    ("juju_default_credential", "reset", "a flag"),
    ("juju_default_region", "reset", "a flag"),
    ("juju_upgrade_machine", "command", "one of two words"),
];

#[test]
fn operator_gets_no_shell_in_production_by_any_tool() {
    let run = |action: &str| json!({"units": ["web/0"], "action": action, "params": {"command": "id"}});
    let script = json!({"cloudinit-userdata": "postruncmd: [id]"});
    let trusted = |value: Value| json!({"trust": value});
    let container =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "evil.example/x"}]}}}});
    let manifest = |kind: &str, members: &Value| {
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}});
        object.as_object_mut().expect("an object").extend(members.as_object().cloned().unwrap_or_default());
        object.to_string()
    };
    let hostile: Vec<(&str, &str, Value)> = vec![
        ("juju_exec", "command", json!({"command": "id", "units": ["web/0"]})),
        ("juju_ssh", "command", json!({"command": "id", "target": "web/0"})),
        ("k8s_patch", "patch", json!({"kind": "deployment", "name": "web", "patch": container})),
        ("k8s_patch", "patch", json!({"kind": "clusterrolebindings", "name": "a", "patch": {"subjects": []}})),
        ("k8s_apply", "manifest", json!({"manifest": manifest("Deployment", &container)})),
        ("k8s_apply", "manifest", json!({"manifest": manifest("RoleBinding", &json!({"subjects": []}))})),
        ("k8s_apply", "manifest", json!({"manifest": manifest("Service", &json!({"spec": {"type": "LoadBalancer"}}))})),
        ("juju_bootstrap", "config", json!({"cloud": "other", "config": {"cloudinit-userdata": "postruncmd: [id]"}})),
        ("juju_bootstrap", "model_default", json!({"cloud": "other", "model_default": {"authorized-keys": "x"}})),
        ("juju_run", "action", run("juju-exec")),
        ("juju_run", "action", run("juju-run")),
        ("juju_run", "action", run("JUJU-EXEC")),
        ("juju_run", "action", run(" juju-exec")),
        ("juju_model_config", "values", json!({"values": script})),
        ("juju_model_config", "values", json!({"values": {"authorized-keys": "ssh-ed25519 AAAA"}})),
        ("juju_model_config", "values", json!({"values": {"apt-http-proxy": "http://192.0.2.1"}})),
        ("juju_model_config", "values", json!({"values": {"apt-mirror": "http://192.0.2.1"}})),
        ("juju_model_config", "values", json!({"values": {"agent-metadata-url": "http://192.0.2.1"}})),
        ("juju_model_config", "values", json!({"values": {"container-inherit-properties": "ca-certs"}})),
        ("juju_model_defaults", "values", json!({"values": script})),
        ("juju_controller_config", "values", json!({"values": {"caas-image-repo": "evil.example"}})),
        ("juju_model_defaults", "reset", json!({"reset": ["apt-mirror"]})),
        ("juju_model_config", "reset", json!({"reset": ["apt-mirror"]})),
        ("juju_add_model", "config", json!({"name": "prod-new", "config": script})),
        ("juju_deploy", "config", json!({"charm": "web", "config": trusted(json!(true))})),
        ("juju_deploy", "config", json!({"charm": "web", "config": trusted(json!("true"))})),
        ("juju_deploy", "resources", json!({"charm": "web", "resources": {"image": "evil:latest"}})),
        ("juju_deploy", "charm", json!({"charm": "./evil.charm", "application_name": "web"})),
        ("juju_refresh", "config", json!({"application": "web", "config": trusted(json!("True"))})),
        ("juju_refresh", "trust", json!({"application": "web", "trust": true})),
        ("juju_refresh", "path", json!({"application": "web", "path": "./evil.charm"})),
        ("juju_refresh", "resources", json!({"application": "web", "resources": {"image": "evil:latest"}})),
        ("juju_config", "values", json!({"application": "web", "values": trusted(json!("true"))})),
        ("juju_config", "values", json!({"application": "web", "values": {"Trust": 1}})),
        ("juju_trust", "application", json!({"application": "web"})),
        ("juju_attach_resource", "value", json!({"application": "web", "resource": "image", "value": "evil:latest"})),
    ];
    let catalogue = Catalogue::builtin();
    for (name, _, arguments) in &hostile {
        let tool = catalogue.get(name).expect(name);
        let decided = decision(tool, "operator", arguments.clone());
        assert_ne!(decided, Ok("allow"), "{name} {arguments}");
        if ["juju_exec", "juju_model_config", "juju_model_defaults", "juju_add_model"].contains(name) {
            assert_eq!(decided, Ok("deny"), "{name} {arguments}");
        }
    }
    let run_tool = catalogue.get("juju_run").expect("the tool");
    let refused = decision(run_tool, "admin", run("juju-exec")).expect_err("refused");
    assert!(refused.contains("use juju_exec"), "{refused}");
    assert_eq!(decision(run_tool, "operator", run("backup")), Ok("allow"));
    let option = json!({"values": {"update-status-hook-interval": "1m"}});
    assert_eq!(decision(catalogue.get("juju_model_config").expect("the tool"), "operator", option), Ok("allow"));
    // every property that takes free-form content is tried above, or known to be harmless
    let tried: BTreeSet<_> = hostile.iter().map(|(tool, property, _)| (*tool, *property)).collect();
    for tool in catalogue.iter().filter(|tool| tool.effect().changes()) {
        let properties = tool.input_schema()["properties"].as_object().cloned().unwrap_or_default();
        for (property, schema) in &properties {
            let free_form = schema["type"] == "object"
                || ["action", "command", "charm", "path", "reset", "script", "query"].contains(&property.as_str());
            let known = tried.contains(&(tool.name(), property.as_str()))
                || HARMLESS.iter().any(|(name, harmless, _)| (*name, *harmless) == (tool.name(), property.as_str()))
                || (tool.name(), property.as_str()) == ("juju_config", "reset");
            assert!(!free_form || known, "{} {property} may run code; try it in this test", tool.name());
        }
    }
}

#[test]
fn exposure_to_half_of_the_internet_needs_an_approval_or_is_refused() {
    let catalogue = Catalogue::builtin();
    let expose = |cidrs: &[&str]| {
        let arguments = json!({"application": "web", "to_cidrs": cidrs});
        decision(catalogue.get("juju_expose").expect("the tool"), "operator", arguments)
    };
    for cidrs in [&["0.0.0.0/1", "128.0.0.0/1"][..], &["::/1", "8000::/1"], &["0.0.0.0/0"], &[]] {
        assert_eq!(expose(cidrs), Ok("require_approval"), "{cidrs:?}");
    }
    for cidr in ["0.0.0.0/00", "0.0.0.0/+0", "00.0.0.0/0", "10.0.0.1/8", "::ffff:0.0.0.0/96", "anything"] {
        assert!(expose(&[cidr]).expect_err(cidr).contains("to_cidrs"), "{cidr}");
    }
    assert_eq!(expose(&["10.0.0.0/8"]), Ok("allow"));
}

/// A simulated controller and a dispatcher with a policy of this text and no built-in rules.
async fn with_policy(scenario: &str, text: &str) -> (Simulator, SideBySide) {
    let simulator = simulator(scenario).await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.dispatcher.policy.replace(Policy::read(&[("own.yaml", text)], BuiltinRules::None).expect("good"));
    (simulator, pair)
}

async fn is_denied(pair: &SideBySide, tool: &str, arguments: Value) -> bool {
    let result: Result<Reply, Refusal> = pair.juju_mcp_as("operator", tool, &arguments).await;
    matches!(result, Err(Refusal::Denied(_)))
}

#[tokio::test]
async fn role_for_one_model_takes_no_offer_of_another() {
    let text = "roles: {operator: {description: d, allow: [{effects: [read, sensitive, write, destructive], models: '*/eu'}]}}";
    let (_simulator, pair) = with_policy("regions", text).await;
    pair.juju_mcp_as("operator", "status", &json!({"model": "eu"})).await.expect("its own model");
    for (tool, arguments) in [
        ("status", json!({"model": "us"})),
        ("find-offers", json!({})),
        ("consume", json!({"model": "eu", "offer": "admin/us.us-database"})),
        ("consume", json!({"model": "eu", "offer": "us.us-database"})),
        ("integrate", json!({"model": "eu", "endpoints": ["worker:database", "admin/us.us-database"]})),
        ("integrate", json!({"model": "eu", "endpoints": ["worker:database", "us.us-database:database"]})),
    ] {
        assert!(is_denied(&pair, tool, arguments.clone()).await, "{tool} {arguments}");
    }
}

#[tokio::test]
async fn forbidden_application_and_model_are_found_behind_every_id() {
    let text = "roles: {operator: {description: d, effects: [read, sensitive, write, destructive],
        deny: [{applications: payment}, {models: '*/us'}]}}";
    let (_simulator, pair) = with_policy("regions", text).await;
    pair.status_until("eu", "its units have machines", |status| {
        status["applications"]["payment"]["units"]["payment/0"]["machine"].is_string()
    })
    .await;
    let status = pair.json("status", &json!({"model": "eu"})).await.expect("status");
    let machine_of =
        |application: &str| status["applications"][application]["units"][format!("{application}/0")]["machine"].clone();
    for (tool, arguments) in [
        ("show-application", json!({"model": "eu", "applications": ["payment"]})),
        ("remove-relation", json!({"model": "eu", "endpoints": ["payment:cache", "redis:redis"]})),
        ("resolved", json!({"model": "eu", "all": true})),
        ("debug-log", json!({"model": "eu", "include": ["payment/0"]})),
        ("debug-log", json!({"model": "eu", "include": ["payment"]})),
        ("debug-log", json!({"model": "eu", "include": ["pay*"]})),
        ("debug-log", json!({"model": "eu"})),
        ("operations", json!({"model": "eu", "apps": ["payment"]})),
        ("operations", json!({"model": "eu"})),
        ("status", json!({"model": "eu", "selectors": ["pay*"]})),
        ("exec", json!({"model": "eu", "command": "id", "machines": [machine_of("payment")]})),
        ("show-machine", json!({"model": "eu", "machines": [machine_of("payment")]})),
        ("show-model", json!({"model": "us"})),
        ("users", json!({"model_name": "admin/us"})),
        ("users", json!({"model_name": "us"})),
        ("consume", json!({"model": "eu", "offer": "admin/us.us-website"})),
    ] {
        assert!(is_denied(&pair, tool, arguments.clone()).await, "{tool} {arguments}");
    }
    for unit in ["payment/x/leader", "payment//leader", "payment/x/0", "payment/+0"] {
        let run = json!({"model": "eu", "units": [unit], "action": "restart"});
        assert!(pair.juju_mcp_as("operator", "run", &run).await.is_err(), "{unit}");
    }
    // relations by id: those of the forbidden application are denied, others are not
    let mut denied = 0;
    for id in 0..8 {
        let remove = json!({"model": "eu", "relation_id": id, "dry_run": true});
        denied += usize::from(is_denied(&pair, "remove-relation", remove).await);
    }
    assert_eq!(denied, 3);
    for (tool, arguments) in [
        ("show-machine", json!({"model": "eu", "machines": [machine_of("redis")]})),
        ("users", json!({"model_name": "eu"})),
        ("users", json!({})),
    ] {
        pair.juju_mcp_as("operator", tool, &arguments).await.expect(tool);
    }
    let models = pair.json_as("operator", "models", &json!({})).await.expect("allowed").to_string();
    assert!(models.contains("admin/eu") && !models.contains("admin/us"), "{models}");
    let offers = pair.json_as("operator", "find-offers", &json!({})).await.expect("allowed").to_string();
    assert!(offers.contains("admin/eu.") && !offers.contains("admin/us."), "{offers}");
}

#[tokio::test]
async fn scale_that_removes_units_is_destructive() {
    let (_simulator, pair) = with_policy("kubernetes", "settings: {}").await;
    let scale = |scale: u32| json!({"model": "edge", "application": "traefik", "scale": scale});
    for fewer in [0, 1] {
        assert!(is_denied(&pair, "scale-application", scale(fewer)).await, "{fewer}");
    }
    pair.juju_mcp_as("operator", "scale-application", &scale(3)).await.expect("it adds a unit");
    assert!(is_denied(&pair, "scale-application", scale(2)).await);
    // a repetition has the same idempotency key although the effect is another one now
    let mut keyed = scale(1);
    keyed["idempotency_key"] = json!("once");
    pair.juju_mcp("scale-application", &keyed).await.expect("an administrator may");
    assert!(pair.juju_mcp("scale-application", &keyed).await.expect("replayed").repeated);
}

#[tokio::test]
async fn viewer_sees_no_parameter_and_no_result_of_an_action() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.status_until("shop", "it answers", |_| true).await;
    let exec = json!({"model": "shop", "units": ["web/0"], "command": format!("echo {CANARY}")});
    let done = pair.juju_mcp("exec", &exec).await.expect("done").value.to_string();
    assert!(done.contains(CANARY), "the result is a canary: {done}");
    let run = json!({"model": "shop", "units": ["web/0"], "action": "restart", "params": {"reason": CANARY}});
    // the charm may refuse the parameter; the canary of the command remains
    let _ = pair.juju_mcp("run", &run).await;
    let (catalogue, mut answered) = (Catalogue::builtin(), 0);
    for tool in catalogue.iter().filter(|tool| !tool.least().changes()) {
        let mut arguments: Map<String, Value> = required(tool.name()).as_object().cloned().expect("an object");
        if tool.input_schema()["properties"]["model"].is_object() {
            arguments.insert("model".to_owned(), json!("shop"));
        }
        for format in ["concise", "detailed", "json"] {
            arguments.insert("format".to_owned(), json!(format));
            let reply = pair.juju_mcp_as("viewer", tool.name(), &Value::Object(arguments.clone())).await;
            if let Ok(reply) = reply {
                answered += 1;
                assert!(!reply.value.to_string().contains(CANARY) && !reply.text.contains(CANARY), "{}", tool.name());
            }
        }
    }
    assert!(answered >= 36, "{answered}");
    let operations = pair.json_as("viewer", "operations", &json!({"model": "shop"})).await.expect("listed");
    assert!(operations.as_object().is_some_and(|listed| !listed.is_empty()), "{operations}");
}
