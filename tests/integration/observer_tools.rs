//! Findings as tools, as a resource with subscriptions, as events and as metrics, with the permissions of the caller.

use juju_sim::{Change, Simulator};
use juju_wire::facade::{
    application::{
        SetConfigs,
        config::{ConfigSetArgs, ConfigSetParams},
    },
    model_manager::{
        ModifyModelAccess,
        access::{ModifyModelAccessParams, ModifyModelAccessRequest},
    },
    user_manager::{AddUser, AddUsers, NewUser},
};
use observer::{Observer, ObserverSettings};
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{TestServer, raw_http::Request, side_by_side::simulator, test_server::ServerSetup, wait_until};

use crate::mcp_progress_and_cancel::read_until;

const FINDINGS: &str = "juju://observer/findings";
/// A caller that reads the shop, and one that reads nothing of it.
const ROLES: &str = "
roles:
  viewer:
    description: Reads the shop.
    allow:
      - {tools: '*', effects: [read], models: shop}
      - {tools: [models, show-model]}
  operator:
    description: Reads another model.
    allow:
      - {tools: '*', effects: [read], models: other}
";

struct Observed {
    simulator: Simulator,
    served: TestServer,
    _folder: tempfile::TempDir,
}

impl Observed {
    /// A server with an observer that has looked once.
    async fn start() -> Self {
        let (simulator, folder) = (simulator("shop").await, tempfile::tempdir().expect("a folder"));
        let policy = Policy::read(&[("own.yaml", ROLES)], BuiltinRules::None).expect("good");
        let observer = Some(ObserverSettings::default());
        let setup = ServerSetup { policy, observer, ..ServerSetup::with_simulator(&simulator, folder.path()).await };
        let served = TestServer::with(folder.path(), setup).await;
        let started = Self { simulator, served, _folder: folder };
        started.observer().look(chrono::Utc::now()).await;
        started
    }

    fn observer(&self) -> &Observer {
        self.served.dispatcher.observer.as_deref().expect("an observer")
    }

    /// Lets payment fail, as one that has lasted for ten minutes, and `cart` and `web` above it.
    async fn break_payment(&self) {
        let script = "
- {unit: {name: payment/0, workload: error, hook: config-changed, message: 'hook failed: \"config-changed\"'}}
- {unit: {name: cart/0, workload: blocked, message: payment API answers 503}}
- {unit: {name: web/0, workload: blocked, message: cart API answers 503}}
";
        let changes: Vec<Change> = serde_yaml::from_str(script).expect("a script");
        let now = chrono::Utc::now();
        self.simulator.change(&changes, now - chrono::TimeDelta::minutes(10)).expect("changed");
        wait_until("the finding is open", async || {
            self.observer().look(chrono::Utc::now()).await;
            let open = self.observer().findings();
            if open.len() >= 3 { Ok(()) } else { Err(format!("{open:?}")) }
        })
        .await;
    }

    fn request(&self, role: &str, method: &str, params: Value) -> Request {
        let name = params["uri"].as_str().or(params["name"].as_str()).map(str::to_owned);
        let request = Request::modern("/mcp", method, params).token(self.served.token(role));
        match name {
            Some(name) => request.header("mcp-name", &name),
            None => request,
        }
    }

    async fn call(&self, role: &str, tool: &str, arguments: Value) -> String {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.request(role, "tools/call", params).send(self.served.address).await.expect("an answer");
        let answer = answer.json();
        let contents = answer["result"]["content"].as_array().unwrap_or_else(|| panic!("{answer}"));
        contents.iter().filter_map(|content| content["text"].as_str()).collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn observer_tools_lead_from_a_symptom_to_its_root() {
    let observed = Observed::start().await;
    observed.break_payment().await;
    let listed = observed.call("viewer", "observer_findings", json!({})).await;
    let rows: Vec<&str> = listed.lines().filter(|line| line.contains("simulated:admin/shop")).collect();
    assert!(rows.first().is_some_and(|row| row.contains("payment/0")), "the root is first: {listed}");
    let id = rows.iter().find(|row| row.contains("web/0")).and_then(|row| row.split_whitespace().next());
    let explained = observed.call("viewer", "observer_explain", json!({"id": id})).await;
    for words in ["cart API answers 503", "follows from: The unit payment/0 is in error", "affects: "] {
        assert!(explained.contains(words), "{words}: {explained}");
    }
    let diagnosed = observed.call("viewer", "diagnose_model", json!({"model": "shop"})).await;
    for words in ["3 critical findings", "1 of them are roots", "CRITICAL The unit payment/0", "call: juju_resolved"] {
        assert!(diagnosed.contains(words), "{words}: {diagnosed}");
    }
    let missing = observed.call("viewer", "observer_explain", json!({"id": "none"})).await;
    assert!(missing.contains("there is no such finding"), "{missing}");
    assert!(observed.simulator.writes().is_empty(), "{:?}", observed.simulator.writes());
}

#[tokio::test]
async fn caller_receives_only_findings_of_models_that_its_roles_show() {
    let observed = Observed::start().await;
    observed.break_payment().await;
    for (tool, arguments) in
        [("observer_findings", json!({"state": "all"})), ("diagnose_model", json!({"model": "shop"}))]
    {
        let answer = observed.call("operator", tool, arguments).await;
        assert!(!answer.contains("payment"), "{tool}: {answer}");
    }
    let id = observed.observer().findings().first().map(|finding| finding.id.clone());
    let answer = observed.call("operator", "observer_explain", json!({"id": id})).await;
    assert!(answer.contains("there is no such finding"), "{answer}");
}

#[tokio::test]
async fn findings_are_a_resource_that_notifies_its_subscribers() {
    let observed = Observed::start().await;
    let resources = observed.request("viewer", "resources/list", json!({})).send(observed.served.address).await;
    assert!(resources.expect("an answer").json().to_string().contains(FINDINGS));
    let params = json!({"notifications": {"resourceSubscriptions": [FINDINGS]}});
    let listen = observed.request("viewer", "subscriptions/listen", params);
    let mut stream = listen.open(observed.served.address).await.expect("sent");
    read_until(&mut stream, "notifications/subscriptions/acknowledged").await;
    observed.break_payment().await;
    let seen = read_until(&mut stream, &format!("\"uri\":\"{FINDINGS}\"")).await;
    assert!(seen.contains("notifications/resources/updated"), "{seen}");
    let read = observed.request("viewer", "resources/read", json!({"uri": FINDINGS}));
    let read = read.send(observed.served.address).await.expect("an answer").json();
    let text = read["result"]["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{read}"));
    let findings: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(findings["findings"][0]["entity"]["name"], "payment/0", "{findings}");
    assert_eq!(findings["findings"][0]["recommended"]["tool"], "juju_resolved", "{findings}");
}

#[tokio::test]
async fn event_stream_of_a_model_has_the_changes_of_its_findings() {
    let observed = Observed::start().await;
    let request = Request::new("GET", "/api/v1/events?model=shop").token(observed.served.token("viewer"));
    let mut stream = request.open(observed.served.address).await.expect("sent");
    read_until(&mut stream, "stream_opened").await;
    observed.break_payment().await;
    let seen = read_until(&mut stream, "event: finding_opened").await;
    assert!(!seen.contains("finding_closed"), "{seen}");
}

/// Lets another user set an option of `web`, as with the Juju client.
async fn change_as_bob(simulator: &Simulator) {
    let admin = tests::controllers_of(simulator);
    let controller = admin.controller(None).expect("a controller");
    let connection = controller.connection().await.expect("connected");
    let bob = NewUser { username: "bob".to_owned(), password: "a-password-of-bob".to_owned(), ..NewUser::default() };
    connection.call::<AddUser>(AddUsers { users: vec![bob] }).await.expect("added");
    let model = controller.find_model("shop").await.expect("a model");
    let grant = ModifyModelAccessParams {
        user_tag: "user-bob".to_owned(),
        action: "grant".to_owned(),
        access: "admin".to_owned(),
        model_tag: format!("model-{}", model.uuid),
    };
    let granted = connection.call::<ModifyModelAccess>(ModifyModelAccessRequest { changes: vec![grant] }).await;
    granted.expect("granted");
    let bob = tests::controllers_as(simulator, "bob");
    let own = bob.controller(None).expect("a controller").model(&model.uuid).await.expect("connected");
    let option = ConfigSetParams {
        application: "payment".to_owned(),
        generation: "master".to_owned(),
        config: [("db-pool".to_owned(), "7".to_owned())].into(),
        ..ConfigSetParams::default()
    };
    let set = own.call::<SetConfigs>(ConfigSetArgs { args: vec![option] }).await.expect("set");
    assert!(set.results.iter().all(|result| result.error.is_none()), "{set:?}");
}

#[tokio::test]
async fn change_of_another_user_is_a_finding_that_names_the_user() {
    let observed = Observed::start().await;
    observed.observer().report_other_writes();
    change_as_bob(&observed.simulator).await;
    wait_until("the change is a finding", async || {
        observed.observer().look(chrono::Utc::now()).await;
        let open = observed.observer().findings();
        let found = open.iter().find(|finding| finding.detector == "unrecorded_changes");
        let named = found.and_then(|finding| finding.evidence.iter().find(|one| one.what.starts_with("user")));
        if named.is_some_and(|one| one.value == "bob") { Ok(()) } else { Err(format!("{open:?}")) }
    })
    .await;
    let listed = observed.call("viewer", "observer_findings", json!({"format": "json"})).await;
    assert!(listed.contains("without this server") && listed.contains("bob"), "{listed}");
}
