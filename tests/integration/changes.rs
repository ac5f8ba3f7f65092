//! The tool `audit_changes`: who changed what, for callers with permission.

use audit::Outcome;
use dispatch::{ChangesQuery, Refusal, changes};
use identity::Caller;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{SideBySide, side_by_side::simulator};

const ROLES: &str = "
roles:
  shopkeeper:
    description: Sees changes of the shop.
    allow:
      - {tools: audit_changes, models: shop, effects: [sensitive]}
";

fn changes_query(arguments: Value) -> ChangesQuery {
    serde_json::from_value(arguments).expect("fits")
}

async fn changes_as(pair: &SideBySide, role: &str, mut arguments: Value) -> Value {
    arguments["format"] = json!("json");
    let caller = Caller::local("bea", role);
    changes(&pair.dispatcher, &caller, &changes_query(arguments)).await.expect("permitted").value
}

fn tools_and_outcomes(listing: &Value) -> Vec<(&str, &str)> {
    let all = listing["changes"].as_array().expect("changes").iter();
    all.map(|one| (one["tool"].as_str().unwrap_or(""), one["outcome"].as_str().unwrap_or(""))).collect()
}

#[tokio::test]
async fn changes_are_listed_for_permitted_models_only() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.status_until("shop", "it answers", |_| true).await;
    pair.dispatcher.policy.replace(Policy::read(&[("own.yaml", ROLES)], BuiltinRules::None).expect("good"));
    let web = |model: &str| json!({"model": model, "application": "web"});
    pair.juju_mcp("expose", &web("shop")).await.expect("exposed");
    pair.juju_mcp("status", &json!({"model": "shop"})).await.expect("a read is no change");
    pair.juju_mcp("unexpose", &json!({"model": "shop", "application": "web", "dry_run": true}))
        .await
        .expect("nor is this");
    pair.juju_mcp_as("viewer", "unexpose", &web("shop")).await.expect_err("denied");
    pair.juju_mcp("add-machine", &json!({"model": "controller"})).await.expect("added");
    pair.dispatcher.ledger.flush().await.expect("settled");

    let all = changes_as(&pair, "admin", json!({})).await;
    let shop_changes = [("juju_expose", "done"), ("juju_unexpose", "denied")];
    assert_eq!(tools_and_outcomes(&all), [&shop_changes[..], &[("juju_add_machine", "done")]].concat());
    let first = &all["changes"][0];
    assert_eq!((&first["caller"], &first["model"]), (&json!("local:ana"), &json!("admin/shop")), "{first}");
    assert_eq!((&first["targets"], &first["arguments"]["application"]), (&json!(["application-web"]), &json!("web")));
    assert_eq!(tools_and_outcomes(&changes_as(&pair, "admin", json!({"model": "shop"})).await), shop_changes);
    assert_eq!(tools_and_outcomes(&changes_as(&pair, "admin", json!({"caller": "local:eve"})).await), []);
    let newest = changes_as(&pair, "admin", json!({"limit": 1})).await;
    assert_eq!((tools_and_outcomes(&newest).len(), &newest["omitted_older"]), (1, &json!(2)), "{newest}");

    let bea = Caller::local("bea", "admin");
    let text = changes(&pair.dispatcher, &bea, &changes_query(json!({"model": "shop"}))).await.expect("permitted").text;
    let cells =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|");
    let lines: Vec<_> = text.lines().map(cells).collect();
    let second = |change: &Value| change["time"].as_str().expect("a time")[..19].replace('T', " ") + "Z";
    let sent = &first["juju"]["requests"][0];
    let juju_reference = format!("admin {}/{}", sent["connection"].as_str().expect("a connection id"), sent["request"]);
    assert_eq!(sent["method"], json!("Application.Expose"), "{first}");
    assert_eq!(all["changes"][1].get("juju"), None, "what was denied was not sent");
    assert_eq!(lines[0], "Time|Caller|Tool|Controller|Model|Targets|Outcome|Juju|Message", "{text}");
    let cells_of_first = "local:ana|juju_expose|simulated|admin/shop|web|done";
    assert_eq!(lines[1], format!("{}|{cells_of_first}|{juju_reference}", second(first)), "{text}");
    assert!(lines[2].starts_with(&second(&all["changes"][1])), "{text}");
    assert!(lines[2].contains("|juju_unexpose|simulated|admin/shop|web|denied|write acts"), "one reason only: {text}");

    let own = changes_as(&pair, "shopkeeper", json!({})).await;
    assert_eq!(tools_and_outcomes(&own), shop_changes, "no changes of other models");
    let refusal = changes(&pair.dispatcher, &Caller::local("vic", "viewer"), &changes_query(json!({})))
        .await
        .expect_err("denied");
    assert!(matches!(refusal, Refusal::Denied(_)), "{refusal}");
    let last = pair.ledger_records().await.pop().expect("a record");
    assert!(matches!(&last.phase, audit::Phase::Close(end) if end.outcome == Outcome::Denied), "{last:?}");
}
