//! `migrate`: a model moves between two simulated controllers that one program knows.

use juju_client::{ControllerEndpoint, Controllers, Credential};
use juju_sim::Simulator;
use serde_json::json;
use tests::{SideBySide, long_timeouts, side_by_side::simulator};

fn endpoint(name: &str, simulator: &Simulator) -> ControllerEndpoint {
    let account = simulator.accounts().into_iter().find(|account| account.user == "admin").expect("an admin");
    ControllerEndpoint {
        name: name.to_owned(),
        uuid: None,
        addresses: vec![simulator.address().to_string()],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password: account.password.into() },
    }
}

#[tokio::test]
async fn migration_sends_the_target_of_the_other_controller_once() {
    let (east, west) = (simulator("shop").await, simulator("empty").await);
    let mut pair = SideBySide::on_simulator(&east).await;
    let endpoints = vec![endpoint("east", &east), endpoint("west", &west)];
    pair.dispatcher.controllers = Controllers::new(endpoints, Some("east".to_owned()), long_timeouts());
    let arguments = json!({"controller": "east", "model": "shop", "target_controller": "west"});
    let mut dry = arguments.clone();
    dry["dry_run"] = json!(true);
    let preview = pair.juju_mcp("migrate", &dry).await.expect("a dry run");
    assert!(preview.text.contains(&west.address().to_string()), "{}", preview.text);
    assert!(east.take_recorded_writes().is_empty());
    let reply = pair.juju_mcp("migrate", &arguments).await.expect("started");
    assert!(reply.text.contains("migration_id"), "{}", reply.text);
    let sent = east.take_recorded_writes();
    let target = &sent[0]["params"]["specs"][0]["target-info"];
    assert_eq!((sent.len(), &sent[0]["method"]), (1, &json!("InitiateMigration")));
    assert_eq!(target["addrs"], json!([west.address().to_string()]));
    assert_eq!((&target["auth-tag"], &target["controller-alias"]), (&json!("user-admin"), &json!("west")));
    let password = target["password"].as_str().expect("a password").to_owned();
    let records = serde_json::to_string(&pair.ledger_records().await).expect("JSON");
    assert!(!records.contains(&password) && !reply.text.contains(&password), "the password is in the ledger");
    let again = pair.juju_mcp("migrate", &arguments).await.expect_err("it moves already");
    assert!(again.to_string().contains("already in progress"), "{again}");
    // a user of the model has to exist there
    for (tool, arguments) in [
        ("add-user", json!({"controller": "east", "user": "bob"})),
        ("add-model", json!({"controller": "east", "name": "other"})),
        ("grant", json!({"controller": "east", "user": "bob", "permission": "read", "to": ["other"]})),
    ] {
        pair.juju_mcp(tool, &arguments).await.expect(tool);
    }
    let refusal =
        pair.juju_mcp("migrate", &json!({"controller": "east", "model": "other", "target_controller": "west"})).await;
    let refusal = refusal.expect_err("bob is not there").to_string();
    assert!(refusal.contains("do not exist at `west`: bob"), "{refusal}");
}
