//! Each caller acts as itself at a controller that trusts the server, with no more access than the act needs: at the simulator
//! and at a real API server.

use std::sync::Arc;

use audit::{CloseRecord, Phase};
use catalogue::{Catalogue, Scope};
use dispatch::{Call, Refusal, Reply, execute};
use identity::{Caller, Claims};
use juju_client::{CallerLogin, ControllerEndpoint, Credential, Error, IfTokenRefused, ModelAccess};
use juju_sim::Simulator;
use juju_wire::debug_log::LogQuery;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, login_tokens::TestLoginTokens, side_by_side::simulator, wait_until};

/// The real controller's estate, as the simulator begins with it.
const ESTATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/real/compare/estate.yaml");
const BINDINGS: &str = "role_bindings:
  - {role: admin, subjects: ['user:ana@example.com']}
  - {role: operator, subjects: ['user:ben@example.com']}
";
/// The users of Juju for Ana and Ben.
const ANA: &str = "ana-example.com+s7f3a@iam.example";
const BEN: &str = "ben-example.com+s81c2@iam.example";

fn ana() -> Caller {
    person("7f3a", "ana@example.com")
}

fn ben() -> Caller {
    person("81c2", "ben@example.com")
}

fn person(subject: &str, email: &str) -> Caller {
    Caller::from_claims(Claims {
        issuer: "https://iam.example".into(),
        subject: subject.into(),
        email: Some(email.into()),
        ..Claims::default()
    })
}

/// The simulator with the estate of the real controller, and a dispatcher for it.
struct Simulated {
    simulator: Simulator,
    tokens: TestLoginTokens,
    pair: SideBySide,
}

impl Simulated {
    async fn start(if_refused: IfTokenRefused) -> Self {
        let simulator = simulator(ESTATE).await;
        let tokens = TestLoginTokens::generate();
        let mut pair = SideBySide::on_simulator(&simulator).await;
        pair.dispatcher.controllers = tokens.controllers(endpoint(&simulator), if_refused);
        pair.dispatcher.policy.replace(policy());
        Self { simulator, tokens, pair }
    }

    async fn trusting() -> Self {
        let simulated = Self::start(IfTokenRefused::Reject).await;
        simulated.simulator.trust_login_tokens(&simulated.tokens.key_set()).expect("keys");
        simulated
    }
}

fn policy() -> Policy {
    Policy::read(&[("bindings.yaml", BINDINGS)], BuiltinRules::None).expect("a policy")
}

fn endpoint(simulator: &Simulator) -> ControllerEndpoint {
    let account = simulator.accounts().into_iter().find(|account| account.user == "admin").expect("an admin");
    ControllerEndpoint {
        name: "sim".to_owned(),
        uuid: None,
        addresses: vec![simulator.address().to_string()],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password: account.password.into() },
    }
}

async fn call(pair: &SideBySide, caller: &Caller, tool: &str, arguments: Value) -> Result<Reply, Refusal> {
    let Value::Object(arguments) = arguments else { panic!("an object") };
    Ok(execute(&pair.dispatcher, caller, Call::new(tool, arguments)).await?)
}

/// The close record of the last act.
async fn last_close(pair: &SideBySide) -> CloseRecord {
    let records = pair.ledger_records().await;
    let closed = records.into_iter().rev().find_map(|record| match record.phase {
        Phase::Close(close) => Some(close),
        Phase::Open(_) => None,
    });
    closed.expect("a closed act")
}

async fn last_user(pair: &SideBySide) -> Option<String> {
    last_close(pair).await.juju.user
}

/// A key as `ssh-keygen -t ed25519` writes it.
const SSH_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtF4lHRkQ1TBKN0kwzQ0cXxZ1mM7rjSPDbcaiGC8QF9 ana@laptop";

/// A call of every tool that works in a model, in an order in which each finds what it needs.
fn calls() -> Vec<(&'static str, Value)> {
    [first_calls(), last_calls()].concat()
}

fn first_calls() -> Vec<(&'static str, Value)> {
    vec![
        ("status", json!({})),
        ("show-model", json!({})),
        ("machines", json!({})),
        ("show-machine", json!({"machines": ["1"]})),
        ("show-application", json!({"applications": ["web"]})),
        ("show-unit", json!({"units": ["web/0"]})),
        ("show-status-log", json!({"entity_name": "web/0"})),
        ("actions", json!({"application": "web"})),
        ("operations", json!({})),
        ("config", json!({"application": "web"})),
        ("model-config", json!({})),
        ("constraints", json!({"application": "web"})),
        ("offers", json!({})),
        ("show-action", json!({"application": "web", "action": "restart"})),
        ("disabled-commands", json!({})),
        ("firewall-rules", json!({})),
        ("ssh-keys", json!({})),
        ("add-ssh-key", json!({"keys": [SSH_KEY]})),
        ("import-ssh-key", json!({"keys": ["gh:no-such-account"]})),
        ("remove-ssh-key", json!({"keys": ["ana@laptop"]})),
        ("model-constraints", json!({})),
        ("export-bundle", json!({})),
        ("payloads", json!({})),
        ("resources", json!({"name": "web"})),
        ("charm-resources", json!({"charm": "postgresql-k8s"})),
        ("secrets", json!({})),
        ("spaces", json!({})),
        ("show-space", json!({"name": "alpha"})),
        ("subnets", json!({})),
        ("storage", json!({})),
        ("storage-pools", json!({})),
        ("show-storage", json!({"storage": ["data/0"]})),
        ("wait-for", json!({"kind": "application", "name": "db", "query": "life==\"alive\"", "timeout": "20s"})),
        ("run", json!({"units": ["web/0"], "action": "restart", "background": true})),
        ("show-operation", json!({"operation_id": "1"})),
        ("show-task", json!({"task_id": "2"})),
        ("cancel-task", json!({"task_ids": ["2"]})),
        ("exec", json!({"units": ["web/0"], "command": "hostname", "background": true})),
        ("deploy", json!({"charm": "ubuntu", "application_name": "fresh"})),
        ("config", json!({"application": "web", "values": {"title": "b"}})),
        ("model-config", json!({"values": {"update-status-hook-interval": "6m"}})),
        ("set-constraints", json!({"application": "web", "constraints": "mem=4G"})),
        ("trust", json!({"application": "web"})),
        ("bind", json!({"application": "web", "bind": {"": "alpha"}})),
        ("set-application-base", json!({"application": "web", "base": "ubuntu@22.04"})),
        ("set-model-constraints", json!({"constraints": "mem=4G"})),
        ("disable-command", json!({"command_set": "destroy-model"})),
        ("enable-command", json!({"command_set": "destroy-model"})),
        ("set-credential", json!({"cloud": "dummy", "credential": "default"})),
        ("set-firewall-rule", json!({"service": "ssh", "allowlist": ["10.0.0.0/8"]})),
        ("retry-provisioning", json!({"machines": ["1"]})),
        (
            "attach-resource",
            json!({"application": "gateway", "resource": "image", "value": "ubuntu:22.04", "model": "k8s"}),
        ),
        ("add-secret", json!({"name": "fresh-secret", "secret_content": {"key": "value"}})),
        ("show-secret", json!({"id_or_name": "fresh-secret", "reveal": true})),
        ("update-secret", json!({"id_or_name": "fresh-secret", "info": "new"})),
        ("grant-secret", json!({"id_or_name": "fresh-secret", "applications": ["web"]})),
        ("revoke-secret", json!({"id_or_name": "fresh-secret", "applications": ["web"]})),
        ("remove-secret", json!({"id_or_name": "fresh-secret"})),
        ("add-space", json!({"name": "fresh-space", "cidrs": []})),
        ("rename-space", json!({"old_name": "fresh-space", "new_name": "newer-space"})),
        ("reload-spaces", json!({})),
        ("move-to-space", json!({"name": "newer-space", "cidrs": ["10.99.0.0/24"]})),
        ("remove-space", json!({"name": "newer-space"})),
        ("create-storage-pool", json!({"name": "fresh-pool", "provider": "loop"})),
        ("update-storage-pool", json!({"name": "fresh-pool", "attributes": {"a": "b"}})),
        ("remove-storage-pool", json!({"name": "fresh-pool"})),
        ("import-filesystem", json!({"storage_provider": "loop", "provider_id": "fs-9", "storage_name": "data"})),
        ("add-storage", json!({"unit": "db/0", "storage": {"data": "1G"}})),
        ("attach-storage", json!({"unit": "db/0", "storage": ["data/9"]})),
        ("detach-storage", json!({"storage": ["data/9"]})),
        ("remove-storage", json!({"storage": ["data/9"]})),
        ("suspend-relation", json!({"relation_ids": [1]})),
        ("resume-relation", json!({"relation_ids": [1]})),
    ]
}

fn last_calls() -> Vec<(&'static str, Value)> {
    vec![
        ("expose", json!({"application": "web"})),
        ("unexpose", json!({"application": "web"})),
        ("add-unit", json!({"application": "web"})),
        ("scale-application", json!({"application": "gateway", "scale": 2, "model": "k8s"})),
        ("add-machine", json!({})),
        ("resolved", json!({"units": ["web/2"]})),
        ("refresh", json!({"application": "web"})),
        ("offer", json!({"application": "cache", "endpoints": ["cache"], "offer_name": "fresh-offer"})),
        ("consume", json!({"offer": "admin/prod.shop-database", "model": "staging"})),
        ("integrate", json!({"endpoints": ["front:db", "shop-database"], "model": "staging"})),
        ("remove-relation", json!({"endpoints": ["front:db", "shop-database"], "model": "staging"})),
        ("remove-saas", json!({"applications": ["shop-database"], "model": "staging"})),
        ("remove-unit", json!({"units": ["web/0"]})),
        ("remove-machine", json!({"machines": ["6"], "force": true})),
        ("remove-application", json!({"applications": ["cache"]})),
        ("debug-log", json!({"lines": 1})),
        ("upgrade-model", json!({"agent_version": "9.9.9"})),
        ("upgrade-machine", json!({"machine": "1", "command": "prepare", "base": "ubuntu@24.04"})),
        ("ssh", json!({"target": "web/0", "command": "hostname"})),
        ("scp", json!({"source": "web/0:/tmp/x", "destination": "x"})),
        ("debug-hooks", json!({"unit": "web/0"})),
        ("debug-code", json!({"unit": "web/0"})),
        ("diff-bundle", json!({"bundle": "web-stack"})),
        ("migrate", json!({"target_controller": "elsewhere"})),
        ("destroy-model", json!({"model": "staging", "force": true})),
    ]
}

/// Calls every tool as Ana. Juju must refuse none for lack of access, and the ledger must name Ana wherever the act was hers.
async fn call_every_tool(pair: &SideBySide) -> Vec<String> {
    let (mut called, mut denied) = (Vec::new(), Vec::new());
    for (tool, mut arguments) in calls() {
        if arguments.get("model").is_none() {
            arguments["model"] = json!("prod");
        }
        let result = call(pair, &ana(), tool, arguments).await;
        if let Err(refusal) = &result {
            let text = format!("{tool}: {} {refusal}", refusal.code());
            if ["unauthorized", "invalid_arguments", "permission"].iter().any(|word| text.contains(word)) {
                denied.push(text);
            }
        }
        let outcome = result.as_ref().map_or_else(|refusal| refusal.code().to_owned(), |_| "done".to_owned());
        let user = last_user(pair).await;
        called.push(format!("{tool}: {outcome} as {}", user.as_deref().unwrap_or("-")));
        // a call that fails before it is sent has no user
        let is_as_role = ["debug-log", "attach-resource", "migrate", "upgrade-model"].contains(&tool);
        assert!(is_as_role || user.is_some() || result.is_err(), "{called:?}");
        assert!(user.is_none_or(|user| user == ANA || (is_as_role && user == "admin")), "{called:?}");
    }
    assert!(denied.is_empty(), "{denied:#?}");
    called
}

#[test]
fn every_model_tool_is_called_as_caller() {
    let calls = calls();
    for tool in Catalogue::builtin().iter() {
        let is_called = calls.iter().any(|(name, _)| *name == tool.command());
        let has_model = matches!(tool.scope(), Scope::Model | Scope::NamedModel);
        assert_eq!(is_called, has_model, "{}: add a call to `calls`", tool.name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tool_has_the_access_that_it_needs_at_the_simulator() {
    let simulated = Simulated::trusting().await;
    let called = call_every_tool(&simulated.pair).await;
    let done = called.iter().filter(|line| line.contains(": done")).count();
    assert!(done * 10 >= called.len() * 7, "{called:#?}");
}

#[tokio::test]
async fn caller_acts_as_itself_and_the_ledger_records_it() {
    let simulated = Simulated::trusting().await;
    let pair = &simulated.pair;
    let expose = || json!({"model": "prod", "application": "web"});
    call(pair, &ana(), "expose", expose()).await.expect("exposed");
    assert_eq!(last_user(pair).await.as_deref(), Some(ANA));
    call(pair, &ben(), "unexpose", expose()).await.expect("unexposed");
    assert_eq!(last_user(pair).await.as_deref(), Some(BEN));
    call(pair, &ben(), "status", json!({"model": "prod"})).await.expect("read");
    assert_eq!(last_user(pair).await.as_deref(), Some(BEN));
    // controller-wide lists come from Juju's own list of users
    call(pair, &ben(), "models", json!({})).await.expect("read");
    assert_eq!(last_user(pair).await, None);
    // policy still decides first
    let denied = call(pair, &ben(), "destroy-model", json!({"model": "staging"})).await.expect_err("no role");
    assert!(matches!(denied, Refusal::Denied(_)), "{denied}");
}

#[tokio::test]
async fn act_beyond_the_access_of_its_token_is_refused_by_the_controller() {
    let simulated = Simulated::trusting().await;
    let mut pair = simulated.pair;
    let weak = Some("read");
    let weak =
        simulated.tokens.controllers_with_access(endpoint(&simulated.simulator), IfTokenRefused::UseCredential, weak);
    pair.dispatcher.controllers = weak;
    call(&pair, &ana(), "status", json!({"model": "prod"})).await.expect("a read");
    let expose = json!({"model": "prod", "application": "web"});
    let refused = call(&pair, &ana(), "expose", expose).await.expect_err("the token has no write access");
    assert_eq!(refused.code(), "unauthorized", "{refused}");
    assert!(simulated.simulator.writes().get("Application.Expose").is_none_or(|count| *count <= 1));
    assert_eq!(last_user(&pair).await.as_deref(), Some(ANA), "no other credential takes the place of the token");
}

#[tokio::test]
async fn call_is_rejected_where_the_controller_does_not_trust_the_server() {
    let Simulated { simulator, pair, .. } = Simulated::start(IfTokenRefused::Reject).await;
    let expose = || json!({"model": "prod", "application": "web"});
    let refused = call(&pair, &ana(), "expose", expose()).await.expect_err("no trust");
    assert_eq!(refused.code(), "login_token_refused", "{refused}");
    let text = refused.to_string();
    assert!(text.contains("sim") && text.contains(ANA), "{text}");
    assert!(simulator.writes().is_empty(), "nothing was sent: {:?}", simulator.writes());
    // another key is no better than none
    simulator.trust_login_tokens(&TestLoginTokens::generate().key_set()).expect("keys");
    let refused = call(&pair, &ana(), "expose", expose()).await.expect_err("another key");
    assert_eq!(refused.code(), "login_token_refused", "{refused}");
    let status = pair.dispatcher.controllers.controller(Some("sim")).expect("the controller").status();
    assert_eq!(status.login_tokens_refused, 2, "counted for the metrics");
}

#[tokio::test]
async fn credential_of_the_role_takes_over_only_if_the_configuration_allows_it() {
    let Simulated { simulator, tokens, pair } = Simulated::start(IfTokenRefused::UseCredential).await;
    let expose = || json!({"model": "prod", "application": "web"});
    call(&pair, &ana(), "expose", expose()).await.expect("as the credential");
    assert_eq!(last_user(&pair).await.as_deref(), Some("admin"), "the ledger records the user");
    // trust is noticed at the next attempt, a minute later; a new set of connections tries at once
    simulator.trust_login_tokens(&tokens.key_set()).expect("keys");
    let mut pair = pair;
    pair.dispatcher.controllers = tokens.controllers(endpoint(&simulator), IfTokenRefused::UseCredential);
    call(&pair, &ana(), "unexpose", expose()).await.expect("as herself");
    assert_eq!(last_user(&pair).await.as_deref(), Some(ANA));
}

#[tokio::test]
async fn connection_belongs_to_one_caller_access_and_list_of_roles() {
    let simulated = Simulated::trusting().await;
    let controller = simulated.pair.dispatcher.controllers.controller(None).expect("the only one");
    let model = controller.find_model("prod").await.expect("a model");
    let open = async |user: &str, roles: &[&str], access| {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        controller.model_as(&CallerLogin { user: user.into(), roles, access }, &model).await.expect("trusted")
    };
    let first = open(ANA, &["admin"], ModelAccess::Write).await;
    let session = first.session().await.expect("open");
    assert_eq!((session.user(), session.model_access()), (ANA, "write"));
    assert!(Arc::ptr_eq(&first, &open(ANA, &["admin"], ModelAccess::Write).await), "shared");
    for (user, roles, access) in [
        (BEN, &["admin"][..], ModelAccess::Write),
        (ANA, &["admin"], ModelAccess::Read),
        (ANA, &["viewer"], ModelAccess::Write),
    ] {
        assert!(!Arc::ptr_eq(&first, &open(user, roles, access).await), "{user} {roles:?} {access:?}");
    }
}

/// A real controller that trusts `tokens`, with the server that publishes them, and a dispatcher.
async fn real_trusting(
    tokens: &TestLoginTokens,
    folder: &std::path::Path,
) -> (RealController, tests::TestServer, SideBySide) {
    let publisher = tokens.publish(folder).await;
    let url = format!("http://{}/.well-known/jwks.json", publisher.address);
    let real = RealController::start_with(&[("SERVE_LOGIN_TOKEN_URL", &url)]).await;
    let mut pair = SideBySide::on_real_controller(&real).await;
    pair.dispatcher.controllers = tokens.controllers(real.endpoint("admin"), IfTokenRefused::Reject);
    pair.dispatcher.policy.replace(policy());
    pair.juju_cli_text(&["controller-config", "auditing-enabled=true"]).await.expect("it audits log-ins from now on");
    (real, publisher, pair)
}

/// Who sent calls of a method, by Juju's own audit log.
fn audited(real: &RealController, method: &str) -> Vec<String> {
    let text = std::fs::read_to_string(&real.ready.audit_log).unwrap_or_default();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let requests = lines
        .iter()
        .map(|line| &line["request"])
        .filter(|request| format!("{}.{}", request["facade"], request["method"]).replace('"', "") == method);
    let who = |request: &Value| {
        let conversation = lines
            .iter()
            .map(|line| &line["conversation"])
            .find(|one| !one.is_null() && ["conversation-id", "connection-id"].iter().all(|id| one[id] == request[id]));
        conversation.and_then(|one| one["who"].as_str()).unwrap_or("nothing").to_owned()
    };
    requests.map(who).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn audit_log_of_a_real_controller_names_each_caller() {
    let (tokens, folder) = (TestLoginTokens::generate(), tempfile::tempdir().expect("a folder"));
    let (real, _publisher, mut pair) = real_trusting(&tokens, folder.path()).await;
    let arguments = || json!({"model": "prod", "application": "cache"});
    call(&pair, &ana(), "expose", arguments()).await.expect("exposed");
    assert_eq!(last_user(&pair).await.as_deref(), Some(ANA));
    call(&pair, &ben(), "expose", arguments()).await.expect("exposed again");
    call(&pair, &ben(), "unexpose", arguments()).await.expect("unexposed");
    wait_until("two names in the audit log", async || {
        let who = (audited(&real, "Application.Expose"), audited(&real, "Application.Unexpose"));
        let wanted = (vec![ANA.to_owned(), BEN.to_owned()], vec![BEN.to_owned()]);
        if who == wanted { Ok(()) } else { Err(format!("{who:?}")) }
    })
    .await;
    // the log of the act is found by the ids in the ledger, as for every log-in by password
    let refs = last_close(&pair).await.juju;
    assert_eq!((refs.requests.len(), refs.user.as_deref()), (1, Some(BEN)), "{refs:?}");
    let log = std::fs::read_to_string(&real.ready.audit_log).expect("a log");
    assert!(log.contains(&format!("connection={}", refs.requests[0].connection)), "{refs:?}");

    // Juju itself refuses what the token does not allow, although the act passed the policy
    let weak = tokens.controllers_with_access(real.endpoint("admin"), IfTokenRefused::UseCredential, Some("read"));
    pair.dispatcher.controllers = weak;
    call(&pair, &ana(), "status", json!({"model": "prod"})).await.expect("a read");
    let refused = call(&pair, &ana(), "expose", arguments()).await.expect_err("the token has read access only");
    assert_eq!(refused.code(), "unauthorized", "{refused}");
    let none = tokens.controllers_with_access(real.endpoint("admin"), IfTokenRefused::UseCredential, Some(""));
    pair.dispatcher.controllers = none;
    let refused = call(&pair, &ana(), "status", json!({"model": "prod"})).await.expect_err("the token has no access");
    println!("without access to the model: {} {refused}", refused.code());

    // an HTTP endpoint knows no model in a token, so even an admin of the model may not read the log; it is read with the credential
    let controller =
        tokens.controllers(real.endpoint("admin"), IfTokenRefused::Reject).controller(None).expect("the only one");
    let model = controller.find_model("prod").await.expect("a model");
    let login = CallerLogin { user: ANA.into(), roles: Vec::new(), access: ModelAccess::Admin };
    let connection = controller.model_as(&login, &model).await.expect("trusted");
    let query = LogQuery { no_tail: true, ..LogQuery::default() };
    let refused = connection.debug_log(&query).await.err().expect("Juju 3.6 wants a superuser");
    println!("debug-log by token: {} {refused}", refused.code());
    call(&pair, &ana(), "debug-log", json!({"model": "prod", "lines": 1})).await.expect("with the credential");

    // the person exists in tokens only: Juju has no such user
    let users = pair.juju_cli(&["users"]).await.expect("the list");
    assert!(!users.to_string().contains("iam.example"), "{users}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn every_tool_has_the_access_that_it_needs_at_a_real_controller() {
    let (tokens, folder) = (TestLoginTokens::generate(), tempfile::tempdir().expect("a folder"));
    let (_real, _publisher, pair) = real_trusting(&tokens, folder.path()).await;
    let called = call_every_tool(&pair).await;
    println!("{called:#?}");
    let done = called.iter().filter(|line| line.contains(": done")).count();
    assert!(done * 10 >= called.len() * 7, "{called:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn real_controller_without_trust_refuses_tokens() {
    let real = RealController::start().await;
    let tokens = TestLoginTokens::generate();
    let mut pair = SideBySide::on_real_controller(&real).await;
    pair.dispatcher.controllers = tokens.controllers(real.endpoint("admin"), IfTokenRefused::Reject);
    pair.dispatcher.policy.replace(policy());
    let refused = call(&pair, &ana(), "status", json!({"model": "prod"})).await.expect_err("no trust");
    assert_eq!(refused.code(), "login_token_refused", "{refused}");
    println!("{refused}");
    let controller = pair.dispatcher.controllers.controller(None).expect("the only one");
    let error = controller.check_token_login("juju-mcp-doctor@iam.example").await.expect_err("no trust");
    assert!(matches!(error, Error::LoginTokenRefused { .. }), "{error}");
    // a controller that trusts another server: its keys are fetched, and the signature fails
    let (others, folder) = (TestLoginTokens::generate(), tempfile::tempdir().expect("a folder"));
    let (trusting, _publisher, mut pair) = real_trusting(&others, folder.path()).await;
    pair.dispatcher.controllers = tokens.controllers(trusting.endpoint("admin"), IfTokenRefused::Reject);
    let refused = call(&pair, &ana(), "status", json!({"model": "prod"})).await.expect_err("another key");
    assert_eq!(refused.code(), "login_token_refused", "{refused}");
    println!("{refused}");
    pair.dispatcher.controllers = others.controllers(trusting.endpoint("admin"), IfTokenRefused::Reject);
    let controller = pair.dispatcher.controllers.controller(None).expect("the only one");
    controller.check_token_login("juju-mcp-doctor@iam.example").await.expect("trust");
}
