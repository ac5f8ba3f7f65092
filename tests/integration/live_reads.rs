//! Reading tools are answered by the live estate while it is fresh, with the controller's answer; a caller reads its own writes.

use std::collections::BTreeMap;

use dispatch::{Call, LiveRead, execute, read_live};
use identity::Caller;
use juju_client::{ControllerEndpoint, Controllers, Credential};
use juju_sim::{Fault, Simulator};
use serde_json::{Map, Value, json};
use tests::{Numbers, SideBySide, long_timeouts, side_by_side::simulator, wait_until};

/// Writes of the test that reads each of them.
const WRITES: usize = 40;

/// The reads that the live estate may answer.
fn reads() -> [(&'static str, Value); 3] {
    [
        ("juju_status", json!({"model": "shop", "relations": true})),
        ("juju_machines", json!({"model": "shop"})),
        ("juju_show_machine", json!({"model": "shop", "machines": ["0"]})),
    ]
}

/// Reads the status of the shop as a resource, which starts the watch of the model.
async fn read_resource(pair: &SideBySide, caller: &Caller) -> Value {
    let arguments: Map<_, _> = [("model".to_owned(), json!("shop"))].into_iter().collect();
    let document = Box::new(|view: &estate::ModelView<'_>, _: &std::sync::Arc<estate::EventLog>| Some(view.status()));
    let read = LiveRead { tool: "juju_status", arguments, trace: None, document };
    let Ok(live) = read_live(&pair.dispatcher, caller, read).await else { panic!("a status") };
    serde_json::from_str(&live.reply.text).expect("JSON")
}

fn ana() -> Caller {
    Caller::local("ana", "admin")
}

/// Calls a tool for its JSON.
async fn json_of(pair: &SideBySide, caller: &Caller, tool: &str, arguments: &Value, fresh: bool) -> Value {
    let mut arguments: Map<_, _> = arguments.as_object().cloned().expect("an object");
    arguments.insert("format".to_owned(), json!("json"));
    if fresh {
        arguments.insert("fresh".to_owned(), json!(true));
    }
    let reply = execute(&pair.dispatcher, caller, Call::new(tool, arguments)).await.expect("an answer");
    serde_json::from_str(&reply.text).expect("JSON")
}

/// The same without the time of the state and the clock of the controller.
fn without_times(mut answer: Value) -> Value {
    let members = answer.as_object_mut().expect("an object");
    members.remove("as_of");
    members.remove("controller");
    answer
}

#[tokio::test]
async fn watched_model_answers_reads_as_the_controller_does() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    for (tool, arguments) in reads() {
        for _ in 0..2 {
            let answer = json_of(&pair, &ana(), tool, &arguments, false).await;
            assert_eq!(answer["as_of"], Value::Null, "{tool}: nothing watches the model");
        }
    }
    assert_eq!(simulator.watchers().1, 0, "a tool starts no watch");
    read_resource(&pair, &ana()).await;
    for (tool, arguments) in reads() {
        wait_until("the live estate answers", async || {
            let answer = json_of(&pair, &ana(), tool, &arguments, false).await;
            if answer["as_of"].is_string() { Ok(()) } else { Err(format!("{tool}: {answer}")) }
        })
        .await;
        let known = json_of(&pair, &ana(), tool, &arguments, false).await;
        let fresh = json_of(&pair, &ana(), tool, &arguments, true).await;
        assert_eq!(fresh["as_of"], Value::Null, "{tool}: the controller was asked");
        assert_eq!(without_times(known), without_times(fresh), "{tool}");
        let text = pair.juju_mcp(tool, &arguments).await.expect("an answer").text;
        assert!(text.contains("\nas of ") && text.contains("`fresh: true`"), "{text}");
    }
    simulator.inject(Fault::Block("web/0".to_owned(), "needs a database".to_owned())).await.expect("injected");
    wait_until("the change is answered", async || {
        let text = json_of(&pair, &ana(), "juju_status", &json!({"model": "shop"}), false).await.to_string();
        if text.contains("needs a database") { Ok(()) } else { Err(text) }
    })
    .await;
    let selected = json!({"model": "shop", "selectors": ["web"]});
    for _ in 0..2 {
        let answer = json_of(&pair, &ana(), "juju_status", &selected, false).await;
        assert_eq!(answer["as_of"], Value::Null, "the controller applies selectors");
    }
}

#[tokio::test]
async fn next_read_of_a_caller_has_its_own_write() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    read_resource(&pair, &ana()).await;
    let mut numbers = Numbers(0xA11);
    let mut is_exposed = false;
    for number in 0..WRITES {
        // the estate knows the model as it is before the write
        json_of(&pair, &ana(), "juju_status", &json!({"model": "shop"}), false).await;
        is_exposed = !is_exposed;
        let tool = if is_exposed { "juju_expose" } else { "juju_unexpose" };
        pair.juju_mcp(tool, &json!({"model": "shop", "application": "mailer"})).await.expect("written");
        if numbers.below(2) == 0 {
            let status = json_of(&pair, &ana(), "juju_status", &json!({"model": "shop"}), false).await;
            assert_eq!(status["applications"]["mailer"]["exposed"], json!(is_exposed), "write {number}: {status}");
        } else {
            let status = read_resource(&pair, &ana()).await;
            assert_eq!(status["applications"]["mailer"]["exposed"], json!(is_exposed), "write {number}: {status}");
        }
    }
}

/// The simulated controller with the account of a user.
fn controllers_as(simulator: &Simulator, user: &str) -> Controllers {
    let account = simulator.accounts().into_iter().find(|account| account.user == user).expect("a user");
    let endpoint = ControllerEndpoint {
        name: "simulated".to_owned(),
        uuid: Some(simulator.uuid()),
        addresses: vec![simulator.address().to_string()],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password: account.password.into() },
    };
    Controllers::new(vec![endpoint], None, long_timeouts())
}

#[tokio::test]
async fn watch_of_one_credential_answers_no_caller_with_another() {
    let simulator = simulator("shop").await;
    let mut pair = SideBySide::on_simulator(&simulator).await;
    // the viewers have a credential of their own, even if it is of the same user
    let viewer = BTreeMap::from([("viewer".to_owned(), controllers_as(&simulator, "admin"))]);
    pair.dispatcher.controllers = controllers_as(&simulator, "admin").with_role_credentials(viewer);
    pair.dispatcher.estates = dispatch::estates_of(&pair.dispatcher.controllers);
    read_resource(&pair, &ana()).await;
    let (admin, viewer) = (ana(), Caller::local("vera", "viewer"));
    let status = json!({"model": "shop"});
    wait_until("the live estate answers the administrator", async || {
        let answer = json_of(&pair, &admin, "juju_status", &status, false).await;
        if answer["as_of"].is_string() { Ok(()) } else { Err(answer.to_string()) }
    })
    .await;
    for _ in 0..2 {
        let answer = json_of(&pair, &viewer, "juju_status", &status, false).await;
        assert_eq!(answer["as_of"], Value::Null, "another credential has to ask the controller");
    }
    assert_eq!(simulator.watchers().0, 1, "one credential watches");
}
